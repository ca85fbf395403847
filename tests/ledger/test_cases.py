"""Exceptions and parked scans: booked with the event, closed once; parked ones apply when what they lacked is known."""

import json
import re

import pytest

from inventory_service.domain.orders.order_number import order_number
from inventory_service.ledger.queries import QUERIES
from inventory_service.usecases.parked import ApplyParked
from inventory_service.usecases.ports import ScanException
from tests.kernel import make
from tests.ledger.house import PEK, SHA, House, shop


def payload(**fields: object) -> str:
    return json.dumps({"warehouse": SHA, "sku": "A", "quantity": 1, **fields})


async def exceptions(house: House, state: str = "") -> list[ScanException]:
    return list((await house.reader.exceptions(state, 50, "")).data)


@pytest.fixture
async def stocked(open_house: House) -> House:
    await open_house.warehouses.put(shop(SHA))
    await open_house.do(make.receive("A", 10), make.reserve("r1", "A*3"), make.confirm("r1"))
    await open_house.flush()
    return open_house


async def apply_parked(house: House) -> None:
    await ApplyParked(house.engine, house.reader, house.cases).run_once()
    await house.flush()


async def test_an_applied_scan_that_did_not_fit(stocked: House) -> None:
    await stocked.do(make.receive("A", 2, PEK), make.scan("s-1", "r1", "A", 4, PEK))
    await stocked.flush()
    (told,) = await exceptions(stocked, "open")
    assert (told.kind, told.code, told.scan_id, told.reservation_id) == ("applied", "over_scan", "s-1", "r1")
    assert (told.warehouse, told.sku, told.quantity, list(told.fitted)) == (PEK, "A", 4, [(SHA, 3)])
    assert (told.client, told.payload) == ("wms", '{"carrier": "顺丰"}')
    assert await stocked.reader.exception(told.exception_id) == told
    assert await stocked.reader.exception("exc_x") is None


async def test_it_is_resolved_once(stocked: House) -> None:
    await stocked.do(make.scan("s-1", "r1", "A", 4))
    await stocked.flush()
    (told,) = await exceptions(stocked)
    assert await stocked.cases.resolve_exception(told.exception_id, "dismissed", "fine", "ann")
    assert not await stocked.cases.resolve_exception(told.exception_id, "reversed", "no", "bob")
    (closed,) = await exceptions(stocked, "resolved")
    assert (closed.resolution, closed.note, closed.resolved_by) == ("dismissed", "fine", "ann")


async def test_a_reversal_closes_it(stocked: House) -> None:
    await stocked.do(make.scan("s-1", "r1", "A", 4))
    await stocked.flush()
    (told,) = await exceptions(stocked)
    await stocked.do(make.reverse(told.exception_id, "r1", "A", 4, fitted="SHA*3"))
    await stocked.flush()
    (closed,) = await exceptions(stocked)
    assert (closed.state, closed.resolution, closed.resolved_by) == ("resolved", "reversed", "desk")
    assert all(finding.ok for finding in (await stocked.findings()).values())


async def test_a_persons_words_are_kept_when_the_writer_was_quicker(stocked: House) -> None:
    await stocked.do(make.park("s-1", "unknown_reservation", payload(reservation_id="r1")))
    await stocked.flush()
    await apply_parked(stocked)
    (closed,) = await exceptions(stocked, "resolved")
    assert (closed.resolution, closed.note) == ("applied", "")
    assert await stocked.cases.resolve_exception(closed.exception_id, "applied", "seen", "ann")
    assert not await stocked.cases.resolve_exception(closed.exception_id, "applied", "too late", "bob")
    assert not await stocked.cases.resolve_exception(closed.exception_id, "dismissed", "no", "bob")
    (closed,) = await exceptions(stocked, "resolved")
    assert (closed.resolution, closed.note, closed.resolved_by) == ("applied", "seen", "ann")


async def test_a_parked_scan_waits_and_then_applies_itself(stocked: House) -> None:
    await stocked.do(make.park("s-1", "unknown_reservation", payload(reservation_id="late", quantity=2)))
    await stocked.flush()
    await apply_parked(stocked)
    (parked,) = await exceptions(stocked, "open")
    assert (parked.kind, parked.code, parked.reservation_id, parked.quantity) == (
        "parked",
        "unknown_reservation",
        "late",
        2,
    )
    await stocked.do(make.reserve("late", "A*2"), make.confirm("late"))
    await stocked.flush()
    await apply_parked(stocked)
    (closed,) = await exceptions(stocked)
    assert (closed.state, closed.resolution) == ("resolved", "applied")
    stored = await stocked.reader.reservation("late")
    assert stored is not None
    assert stored.record.status == "shipped"


async def test_asked_twice_before_the_ledger_knows_it_applies_once(stocked: House) -> None:
    await stocked.do(make.park("s-1", "unknown_reservation", payload(reservation_id="r1")))
    await stocked.flush()
    for _ in range(2):
        await ApplyParked(stocked.engine, stocked.reader, stocked.cases).run_once()
    await stocked.flush()
    stored = await stocked.reader.reservation("r1")
    assert stored is not None
    assert stored.record.lines[0].shipped == 1


