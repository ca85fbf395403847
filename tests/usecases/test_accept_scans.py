"""What is asked, sent and parked for outbound scans, and what the caller is told."""

from typing import Any

import pytest

from inventory_service.domain.commands import Park, Scan
from inventory_service.domain.errors import NotReady, OutcomeUnknown, Overloaded
from inventory_service.domain.outcomes import ScanOutcome
from inventory_service.usecases.accept_scans import AcceptScans
from inventory_service.usecases.requests import MalformedScan, ScanRequest, ScanResult
from inventory_service.usecases.scan_ties import ScanTies
from tests.usecases.ports import MemoryLedger, MemoryWarehouses, ScriptedEngine, record

APPLIED = ScanOutcome("applied", [])


@pytest.fixture
def accept(engine: ScriptedEngine, ledger: MemoryLedger, warehouses: MemoryWarehouses) -> AcceptScans:
    return AcceptScans(engine, ScanTies(ledger, warehouses))


def scan(scan_id: str = "s-1", reservation_id: str = "r-1", **fields: Any) -> ScanRequest:
    sent: dict[str, Any] = {"order_ref": "", "channel": "", "warehouse": "SHA", "sku": "A", "quantity": 1, **fields}
    return ScanRequest(scan_id, reservation_id, **sent, scanned_ms=0, payload=f'"{sent}"', content=sent)


def parking(command: Any) -> ScanOutcome:
    """As the kernel: a scan is applied, what is to be parked is parked for its code."""
    return ScanOutcome("parked", [command.code]) if isinstance(command, Park) else APPLIED


def absent_unless_carried(command: Any) -> ScanOutcome:
    return parking(command) if isinstance(command, Park) or command.carried else ScanOutcome("absent", [])


async def test_scans_go_in_order_each_with_its_own_ids(accept: AcceptScans, engine: ScriptedEngine) -> None:
    engine.answer = parking
    results = await accept("wms", [scan("s-1"), scan("s-2"), scan("s-1", quantity=2)])
    assert results == [ScanResult("s-1", "applied"), ScanResult("s-2", "applied"), ScanResult("s-1", "applied")]
    first, second, reused = engine.commands
    assert (first.scan_id, first.reservation_id, first.client, first.exception_id) == ("s-1", "r-1", "wms", "")
    assert first.digest == reused.digest != second.digest
    assert first.fingerprint != reused.fingerprint
    assert len({first.reuse_digest, second.reuse_digest, reused.reuse_digest}) == 3
    await accept("other", [scan("s-1")])
    assert engine.commands[-1].digest != first.digest


async def test_the_first_reason_is_told(accept: AcceptScans, engine: ScriptedEngine) -> None:
    engine.answer = lambda _: ScanOutcome("applied", ["over_scan", "not_confirmed"])
    assert await accept("wms", [scan()]) == [ScanResult("s-1", "applied", "over_scan")]
    engine.answer = lambda _: ScanOutcome("duplicate", [])
    assert await accept("wms", [scan()]) == [ScanResult("s-1", "duplicate")]
    engine.answer = lambda _: ScanOutcome("parked", ["scan_id_reused"])
    assert await accept("wms", [scan()]) == [ScanResult("s-1", "parked", "scan_id_reused", "/scan_id")]


async def test_an_order_is_found_by_its_reference(
    accept: AcceptScans, engine: ScriptedEngine, ledger: MemoryLedger
) -> None:
    engine.answer = parking
    ledger.orders = {("o-1", ""): ["r-7"], ("o-2", "jd"): ["r-8", "r-9"]}
    results = await accept(
        "wms",
        [
            scan("s-1", "", order_ref="o-1"),
            scan("s-2", "", order_ref="o-2", channel="jd"),
            scan("s-3", "", order_ref="o-2"),
            scan("s-4", "r-5", order_ref="o-1"),
        ],
    )
    assert [(result.result, result.code, result.pointer) for result in results] == [
        ("applied", "", ""),
        ("parked", "ambiguous_order_ref", "/order_ref"),
        ("parked", "unknown_reservation", "/order_ref"),
        ("applied", "", ""),
    ]
    assert [getattr(command, "reservation_id", None) for command in engine.commands] == ["r-7", None, None, "r-5"]


