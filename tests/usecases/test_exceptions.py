"""What a person can do with a scan that waits, once."""

from typing import Any

import pytest

from inventory_service.domain import ids
from inventory_service.domain.commands import Fitted, Reverse, Scan
from inventory_service.domain.errors import NotReady, OutcomeUnknown, Refused
from inventory_service.domain.outcomes import ScanOutcome
from inventory_service.usecases.exceptions import Exceptions
from inventory_service.usecases.ports import ScanException
from inventory_service.usecases.scan_commands import read_parked
from inventory_service.usecases.scan_ties import ScanTies
from tests.usecases.ports import MemoryLedger, MemoryWarehouses, ScriptedEngine, record

PAYLOAD = (
    '{"scan_id":"s-1","order_ref":"o-1","warehouse":"SHA","sku":"A","quantity":2,'
    '"scanned_at":"2026-11-11T00:00:00.123+08:00","lot":"x"}'
)


@pytest.fixture
def exceptions(engine: ScriptedEngine, ledger: MemoryLedger, warehouses: MemoryWarehouses) -> Exceptions:
    engine.answer = lambda _: ScanOutcome("applied", [])
    ledger.cases = {"exc_1": case("parked", "unknown_reservation"), "exc_2": case("applied", "over_scan")}
    return Exceptions(engine, ledger, ledger, ScanTies(ledger, warehouses))


def case(kind: str, code: str, payload: str = PAYLOAD, **fields: Any) -> ScanException:
    exception_id = "exc_1" if kind == "parked" else "exc_2"
    told: dict[str, Any] = {
        "state": "open",
        "client": "wms",
        "scan_id": "s-1",
        "reservation_id": "" if kind == "parked" else "r-1",
        "warehouse": "SHA",
        "sku": "A",
        "quantity": 2,
        "fitted": [] if kind == "parked" else [("SHA", 1), ("PEK", 1)],
        "opened_ms": 5,
        "resolution": "",
        "note": "",
        "resolved_by": "",
        "resolved_ms": 0,
    }
    return ScanException(exception_id=exception_id, kind=kind, code=code, payload=payload, **{**told, **fields})


async def refusal(exceptions: Exceptions, exception_id: str, action: str, reservation_id: str = "") -> tuple[str, str]:
    with pytest.raises(Refused) as caught:
        await exceptions.resolve(exception_id, action, reservation_id, "note", "ann")
    return caught.value.code, caught.value.pointer


async def test_apply_a_parked_scan_to_the_reservation_of_its_order(
    exceptions: Exceptions, engine: ScriptedEngine, ledger: MemoryLedger
) -> None:
    ledger.orders[("o-1", "")] = ["r-7"]
    resolved = await exceptions.resolve("exc_1", "apply", "", "found it", "ann")
    assert (resolved.state, resolved.resolution, resolved.note, resolved.resolved_by) == (
        "resolved", "applied", "found it", "ann",
    )  # fmt: skip
    (command,) = engine.commands
    assert isinstance(command, Scan)
    assert (command.scan_id, command.client, command.reservation_id, command.exception_id) == (
        "s-1", "wms", "r-7", "exc_1",
    )  # fmt: skip
    assert (command.warehouse, command.sku, command.quantity) == ("SHA", "A", 2)
    assert command.scanned_ms == 1_794_326_400_123
    assert command.digest == ids.digest("unpark", "exc_1")


async def test_apply_to_another_reservation_counts_as_the_same_attempt(
    exceptions: Exceptions, engine: ScriptedEngine, ledger: MemoryLedger
) -> None:
    await exceptions.resolve("exc_1", "apply", "r-8", "", "ann")
    ledger.cases["exc_1"] = case("parked", "unknown_reservation")
    await exceptions.resolve("exc_1", "apply", "r-9", "", "ann")
    first, second = engine.commands
    assert (first.reservation_id, second.reservation_id) == ("r-8", "r-9")
    assert (first.digest, first.fingerprint) == (second.digest, second.fingerprint)


async def test_apply_carries_what_left_redis(
    exceptions: Exceptions, engine: ScriptedEngine, ledger: MemoryLedger
) -> None:
    engine.answer = lambda command: ScanOutcome("applied" if command.carried else "absent", [])
    assert await refusal(exceptions, "exc_1", "apply", "r-8") == ("validation_failed", "/reservation_id")
    ledger.records["r-8"] = record("expired")
    assert (await exceptions.resolve("exc_1", "apply", "r-8", "", "ann")).resolution == "applied"


