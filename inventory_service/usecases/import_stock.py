"""A whole file of stock movements, each line applied once however often the file is imported."""

import asyncio
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import TypeVar

from inventory_service.domain import ids
from inventory_service.domain.commands import Movement
from inventory_service.domain.errors import NotReady, OutcomeUnknown, Overloaded, Refused
from inventory_service.domain.outcomes import Code, MovementOutcome
from inventory_service.usecases.import_lines import ImportLine, ImportOrder, ImportTally, LineProblem, Rejection
from inventory_service.usecases.judge_import import problems_of, unknown_warehouses
from inventory_service.usecases.move_stock import movement_command, movement_digest
from inventory_service.usecases.ports import AppliedId, AppliedIds, StockEngine, Warehouses
from inventory_service.usecases.requests import MovementRequest

CLIENT = "stock-import"  # movement ids are unique per client, and the history names it
CHUNK_LINES = 1024  # four batches of the kernel: it never waits for us, and its queue is never full of us
LOOK_UP_IDS = 2000  # answered within the bound of a read, also by a ledger that is read from disk
PATIENCE_S = 60.0  # for a store that is away in the middle
UNKNOWN_PAUSE_MS = 500
LINES_NAMED = 5

_DONE = frozenset({Code.APPLIED, Code.DUPLICATE})
_PASSING = (NotReady, Overloaded, OutcomeUnknown)

Told = Callable[[ImportTally], None]
T = TypeVar("T")


class ImportStock:
    def __init__(self, engine: StockEngine, warehouses: Warehouses, applied_ids: AppliedIds) -> None:
        self._engine = engine
        self._warehouses = warehouses
        self._applied_ids = applied_ids

    async def __call__(
        self,
        lines: Sequence[ImportLine],
        unreadable: Sequence[LineProblem],
        order: ImportOrder,
        tally: ImportTally,
        told: Told = lambda _: None,
    ) -> None:
        """Judge everything, then apply what is new, in the order of the lines; `tally` tells how it went.

        `unreadable` are the problems of lines that are not among `lines`. Nothing is applied when a line is broken,
        unless `skip_errors`, and with `dry_run`. `told` is called behind the judging and behind each chunk.

        Raises Refused (`movement_id_reused`: another file, or another type, was imported under this id; nothing is
        applied), NotReady, Overloaded, OutcomeUnknown: then the same call again goes on where it stopped.
        """
        began = time.monotonic()
        good = self._judged(lines, unreadable, order, tally)
        if not tally.broken or order.skip_errors:
            fresh = await self._unapplied(good, order, tally)
            told(tally)
            for chunk in () if order.dry_run else _sliced(fresh, CHUNK_LINES):
                await self._apply(chunk, order, tally)
                tally.seconds = time.monotonic() - began
                told(tally)

    def _judged(
        self,
        lines: Sequence[ImportLine],
        unreadable: Sequence[LineProblem],
        order: ImportOrder,
        tally: ImportTally,
    ) -> Sequence[ImportLine]:
        """The lines that nothing is wrong with."""
        tally.problems = sorted([*unreadable, *problems_of(lines, order.type)], key=lambda problem: problem.line)
        tally.unknown_warehouses = unknown_warehouses(lines, self._warehouses.all())
        bad = {problem.line for problem in tally.problems}
        bad.update(number for each in tally.unknown_warehouses for number in each.lines)
        tally.lines = len(lines) + len({problem.line for problem in unreadable})
        tally.skipped = len(bad)
        return [line for line in lines if line.number not in bad] if bad else lines

    async def _unapplied(
        self, lines: Sequence[ImportLine], order: ImportOrder, tally: ImportTally
    ) -> Sequence[ImportLine]:
        """The lines that were never applied. Redis forgets an id behind the retention, the ledger does not."""
        fresh: list[ImportLine] = []
        other: list[tuple[ImportLine, AppliedId]] = []
        for part in _sliced(lines, LOOK_UP_IDS):
            digests = [movement_digest(CLIENT, _movement_id(line, order)) for line in part]
            applied = await self._applied_ids.applied(digests)
            for line, digest in zip(part, digests, strict=True):
                before = applied.get(digest)
                if before is None:
                    fresh.append(line)
                elif not ids.fingerprint(_content(line, order)).startswith(before.fingerprint):
                    other.append((line, before))
        if other:
            raise _reused(other, order)
        tally.duplicates = len(lines) - len(fresh)
        tally.remaining = len(fresh)
        return fresh

    async def _apply(self, lines: Sequence[ImportLine], order: ImportOrder, tally: ImportTally) -> None:
        codes = [""] * len(lines)
        try:
            await self._settle([_command(line, order) for line in lines], codes)
        finally:  # also when it was interrupted: what is known counts
            for line, code in zip(lines, codes, strict=True):
                _count(line, code, tally)

    async def _settle(self, commands: Sequence[Movement], codes: list[str]) -> None:
        """Fill in the code of each, repeating under its own id whatever got none.

        While one is missing, refusals are asked again too: behind a line that comes late they may differ.
        Raises NotReady, Overloaded, OutcomeUnknown when that takes too long.
        """
        deadline = time.monotonic() + PATIENCE_S
        while True:
            asked = [index for index, code in enumerate(codes) if code not in _DONE]
            answers = await asyncio.gather(
                *(self._engine.movement(commands[index]) for index in asked), return_exceptions=True
            )
            failures = [
                failure
                for index, answer in zip(asked, answers, strict=True)
                if (failure := _noted(index, answer, codes))
            ]
            for failure in failures:
                if not isinstance(failure, _PASSING) or time.monotonic() > deadline:
                    raise failure
            if not failures:
                return
            await asyncio.sleep(max(map(_pause_ms, failures)) / 1000)