@pytest.mark.parametrize(
    ("code", "fields", "lacking"),
    [
        ("unknown_warehouse", {"reservation_id": "r1", "warehouse": "CAN"}, "warehouse"),
        ("unknown_sku", {"reservation_id": "r1", "sku": "NEW"}, "sku"),
        ("unknown_reservation", {"order_ref": "o-7", "channel": "jd"}, "order"),
    ],
)
async def test_what_it_lacked(code: str, fields: dict[str, object], lacking: str, stocked: House) -> None:
    await stocked.do(make.park("s-1", code, payload(**fields)))
    await stocked.flush()
    await apply_parked(stocked)
    assert len(await exceptions(stocked, "open")) == 1
    if lacking == "warehouse":
        await stocked.warehouses.put(shop("CAN"))
    elif lacking == "sku":
        await stocked.do(make.receive("NEW", 1))
    else:
        await stocked.do(make.reserve("r7", "A", attributes='{"order_ref":"o-7","channel":"jd"}'), make.confirm("r7"))
    await stocked.flush()
    await apply_parked(stocked)
    parked = (await exceptions(stocked, "resolved"))[-1]
    assert (parked.kind, parked.resolution) == ("parked", "applied")


async def test_several_orders_of_one_reference_wait_for_a_person(stocked: House) -> None:
    order = '{"order_ref":"o-7"}'
    await stocked.do(
        make.park("s-1", "ambiguous_order_ref", payload(order_ref="o-7")),
        make.reserve("r7", "A", attributes=order),
        make.reserve("r8", "A", attributes=order),
    )
    await stocked.flush()
    await apply_parked(stocked)
    assert len(await exceptions(stocked, "open")) == 1


async def test_an_unreadable_scan_stays_parked(stocked: House) -> None:
    texts = ["", "[]", "nonsense", '{"quantity": true, "sku": "A"}', '{"sku": "\\u0000"}', "[" * 5000 + "]" * 5000]
    for number, text in enumerate(texts):
        malformed = make.park(f"m-{number}", "validation_failed", text)
        await stocked.do(malformed, make.park(f"u-{number}", "unknown_reservation", text))
    await stocked.flush()
    await apply_parked(stocked)
    assert sorted(parked.payload for parked in await exceptions(stocked, "open")) == sorted(texts * 2)


async def test_a_reservation_that_left_redis_is_brought_along(stocked: House) -> None:
    await stocked.do(make.park("s-1", "unknown_reservation", payload(reservation_id="r1")), make.release("r1"))
    await stocked.flush()
    keys = await stocked.hot._keys()
    await stocked.hot._ask("HDEL", keys.holds, "r1")
    await apply_parked(stocked)
    codes = {(each.kind, each.code, each.state) for each in await exceptions(stocked)}
    assert codes == {("applied", "reservation_closed", "open"), ("parked", "unknown_reservation", "resolved")}


async def test_a_long_reference_ties_as_a_short_one_does(stocked: House) -> None:
    """It may have 128 characters, as a reservation's: one of more than 64 was kept as none, and waited for ever."""
    reference = "单" * 128
    await stocked.do(make.park("s-1", "unknown_reservation", payload(order_ref=reference)))
    await stocked.flush()
    await apply_parked(stocked)
    assert [told.state for told in await exceptions(stocked)] == ["open"]

    await stocked.do(make.reserve("late", "A*2", attributes=json.dumps({"order_ref": reference})), make.confirm("late"))
    await stocked.flush()
    await apply_parked(stocked)
    assert [(told.state, told.resolution) for told in await exceptions(stocked)] == [("resolved", "applied")]


async def known_order(house: House, number: str) -> None:
    """As taking in an order writes it; nothing of it but its number is looked at."""
    await house.pool.execute(
        "INSERT INTO orders (order_no, channel, shop, channel_order_id, parent_order_id, payment, fulfilment, currency,"
        " created_ms, paid_ms, modified_ms, seen_ms, customer, record, stock, step_number, case_code, attempts,"
        " next_try_ms) VALUES ($1, 'taobao', 's', '1', '', '', '', 'CNY', 0, 0, 0, 0, '', '', '', 0, '', 0, 0)",
        number,
    )


async def plan_of(house: House, query: str, *arguments: object) -> str:
    return str(await house.pool.fetchval(f"EXPLAIN (FORMAT JSON) {QUERIES[query]}", *arguments))


async def test_a_look_at_parked_scans_reads_no_reservations_but_theirs(stocked: House) -> None:
    """Each second all that there ever were were read, once per scan that waits."""
    await stocked.pool.execute(
        "INSERT INTO reservations SELECT 'old-' || n, -n, 1, 'expired', 'shop', '', 0, 0, 0, 0, '', 'o-' || n, '', '',"
        " '{}', '' FROM generate_series(1, 20000) AS n"
    )
    await stocked.do(*(make.park(f"s-{n}", "unknown_reservation", payload(order_ref=f"x-{n}")) for n in range(50)))
    await stocked.flush()
    await stocked.pool.execute("ANALYZE reservations, scan_exceptions")
    scanned = re.findall(
        r'"Node Type": "([^"]+)"[^{}]*?"Relation Name": "reservations"',
        await plan_of(stocked, "parked_candidates", 100),
    )
    assert scanned
    assert "Seq Scan" not in scanned


async def test_an_orders_newest_reservation_is_the_one_that_is_shipped(stocked: House) -> None:
    """As for a scan that comes now: an order of a channel that had a reservation before made its parked scans wait."""
    number = order_number(1_700_000_000_000, 1)
    await known_order(stocked, number)
    told = json.dumps({"order_ref": number, "channel": "taobao"})
    await stocked.do(make.park("s-1", "unknown_reservation", payload(order_ref=number)))
    await stocked.do(make.reserve(number, "A*2", attributes=told), make.release(number))
    await stocked.do(make.reserve(f"{number}.2", "A*2", attributes=told), make.confirm(f"{number}.2"))
    await stocked.flush()
    await apply_parked(stocked)
    assert [(told.state, told.resolution) for told in await exceptions(stocked)] == [("resolved", "applied")]
    stored = await stocked.reader.reservation(f"{number}.2")
    assert stored is not None
    assert stored.record.status == "part_shipped"