async def test_warehouses_are_looked_up_before_they_are_unknown(
    accept: AcceptScans, engine: ScriptedEngine, warehouses: MemoryWarehouses
) -> None:
    engine.answer = parking
    results = await accept("wms", [scan("s-1", warehouse="NEW"), scan("s-2", warehouse="ZZZ")])
    assert [(result.result, result.code, result.pointer) for result in results] == [
        ("applied", "", ""),
        ("parked", "unknown_warehouse", "/warehouse"),
    ]
    assert sorted(warehouses.asked) == ["NEW", "ZZZ"]


async def test_a_malformed_scan_is_parked_once_and_its_correction_applied(
    accept: AcceptScans, engine: ScriptedEngine
) -> None:
    engine.answer = parking
    bad = MalformedScan("s-1", "/quantity", "not an integer", '{"scan_id":"s-1","quantity":"2"}')
    nameless = [MalformedScan("", "/scan_id", "missing", text) for text in ('{"a":1}', '{"a":2}', '{"a":1}')]
    results = await accept("wms", [bad, scan("s-1"), *nameless])
    assert results[0] == ScanResult("s-1", "parked", "validation_failed", "/quantity")
    assert results[1] == ScanResult("s-1", "applied")
    parked, corrected, one, two, one_again = engine.commands
    assert isinstance(parked, Park)
    assert isinstance(corrected, Scan)
    assert parked.digest != corrected.digest
    assert one.digest == one_again.digest != two.digest


async def test_what_left_redis_is_carried_and_what_nobody_knows_is_parked(
    accept: AcceptScans, engine: ScriptedEngine, ledger: MemoryLedger
) -> None:
    engine.answer = absent_unless_carried
    ledger.records["gone"] = record("released")
    results = await accept("wms", [scan("s-1", "gone"), scan("s-2", "never"), scan("s-3", "gone")])
    assert [(result.result, result.code, result.pointer) for result in results] == [
        ("applied", "", ""),
        ("parked", "unknown_reservation", "/reservation_id"),
        ("applied", "", ""),
    ]
    first_go, again = engine.commands[:3], engine.commands[3:]
    assert [command.scan_id for command in again] == ["s-1", "s-2", "s-3"]
    assert again[0].carried == [record("released")]
    assert (again[1].digest, again[1].reuse_digest) == (first_go[1].digest, first_go[1].reuse_digest)


@pytest.mark.parametrize("away", ["ledger", "warehouses"])
async def test_nothing_is_sent_when_something_cannot_be_asked(
    accept: AcceptScans, engine: ScriptedEngine, ledger: MemoryLedger, warehouses: MemoryWarehouses, away: str
) -> None:
    engine.answer = parking
    ledger.away, warehouses.away = away == "ledger", away == "warehouses"
    unsure = scan("s-2", "", order_ref="o-1") if away == "ledger" else scan("s-2", warehouse="NEW")
    with pytest.raises(NotReady):
        await accept("wms", [scan("s-1"), unsure])
    assert engine.commands == []
    assert [result.result for result in await accept("wms", [scan("s-1")])] == ["applied"]


@pytest.mark.parametrize(("others", "error"), [([], NotReady), ([scan("s-2", "here")], OutcomeUnknown)])
async def test_a_ledger_away_after_the_first_answers(
    accept: AcceptScans, engine: ScriptedEngine, ledger: MemoryLedger, others: list[ScanRequest], error: type[Exception]
) -> None:
    engine.answer = lambda command: APPLIED if command.reservation_id == "here" else ScanOutcome("absent", [])
    ledger.away = True
    with pytest.raises(error):
        await accept("wms", [scan("s-1", "gone"), *others])


@pytest.mark.parametrize(("failing", "error"), [({"s-1", "s-2"}, Overloaded), ({"s-2"}, OutcomeUnknown)])
async def test_an_error_means_nothing_happened_or_says_so(
    accept: AcceptScans, engine: ScriptedEngine, failing: set[str], error: type[Exception]
) -> None:
    engine.answer = lambda command: Overloaded("full") if command.scan_id in failing else APPLIED
    with pytest.raises(error):
        await accept("wms", [scan("s-1"), scan("s-2")])