def _noted(index: int, answer: MovementOutcome | BaseException, codes: list[str]) -> BaseException | None:
    """Keep what the answer says; the error, where it is one."""
    if isinstance(answer, BaseException):
        codes[index] = ""
        return answer
    codes[index] = answer.code
    return None


def _count(line: ImportLine, code: str, tally: ImportTally) -> None:
    if not code:
        return
    tally.remaining -= 1
    if code in _DONE:
        tally.applied += 1
        tally.repeated += code == Code.DUPLICATE
    else:
        tally.rejections.append(Rejection(line.number, line.sku, line.warehouse, code))


def _pause_ms(failure: BaseException) -> int:
    return failure.retry_after_ms if isinstance(failure, NotReady | Overloaded) else UNKNOWN_PAUSE_MS


def _movement_id(line: ImportLine, order: ImportOrder) -> str:
    return f"{order.import_id}:{line.number}"


def _content(line: ImportLine, order: ImportOrder) -> dict[str, object]:
    """What makes a line the same line. Not `force`: a repeat with it is for those that were refused without."""
    content: dict[str, object] = {
        "type": order.type.value,
        "sku": line.sku,
        "warehouse": line.warehouse,
        "quantity": line.quantity,
    }
    if line.expected_on_hand is not None:
        content["expected_on_hand"] = line.expected_on_hand
    if line.reason:
        content["reason"] = line.reason
    if line.reference:
        content["reference"] = line.reference
    return content


def _command(line: ImportLine, order: ImportOrder) -> Movement:
    request = MovementRequest(
        movement_id=_movement_id(line, order),
        type=order.type,
        sku=line.sku,
        warehouse=line.warehouse,
        quantity=line.quantity,
        expected_on_hand=line.expected_on_hand,
        force=order.force,
        reason=line.reason,
        reference=line.reference,
        content=_content(line, order),
    )
    return movement_command(CLIENT, request)


def _reused(other: Sequence[tuple[ImportLine, AppliedId]], order: ImportOrder) -> Refused:
    """One answer for the file, not one per line."""
    kinds = sorted({before.kind for _, before in other})
    again = "give it a name of its own: --import-id NAME."
    if order.type not in kinds:
        return Refused(
            "movement_id_reused",
            f"This file was imported before as {' and '.join(kinds)} ({len(other):,} lines); nothing was imported now. "
            f"If it is meant as {order.type} as well, {again}",
        )
    return Refused(
        "movement_id_reused",
        f"Import {order.import_id} was made before with other content in {named([line.number for line, _ in other])}; "
        f"nothing was imported now. Leave lines as they are that were applied, or {again}",
    )


def named(numbers: Collection[int]) -> str:
    """`line 3`, `lines 3, 4`, `lines 3, 4, 5, 6, 7 and 93 more`."""
    first = ", ".join(f"{number}" for number in sorted(numbers)[:LINES_NAMED])
    more = f" and {len(numbers) - LINES_NAMED:,} more" if len(numbers) > LINES_NAMED else ""
    return f"line{'s' if len(numbers) > 1 else ''} {first}{more}"


def _sliced(items: Sequence[T], length: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), length):
        yield items[start : start + length]
