"""A file of movements: judged as a whole, applied once, repeated under the same ids, and counted truly."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from inventory_service.domain import ids
from inventory_service.domain.commands import Movement
from inventory_service.domain.errors import NotReady, OutcomeUnknown, Overloaded, Refused
from inventory_service.domain.movements import MovementType
from inventory_service.domain.outcomes import MovementOutcome
from inventory_service.usecases import import_stock
from inventory_service.usecases.import_lines import (
    ImportLine,
    ImportOrder,
    ImportTally,
    LineProblem,
    Rejection,
    UnknownWarehouse,
)
from inventory_service.usecases.import_stock import CLIENT, ImportStock
from inventory_service.usecases.move_stock import movement_digest
from inventory_service.usecases.ports import AppliedId
from tests.usecases.ports import MemoryWarehouses, ScriptedEngine

RECEIVE = ImportOrder("file-1", MovementType.RECEIVE)
COUNT = ImportOrder("file-1", MovementType.COUNT)
LINES = [ImportLine(2, "A", "SHA", 5), ImportLine(3, "B", "SHA", 7), ImportLine(4, "C", "PEK", 9)]

Answers = Mapping[str, Sequence[str | Exception]]


class MemoryIds:
    """`known`: movement id → content and type that it was applied with."""

    def __init__(self, known: Mapping[str, tuple[Mapping[str, object], str]] | None = None) -> None:
        self.known = {
            movement_digest(CLIENT, name): AppliedId(ids.fingerprint(content), kind)
            for name, (content, kind) in (known or {}).items()
        }

    async def applied(self, digests: Sequence[str]) -> Mapping[str, AppliedId]:
        return {digest: self.known[digest] for digest in digests if digest in self.known}


def answering(answers: Answers) -> Callable[[Any], MovementOutcome | Exception]:
    """For each SKU what is answered to its first, second … command; applied where nothing is said."""
    waiting = {sku: list(each) for sku, each in answers.items()}

    def answer(command: Movement) -> MovementOutcome | Exception:
        queue = waiting.get(command.sku)
        told = queue.pop(0) if queue else "applied"
        return told if isinstance(told, Exception) else MovementOutcome(told, None)

    return answer


class Import:
    """The use case with its ports in memory; `run` gives the tally."""

    def __init__(
        self, warehouses: MemoryWarehouses, answers: Answers | None = None, known: MemoryIds | None = None
    ) -> None:
        self.engine = ScriptedEngine(answering(answers or {}))
        self.tally = ImportTally()
        self.told: list[int] = []
        self._use_case = ImportStock(self.engine, warehouses, known or MemoryIds())

    async def run(
        self, lines: Sequence[ImportLine] = LINES, order: ImportOrder = RECEIVE, unreadable: Sequence[LineProblem] = ()
    ) -> ImportTally:
        await self._use_case(lines, unreadable, order, self.tally, lambda tally: self.told.append(tally.remaining))
        return self.tally

    def asked(self) -> list[str]:
        return [command.sku for command in self.engine.commands]


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_stock, "UNKNOWN_PAUSE_MS", 0)


def away(kind: type[NotReady | Overloaded] = NotReady) -> Exception:
    return kind("away", retry_after_ms=0)


async def test_every_line_is_one_movement_with_an_id_of_its_own(warehouses: MemoryWarehouses) -> None:
    work = Import(warehouses)
    tally = await work.run()
    assert (tally.lines, tally.applied, tally.remaining) == (3, 3, 0)
    assert [command.movement_id for command in work.engine.commands] == ["file-1:2", "file-1:3", "file-1:4"]
    assert {(command.client, command.type) for command in work.engine.commands} == {(CLIENT, "receive")}
    assert work.told == [3, 0]


async def test_chunks_are_told_one_by_one(warehouses: MemoryWarehouses, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_stock, "CHUNK_LINES", 2)
    monkeypatch.setattr(import_stock, "LOOK_UP_IDS", 2)
    work = Import(warehouses)
    await work.run()
    assert work.told == [3, 1, 0]


async def test_what_was_applied_ever_is_not_sent_again(warehouses: MemoryWarehouses) -> None:
    content = {"type": "receive", "sku": "B", "warehouse": "SHA", "quantity": 7}
    work = Import(warehouses, known=MemoryIds({"file-1:3": (content, "receive")}))
    tally = await work.run()
    assert (tally.applied, tally.duplicates, work.asked()) == (2, 1, ["A", "C"])


async def test_force_does_not_make_another_line_of_it(warehouses: MemoryWarehouses) -> None:
    content = {"type": "receive", "sku": "B", "warehouse": "SHA", "quantity": 7}
    work = Import(warehouses, known=MemoryIds({"file-1:3": (content, "receive")}))
    tally = await work.run(order=ImportOrder("file-1", MovementType.RECEIVE, force=True))
    assert (tally.applied, tally.duplicates) == (2, 1)
    assert all(command.force for command in work.engine.commands)


async def test_a_file_of_another_type_is_one_answer(warehouses: MemoryWarehouses) -> None:
    known = {f"file-1:{n}": ({"type": "adjust", "quantity": n}, "adjust") for n in (2, 3)}
    work = Import(warehouses, known=MemoryIds(known))
    with pytest.raises(
        Refused, match=r"imported before as adjust \(2 lines\); nothing was .* meant as receive as well"
    ):
        await work.run()
    assert work.asked() == []


async def test_another_file_under_the_same_id_is_one_answer(warehouses: MemoryWarehouses) -> None:
    known = {f"file-1:{n}": ({"type": "receive", "quantity": 1}, "receive") for n in (2, 4)}
    work = Import(warehouses, known=MemoryIds(known))
    with pytest.raises(Refused, match=r"Import file-1 was made before with other content in lines 2, 4; nothing was"):
        await work.run()
    assert work.asked() == []


@pytest.mark.parametrize(
    ("order", "quantity", "expected"),
    [
        (RECEIVE, 0, "1 to 1,000,000 for the type receive"),
        (RECEIVE, -1, "1 to 1,000,000 for the type receive"),
        (RECEIVE, 1_000_001, "1 to 1,000,000 for the type receive"),
        (ImportOrder("f", MovementType.ADJUST), 0, "-1,000,000 to 1,000,000, and not 0, in an adjust"),
        (COUNT, -1, "0 to 1,000,000,000 in a count"),
        (COUNT, 1_000_000_001, "0 to 1,000,000,000 in a count"),
    ],
)
async def test_quantities_that_the_type_cannot_have(
    warehouses: MemoryWarehouses, order: ImportOrder, quantity: int, expected: str
) -> None:
    work = Import(warehouses)
    tally = await work.run([ImportLine(2, "A", "SHA", quantity), ImportLine(3, "B", "SHA", 1)], order)
    assert tally.problems == [LineProblem(2, "quantity", expected, str(quantity))]
    assert (tally.skipped, tally.lines, work.asked()) == (1, 2, [])


async def test_a_count_sets_what_no_movement_could_move(warehouses: MemoryWarehouses) -> None:
    work = Import(warehouses)
    assert (await work.run([ImportLine(2, "A", "SHA", 1_000_000_000, expected_on_hand=0)], COUNT)).applied == 1
    assert work.engine.commands[0].expected_on_hand == [0]


async def test_a_shelf_is_counted_once(warehouses: MemoryWarehouses) -> None:
    lines = [ImportLine(2, "A", "SHA", 1), ImportLine(3, "A", "PEK", 1), ImportLine(4, "A", "SHA", 2)]
    tally = await Import(warehouses).run(lines, COUNT)
    assert tally.problems == [LineProblem(4, "sku", "counted once in SHA, as line 2 does", "A")]
    assert (await Import(warehouses).run(lines, RECEIVE)).applied == 3


async def test_only_a_count_has_an_expectation(warehouses: MemoryWarehouses) -> None:
    tally = await Import(warehouses).run([ImportLine(2, "A", "SHA", 1, expected_on_hand=0)])
    assert tally.problems == [LineProblem(2, "expected_on_hand", "empty, except in a count", "0")]


async def test_a_name_that_is_a_path_of_its_own_is_no_sku(warehouses: MemoryWarehouses) -> None:
    work = Import(warehouses)
    tally = await work.run([ImportLine(2, "transfers", "SHA", 1), ImportLine(3, "Transfers", "SHA", 1)])
    wanted = "another code: /v1/stock/transfers lists transfers"
    assert (tally.problems, work.asked()) == ([LineProblem(2, "sku", wanted, "transfers")], [])


async def test_an_unknown_warehouse_is_told_once_with_its_lines(warehouses: MemoryWarehouses) -> None:
    codes = ["SHX", "SHA", "SHX", "elsewhere"]
    lines = [ImportLine(n, "A", code, 1) for n, code in enumerate(codes, start=2)]
    work = Import(warehouses)
    tally = await work.run(lines)
    assert tally.unknown_warehouses == [UnknownWarehouse("SHX", [2, 4], "SHA"), UnknownWarehouse("elsewhere", [5], "")]
    assert (tally.skipped, work.asked()) == (3, [])


async def test_broken_lines_are_left_out_when_that_is_asked_for(warehouses: MemoryWarehouses) -> None:
    order = ImportOrder("file-1", MovementType.RECEIVE, skip_errors=True)
    broken = [LineProblem(5, "sku", "good", "bad"), LineProblem(5, "quantity", "good", "bad")]
    lines = [*LINES, ImportLine(6, "D", "SHX", 1), ImportLine(7, "E", "SHA", 0)]
    work = Import(warehouses)
    tally = await work.run(lines, order, broken)
    assert (tally.lines, tally.skipped, tally.applied, work.asked()) == (6, 3, 3, ["A", "B", "C"])
    assert [problem.line for problem in tally.problems] == [5, 5, 7]


async def test_a_dry_run_tells_and_does_nothing(warehouses: MemoryWarehouses) -> None:
    work = Import(warehouses)
    tally = await work.run(order=ImportOrder("file-1", MovementType.RECEIVE, dry_run=True))
    assert (tally.remaining, tally.applied, work.asked()) == (3, 0, [])


async def test_refusals_are_listed_and_the_rest_is_applied(warehouses: MemoryWarehouses) -> None:
    work = Import(warehouses, {"A": ["would_break_commitments"], "C": ["duplicate"]})
    tally = await work.run()
    assert tally.rejections == [Rejection(2, "A", "SHA", "would_break_commitments")]
    assert (tally.applied, tally.repeated, tally.duplicates, tally.remaining) == (2, 1, 0, 0)


async def test_what_got_no_answer_is_repeated_under_the_same_id(warehouses: MemoryWarehouses) -> None:
    work = Import(warehouses, {"A": [away(), away(Overloaded)], "B": [OutcomeUnknown("lost")]})
    tally = await work.run()
    assert (tally.applied, tally.duplicates) == (3, 0)
    assert work.asked() == ["A", "B", "C", "A", "B", "A"]
    assert len({command.digest for command in work.engine.commands if command.sku == "A"}) == 1


async def test_a_line_that_the_kernel_had_and_the_ledger_had_not_was_applied_by_us(
    warehouses: MemoryWarehouses,
) -> None:
    work = Import(warehouses, {"A": [OutcomeUnknown("lost"), away(), "duplicate"]})
    tally = await work.run()
    assert (tally.applied, tally.repeated, tally.duplicates) == (3, 1, 0)


async def test_a_refusal_behind_a_missing_line_is_judged_again(warehouses: MemoryWarehouses) -> None:
    work = Import(warehouses, {"A": [away(), "applied"], "B": ["not_enough", "applied"]})
    tally = await work.run()
    assert (tally.applied, tally.rejections, work.asked()) == (3, [], ["A", "B", "C", "A", "B"])


async def test_a_store_that_stays_away_ends_it_with_a_true_tally(
    warehouses: MemoryWarehouses, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_stock, "PATIENCE_S", 0.0)
    work = Import(warehouses, {"B": [away()]})
    with pytest.raises(NotReady):
        await work.run()
    assert (work.tally.applied, work.tally.remaining) == (2, 1)


async def test_a_bug_is_no_reason_to_repeat(warehouses: MemoryWarehouses) -> None:
    work = Import(warehouses, {"B": [KeyError("bug")]})
    with pytest.raises(KeyError, match="bug"):
        await work.run()
    assert (work.tally.applied, work.asked()) == (2, ["A", "B", "C"])
