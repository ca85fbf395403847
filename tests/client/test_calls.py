"""Every call once against the service: what is sent is understood, what is answered arrives as data."""

from datetime import UTC, date, datetime, timedelta

import pytest

from inventory_service.client import (
    AllocationRule,
    Closure,
    Confirm,
    Extend,
    Forbidden,
    Freight,
    InsufficientStock,
    InvalidRequest,
    InventoryClient,
    Movement,
    NotFound,
    NotHeld,
    Outbound,
    Release,
    ReservationReleased,
    Reserve,
    Scan,
    ShipTo,
    Unauthenticated,
    UnknownSku,
    UnknownWarehouse,
    Warehouse,
)
from tests.acceptance.keys import create_key
from tests.acceptance.service import RunningService
from tests.acceptance.waiting import eventually
from tests.client.conftest import UNITS, WAREHOUSE


async def test_an_order_from_hold_to_parcel(client: InventoryClient, sku: str) -> None:
    held = await client.reserve(
        {sku: 3},
        reservation_id=f"order-{sku}",
        ttl_seconds=600,
        channel="storefront",
        order_ref=f"ref-{sku}",
        customer_id="c-77",
        ship_to=ShipTo(country="CN", region="330000", lat=30.2, lon=120.2),
        allocation=AllocationRule(strategy="priority", warehouses=(WAREHOUSE,), max_splits=1),
        metadata={"cart": "9f3", "gift": True},
    )
    assert (held.status, held.reservation_id, held.replayed) == ("held", f"order-{sku}", False)
    assert held.expires_at is not None
    assert timedelta(minutes=9) < held.expires_at - datetime.now(UTC) <= timedelta(minutes=10)
    assert held.metadata == {"cart": "9f3", "gift": True}
    (line,) = held.lines
    assert [(each.warehouse, each.quantity) for each in line.allocations] == [(WAREHOUSE, 3)]

    extended = await client.extend(held.reservation_id, ttl_seconds=1200)
    assert extended.outcome == "extended"
    assert extended.expires_at is not None
    assert extended.expires_at > held.expires_at
    reduced = await client.release(held.reservation_id, lines={sku: 1})
    assert reduced.lines[0].released == 1
    confirmed = await client.confirm(held.reservation_id)
    assert (confirmed.status, confirmed.expires_at) == ("confirmed", None)
    assert (await client.confirm(held.reservation_id)).replayed

    (scanned,) = await client.scan(
        [
            Scan(
                reservation_id=held.reservation_id,
                warehouse=WAREHOUSE,
                sku=sku,
                quantity=2,
                scanned_at=datetime.now(UTC),
            )
        ]
    )
    assert scanned.result == "applied"
    assert (await client.reservation(held.reservation_id)).status == "shipped"
    stock = await client.stock(sku)
    assert (stock.on_hand, stock.held, stock.committed, stock.available) == (UNITS - 2, 0, 0, UNITS - 2)
    assert [level.warehouse for level in stock.warehouses] == [WAREHOUSE]


async def test_an_order_that_is_given_back(client: InventoryClient, sku: str) -> None:
    held = await client.reserve({sku: 1})
    released = await client.release(held.reservation_id)
    assert released.status == "released"
    with pytest.raises(ReservationReleased):
        await client.confirm(held.reservation_id)
    with pytest.raises(NotHeld):
        await client.extend(held.reservation_id, ttl_seconds=60)


async def test_an_empty_part_is_refused_and_never_means_everything(client: InventoryClient, sku: str) -> None:
    held = await client.reserve({sku: 1})
    with pytest.raises(InvalidRequest):
        await client.release(held.reservation_id, lines={})
    (result,) = await client.batch([Release(reservation_id=held.reservation_id, lines={})])
    assert result.status == 422
    assert (await client.reservation(held.reservation_id)).status == "held"


async def test_a_batch_answers_in_order_and_refusals_are_data(client: InventoryClient, sku: str) -> None:
    first = Reserve(lines={sku: 2}, ttl_seconds=60)
    second = Reserve(lines={sku: 3})
    operations = [
        first,
        second,
        Confirm(reservation_id=first.reservation_id),
        Release(reservation_id=second.reservation_id, lines={sku: 1}),
        Extend(reservation_id=second.reservation_id, ttl_seconds=60),
        Release(reservation_id=second.reservation_id),
        Reserve(lines={sku: UNITS}),
        Confirm(reservation_id="nobody"),
    ]
    results = await client.batch(operations)
    assert [result.status for result in results] == [201, 201, 200, 200, 200, 200, 409, 404]
    assert [result.reservation.status for result in results if result.reservation] == [
        "held", "held", "confirmed", "held", "held", "released",
    ]  # fmt: skip
    short, unknown = results[-2:]
    assert short.problem is not None
    assert short.problem.shortages[0].available == UNITS - 2
    assert unknown.problem is not None
    assert unknown.problem.code == "not_found"
    again = await client.batch(operations[:2])
    assert [result.reservation and result.reservation.replayed for result in again] == [True, True]