async def test_what_apply_still_lacks_is_told(
    exceptions: Exceptions, engine: ScriptedEngine, ledger: MemoryLedger
) -> None:
    assert await refusal(exceptions, "exc_1", "apply") == ("validation_failed", "/reservation_id")
    ledger.orders[("o-1", "")] = ["r-7", "r-8"]
    assert await refusal(exceptions, "exc_1", "apply") == ("validation_failed", "/reservation_id")
    ledger.cases["exc_1"] = case("parked", "unknown_warehouse", PAYLOAD.replace("SHA", "ZZZ"))
    assert await refusal(exceptions, "exc_1", "apply", "r-7") == ("unknown_warehouse", "")
    ledger.cases["exc_1"] = case("parked", "unknown_sku")
    engine.answer = lambda _: ScanOutcome("parked", ["unknown_sku"])
    assert await refusal(exceptions, "exc_1", "apply", "r-7") == ("unknown_sku", "")
    assert ledger.cases["exc_1"].state == "open"


@pytest.mark.parametrize(
    "payload",
    [
        "not json",
        "[]",
        "{}",
        PAYLOAD.replace("2,", '"2",'),
        PAYLOAD.replace("2,", "true,"),
        PAYLOAD.replace("2,", "0,"),
        PAYLOAD.replace("2,", "1000001,"),
        PAYLOAD.replace('"A"', "5"),
        PAYLOAD.replace('"SHA"', "null"),
    ],
)
async def test_a_malformed_one_can_only_be_dismissed(
    exceptions: Exceptions, engine: ScriptedEngine, ledger: MemoryLedger, payload: str
) -> None:
    ledger.cases["exc_1"] = case("parked", "validation_failed", payload)
    assert await refusal(exceptions, "exc_1", "apply", "r-7") == ("validation_failed", "/action")
    assert engine.commands == []
    assert (await exceptions.resolve("exc_1", "dismiss", "", "", "ann")).resolution == "dismissed"


def test_a_time_that_cannot_be_read_is_no_time() -> None:
    for text in ("yesterday", "2026-11-11T00:00:00", ""):
        parked = read_parked(PAYLOAD.replace("2026-11-11T00:00:00.123+08:00", text))
        assert parked is not None
        assert parked.scanned_ms == 0


async def test_reverse_an_applied_scan(exceptions: Exceptions, engine: ScriptedEngine, ledger: MemoryLedger) -> None:
    engine.answer = lambda command: ScanOutcome("applied" if command.carried else "absent", [])
    ledger.records["r-1"] = record("shipped")
    resolved = await exceptions.resolve("exc_2", "reverse", "", "wrong parcel", "ann")
    assert (resolved.state, resolved.resolution) == ("resolved", "reversed")
    command = engine.commands[-1]
    assert isinstance(command, Reverse)
    assert (command.client, command.reservation_id, command.quantity, command.note) == ("ann", "r-1", 2, "wrong parcel")
    assert (command.digest, command.fitted) == (ids.digest("reverse", "exc_2"), [Fitted("SHA", 1), Fitted("PEK", 1)])


async def test_an_action_must_fit_and_happens_once(
    exceptions: Exceptions, engine: ScriptedEngine, ledger: MemoryLedger
) -> None:
    assert await refusal(exceptions, "exc_2", "apply") == ("validation_failed", "/action")
    assert await refusal(exceptions, "exc_1", "reverse") == ("validation_failed", "/action")
    assert await refusal(exceptions, "exc_1", "shred") == ("validation_failed", "/action")
    assert await refusal(exceptions, "exc_9", "dismiss") == ("not_found", "")
    await exceptions.resolve("exc_1", "dismiss", "", "", "ann")
    for action in ("dismiss", "apply"):
        assert await refusal(exceptions, "exc_1", action, "r-1") == ("validation_failed", "/action")
    assert engine.commands == []
    assert [found.exception_id for found in (await exceptions.list("open", 10, "")).data] == ["exc_2"]
    ledger.away = True
    with pytest.raises(NotReady):
        await exceptions.resolve("exc_2", "dismiss", "", "", "ann")


async def test_a_ledger_that_goes_away_behind_the_kernel_leaves_it_open(
    exceptions: Exceptions, engine: ScriptedEngine, ledger: MemoryLedger
) -> None:
    """What the kernel did is done: "nothing happened" would be a lie."""
    ledger.orders[("o-1", "")] = ["r-7"]

    def apply(_: object) -> ScanOutcome:
        ledger.away = True
        return ScanOutcome("applied", [])

    engine.answer = apply
    for exception_id, action in (("exc_1", "apply"), ("exc_2", "reverse")):
        ledger.away = False
        with pytest.raises(OutcomeUnknown):
            await exceptions.resolve(exception_id, action, "", "note", "ann")
    ledger.away = True
    with pytest.raises(NotReady):
        await exceptions.resolve("exc_2", "dismiss", "", "note", "ann")
