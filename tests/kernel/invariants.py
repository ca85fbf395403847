"""What must hold after every batch, read off the stored state alone."""

from collections import Counter
from collections.abc import Mapping, Sequence

from inventory_service.domain.reservation import OPEN_STATUSES, Reservation, Status
from inventory_service.domain.stock import Stock
from inventory_service.domain.transfer import Transfer
from tests.kernel.wire import Entry

Place = tuple[str, str]  # SKU, warehouse
Dispatched = tuple[str, int]  # warehouse, day
DAY_MS = 86_400_000


def assert_invariants(
    stock: Mapping[str, Stock],
    holds: Mapping[str, Reservation],
    deadlines: Mapping[str, int],
    entries: Sequence[Entry],
) -> None:
    assert_counters_are_sums(stock, holds)
    assert_records_add_up(holds)
    assert deadlines.keys() == {key for key, record in holds.items() if record.status == Status.HELD}
    assert all(deadlines[key] >= holds[key].deadline_ms for key in deadlines)
    assert_log_is_gapless(entries)
    assert_log_adds_up(stock, entries)


def assert_counters_are_sums(stock: Mapping[str, Stock], holds: Mapping[str, Reservation]) -> None:
    """What is held and committed is what open reservations were promised and not yet sent."""
    held, committed = promised(holds, {Status.HELD}), promised(holds, OPEN_STATUSES - {Status.HELD})
    places = {(sku, level.warehouse): level for sku, record in stock.items() for level in record.levels}
    assert {place: level.held for place, level in places.items() if level.held} == held
    assert {place: level.committed for place, level in places.items() if level.committed} == committed
    assert all(level.unavailable >= 0 and level.incoming >= 0 for level in places.values())


def assert_transfers_are_incoming(stock: Mapping[str, Stock], transfers: Mapping[str, Transfer]) -> None:
    """What is outstanding in open transfers is on its way to their destinations; no level has more lots than that."""
    outstanding: Counter[Place] = Counter()
    for transfer in transfers.values():
        for line in transfer.lines:
            outstanding[line.sku, transfer.destination] += line.outstanding
    levels = {(sku, level.warehouse): level for sku, record in stock.items() for level in record.levels}
    assert {place: level.in_transit for place, level in levels.items() if level.in_transit} == +outstanding
    assert all(level.in_transit <= level.incoming and level.arriving <= level.incoming for level in levels.values())


def assert_places_are_those_of_records(
    places: Mapping[Dispatched, int], holds: Mapping[str, Reservation], now_ms: int
) -> None:
    """Each order takes one place per warehouse and day, where it has units that are open or have left.

    Of days that are over the counts may be gone, and records may have left.
    """
    today = now_ms // DAY_MS
    wanted: Counter[Dispatched] = Counter()
    for record in holds.values():
        warehouses = {each.warehouse for line in record.lines for each in line.allocations}
        assert len(set(record.dispatches)) == len(record.dispatches)
        assert {dispatch.warehouse for dispatch in record.dispatches} <= warehouses
        assert not record.dispatches or record.status != Status.EXPIRED
        wanted.update((dispatch.warehouse, dispatch.day) for dispatch in record.dispatches if dispatch.day >= today)
    found = {place: taken for place, taken in places.items() if place[1] >= today}
    assert all(found.get(place, 0) >= taken for place, taken in wanted.items())
    assert sum(found.values()) >= wanted.total()


def promised(holds: Mapping[str, Reservation], statuses: frozenset[Status] | set[Status]) -> dict[Place, int]:
    total: Counter[Place] = Counter()
    for record in holds.values():
        if record.status in statuses:
            for line in record.lines:
                for allocation in line.allocations:
                    total[line.sku, allocation.warehouse] += allocation.open
    return {place: quantity for place, quantity in total.items() if quantity}


def assert_records_add_up(holds: Mapping[str, Reservation]) -> None:
    for record in holds.values():
        assert len(record.operations) <= 8
        still_open = 0
        for line in record.lines:
            promised_units = sum(allocation.quantity for allocation in line.allocations)
            still_open += sum(allocation.open for allocation in line.allocations)
            assert line.quantity == line.released + promised_units
            assert line.quantity <= line.requested
            assert all(0 <= allocation.shipped <= allocation.quantity for allocation in line.allocations)
            assert all(allocation.quantity > 0 for allocation in line.allocations)
        if record.status in OPEN_STATUSES:
            assert still_open > 0
            assert record.ended_ms == 0
        elif record.status != Status.EXPIRED:
            assert still_open == 0
        assert (record.status in OPEN_STATUSES) == (record.ended_ms == 0)


def assert_log_is_gapless(entries: Sequence[Entry]) -> None:
    """Each entry starts where the one before ended; no number is missing or used twice."""
    position, seq, at_ms = "0-0", 0, 0
    for entry in entries:
        assert entry.before == position
        assert entry.at_ms >= at_ms
        for event in entry.events:
            seq += 1
            assert event.seq == seq
            assert event.at_ms == entry.at_ms
        position, at_ms = entry.position, entry.at_ms
        assert position.endswith(f"-{seq}")


def assert_log_adds_up(stock: Mapping[str, Stock], entries: Sequence[Entry]) -> None:
    """The deltas of all events give the counters, and each event's counters are those before it plus its deltas."""
    totals: dict[Place, list[int]] = {}
    for entry in entries:
        for event in entry.events:
            assert len({change[:2] for change in event.changes}) == len(event.changes)
            for change in event.changes:
                total = totals.setdefault(change[:2], [0] * 5)
                total[:] = [before + delta for before, delta in zip(total, change[2:7], strict=True)]
                assert total == list(change[7:12])
    stored = {(sku, level.warehouse): list(level[1:6]) for sku, record in stock.items() for level in record.levels}
    assert {place: total for place, total in totals.items() if any(total)} == {
        place: counters for place, counters in stored.items() if any(counters)
    }