async def test_lists_follow_their_cursors(client: InventoryClient, sku: str) -> None:
    made = [(await client.reserve({sku: 1}, customer_id=sku)).reservation_id for _ in range(5)]

    async def all_known() -> bool:
        return len([each async for each in client.reservations(customer_id=sku)]) == len(made)

    await eventually(all_known, "the ledger has the five reservations")
    listed = [each.reservation_id async for each in client.reservations(customer_id=sku, status="held", page_size=2)]
    assert sorted(listed) == sorted(made)
    page = await client.reservations(customer_id=sku, page_size=2).page()
    assert page.next_cursor is not None
    rest = [each.reservation_id async for each in client.reservations(customer_id=sku, cursor=page.next_cursor)]
    assert [each.reservation_id for each in page.data] + rest == listed


async def test_stock_and_warehouses(client: InventoryClient, sku: str) -> None:
    shelved = Warehouse(
        code=f"W-{sku}",
        name="北京 Peking",
        region="110000",
        serves=("110000",),
        priority=7,
        lat=39.9,
        lon=116.4,
        cross_border=("HK",),
        outbound=Outbound(
            time_zone="Asia/Shanghai",
            cut_off="16:00",
            closed_dates=(date(2026, 1, 1), Closure(date(2026, 2, 16), date(2026, 2, 23))),
            daily_capacity=5000,
        ),
        freight=Freight(currency="CNY", amounts={"110000": 600, "*": 1500}),
    )
    assert await client.put_warehouse(shelved) == shelved
    assert shelved in [each async for each in client.warehouses()]
    stock = await client.set_policy(sku, safety_stock=4, warn_below=2, warehouse=WAREHOUSE)
    assert stock.available == UNITS - 4
    counted = Movement(type="count", sku=sku, warehouse=WAREHOUSE, quantity=9, expected_on_hand=UNITS, reason="shelf")
    rejected = Movement(type="write_off", sku=sku, warehouse=WAREHOUSE, quantity=5)
    results = await client.move_stock([counted, rejected, counted])
    assert [each.result for each in results] == ["applied", "rejected", "duplicate"]
    assert results[0].stock is not None
    assert results[0].stock.on_hand == 9
    assert results[1].code == "not_enough"

    async def counted_in_history() -> bool:
        return [each.type async for each in client.stock_events(sku)][:1] == ["count"]

    await eventually(counted_in_history, "the ledger has the count")
    levels = [each async for each in client.stock_list(skus=[sku, "TEE-NOBODY"], available_below=UNITS)]
    assert [each.sku for each in levels] == [sku]


async def test_what_waits_for_a_person(client: InventoryClient, sku: str) -> None:
    (parked,) = await client.scan([Scan(reservation_id=f"later-{sku}", warehouse=WAREHOUSE, sku=sku, quantity=1)])
    assert (parked.result, parked.code) == ("parked", "unknown_reservation")

    async def listed() -> str:
        found = [each async for each in client.exceptions(state="open") if each.scan_id == parked.scan_id]
        return found[0].exception_id if found else ""

    exception_id = await eventually(listed, "the exception is listed")
    resolved = await client.resolve_exception(exception_id, "dismiss", "a test")
    assert (resolved.state, resolved.note) == ("resolved", "a test")
    with pytest.raises(InvalidRequest) as again:
        await client.resolve_exception(exception_id, "dismiss", "a test")
    assert again.value.pointer == "/action"


async def test_alarms(client: InventoryClient, sku: str) -> None:
    await client.set_policy(sku, warn_below=UNITS)
    await client.reserve({sku: 1})

    async def alarmed() -> str:
        found = [each async for each in client.alerts(state="open") if sku in each.cause]
        return found[0].alert_id if found else ""

    alert_id = await eventually(alarmed, "the alarm is open")
    assert (await client.acknowledge_alert(alert_id)).state == "acknowledged"


async def test_it_is_ready(client: InventoryClient) -> None:
    assert (await client.ready()).ready


async def test_refusals_carry_their_data(client: InventoryClient, sku: str) -> None:
    with pytest.raises(InsufficientStock) as short:
        await client.reserve({sku: UNITS + 1})
    (shortage,) = short.value.shortages
    assert (shortage.sku, shortage.requested, shortage.available, shortage.reason) == (sku, 11, 10, "not_enough")
    assert (short.value.status, short.value.retryable) == (409, False)
    assert short.value.request_id.startswith("req_")
    with pytest.raises(UnknownSku) as unknown:
        await client.reserve({sku: 1, "TEE-NOBODY": 1})
    assert unknown.value.pointer == "/lines/1/sku"
    with pytest.raises(UnknownWarehouse):
        await client.reserve({sku: 1}, allocation=AllocationRule(warehouses=("NOWHERE",)))
    with pytest.raises(NotFound):
        await client.reservation("nobody")


async def test_names_of_every_kind_reach_the_service(client: InventoryClient) -> None:
    for sku in ("衬衫/红?#&", "a%2Fb", "..", "+"):
        await client.move_stock([Movement(type="receive", sku=sku, warehouse=WAREHOUSE, quantity=1)])
        assert (await client.stock(sku)).sku == sku


async def test_without_a_key_or_a_scope(service: RunningService, sku: str) -> None:
    async with InventoryClient(service.url) as nobody:
        with pytest.raises(Unauthenticated):
            await nobody.stock(sku)
    async with InventoryClient(service.url, create_key(service, "reader", "stock:read").key) as reader:
        with pytest.raises(Forbidden):
            await reader.reserve({sku: 1})
