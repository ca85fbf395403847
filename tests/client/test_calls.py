"""Every call once against the service: what is sent is understood, what is answered arrives as data."""

from datetime import UTC, date, datetime, timedelta

import pytest

from inventory_service.client import (
    AllocationRule,
    ChannelRule,
    Closure,
    Confirm,
    Conflict,
    Extend,
    Forbidden,
    Freight,
    InsufficientStock,
    InvalidRequest,
    InventoryClient,
    LimitExceeded,
    Movement,
    NotFound,
    NotHeld,
    Outbound,
    ReceivedLine,
    Release,
    ReservationReleased,
    Reserve,
    Scan,
    ShipTo,
    ShortPick,
    Unauthenticated,
    UnknownSku,
    UnknownWarehouse,
    Unmoved,
    Warehouse,
)
from tests.acceptance.keys import create_key
from tests.acceptance.service import RunningService
from tests.acceptance.waiting import eventually
from tests.client.conftest import ELSEWHERE, UNITS, WAREHOUSE


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


async def test_terms_of_sale(client: InventoryClient, sku: str) -> None:
    await client.set_policy(
        sku,
        total_safety_stock=1,
        limit_below=UNITS,
        limit_quantity=5,
        total_warn_below=8,
        channels={"outlet": ChannelRule(safety_stock=2, pause_below=9, warn_below=7)},
        preorder_limit=4,
    )
    await client.set_policy(sku, safety_stock=3, warehouse=WAREHOUSE)
    policy = await client.policy(sku)
    assert (policy.total_safety_stock, policy.limit_below, policy.limit_quantity) == (1, UNITS, 5)
    assert (policy.channels["outlet"].safety_stock, policy.channels["outlet"].pause_below) == (2, 9)
    assert (policy.total_warn_below, policy.channels["outlet"].warn_below) == (8, 7)
    assert [(each.warehouse, each.safety_stock) for each in policy.warehouses] == [(WAREHOUSE, 3)]
    assert policy.preorder_limit == 4
    outlet = (await client.stock(sku, channel="outlet")).terms
    assert outlet is not None
    assert (outlet.channel, outlet.paused) == ("outlet", True)
    with pytest.raises(LimitExceeded):
        await client.reserve({sku: 6})
    with pytest.raises(InsufficientStock) as paused:
        await client.reserve({sku: 1}, channel="outlet")
    assert paused.value.shortages[0].reason == "paused"
    await client.set_policy(sku, preorder_limit=None)
    assert (await client.policy(sku)).preorder_limit is None


async def test_sold_ahead(client: InventoryClient, sku: str) -> None:
    there = datetime.now(UTC).replace(microsecond=0) + timedelta(days=5)
    lot = Movement(type="expect", sku=sku, warehouse=WAREHOUSE, quantity=4, expected_at=there)
    assert [each.result for each in await client.move_stock([lot])] == ["applied"]
    await client.set_policy(sku, preorder_limit=4)
    rest = await client.reserve({sku: UNITS})
    assert rest.ship_by is None
    held = await client.reserve({sku: 2})
    assert (held.ship_by, held.lines[0].allocations[0].ship_by) == (there, there)
    stock = await client.stock(sku)
    assert (stock.incoming, stock.preordered, stock.pool and stock.pool.expected) == (4, 2, 4)
    assert [(each.expected_at, each.quantity) for each in stock.arrivals] == [(there, 4)]
    await client.release(held.reservation_id)
    gone = Movement(type="cancel_expected", sku=sku, warehouse=WAREHOUSE, quantity=4, expected_at=there)
    assert [each.result for each in await client.move_stock([gone])] == ["applied"]


async def test_goods_between_warehouses(client: InventoryClient, sku: str) -> None:
    there = datetime.now(UTC).replace(microsecond=0) + timedelta(days=2)
    plan = await client.open_transfer(
        WAREHOUSE, ELSEWHERE, {sku: 6}, transfer_id=f"refill-{sku}", expected_at=there, reference="weekly"
    )
    assert (plan.transfer_id, plan.state, plan.expected_at) == (f"refill-{sku}", "draft", there)
    shipped = await client.ship_transfer(plan.transfer_id, lines={sku: 5})
    assert (shipped.state, shipped.origin, shipped.destination) == ("in_transit", WAREHOUSE, ELSEWHERE)
    levels = {level.warehouse: level for level in (await client.stock(sku)).warehouses}
    assert (levels[ELSEWHERE].in_transit, levels[ELSEWHERE].kind) == (5, "warehouse")
    received = await client.receive_transfer(
        plan.transfer_id, [ReceivedLine(sku=sku, quantity=4, damaged=1)], receipt_id=f"dock-{sku}", close=True
    )
    (line,) = received.lines
    assert (received.state, line.received, line.damaged, line.lost, line.discrepancy) == ("received", 4, 1, 1, -1)
    with pytest.raises(Conflict) as over:
        await client.cancel_transfer(plan.transfer_id)
    assert over.value.code == "transfer_state"
    dropped = await client.open_transfer(WAREHOUSE, ELSEWHERE, {sku: 1})
    assert (await client.cancel_transfer(dropped.transfer_id)).state == "cancelled"

    async def both_listed() -> bool:
        return len([each async for each in client.transfers(origin=WAREHOUSE, sku=sku, page_size=1)]) == 2

    await eventually(both_listed, "the ledger has both transfers")
    ended = [each async for each in client.transfers(state="received", destination=ELSEWHERE, sku=sku)]
    assert [each.transfer_id for each in ended] == [plan.transfer_id]
    assert (await client.transfer(plan.transfer_id)).ended_at == received.ended_at


async def test_which_warehouses_and_others(client: InventoryClient, sku: str) -> None:
    await client.move_stock([Movement(type="receive", sku=sku, warehouse=ELSEWHERE, quantity=2)])
    rule = AllocationRule(strategy="priority")
    previewed = await client.preview_allocation({sku: 2}, ship_to=ShipTo(region="310000"), allocation=rule)
    assert (previewed.outcome, previewed.lines[0].allocations[0].warehouse) == ("available", WAREHOUSE)
    short = await client.preview_allocation({sku: 99})
    assert (short.outcome, short.shortages[0].available) == ("insufficient_stock", UNITS + 2)
    held = await client.reserve({sku: 2}, allocation=rule)

    async def explained() -> list[tuple[str, int]]:
        why = await client.allocation(held.reservation_id)
        return [(each.warehouse, each.lines[0].quantity) for each in why.warehouses if each.reason == "used"]

    assert await eventually(explained, "the ledger tells why") == [(WAREHOUSE, 2)]
    moved = await client.reallocate(held.reservation_id, excluded=[WAREHOUSE])
    assert moved.outcome == "reallocated"
    assert [each.warehouse for each in moved.lines[0].allocations] == [ELSEWHERE]


async def test_a_picker_finds_fewer(client: InventoryClient, sku: str) -> None:
    await client.move_stock([Movement(type="receive", sku=sku, warehouse=ELSEWHERE, quantity=1)])
    held = await client.reserve({sku: UNITS}, allocation=AllocationRule(strategy="priority"))
    pick = ShortPick(reservation_id=held.reservation_id, warehouse=WAREHOUSE, sku=sku, quantity=1)
    more = ShortPick(reservation_id=held.reservation_id, warehouse=WAREHOUSE, sku=sku, quantity=1)
    nobody = ShortPick(reservation_id="nobody", warehouse=WAREHOUSE, sku=sku, quantity=1)
    results = await client.report_short_picks([pick, more, nobody, pick])
    assert [each.result for each in results] == ["moved", "not_moved", "rejected", "duplicate"]
    assert results[1].shortages[0].reason == "not_enough"
    assert results[2].code == "unknown_reservation"


async def test_a_warehouse_fails(client: InventoryClient, sku: str) -> None:
    failed = Warehouse(code=f"F-{sku}", name="Failed", region="310000", priority=1)
    await client.put_warehouse(failed)
    await client.move_stock([Movement(type="receive", sku=sku, warehouse=failed.code, quantity=UNITS + 5)])
    rule = AllocationRule(strategy="priority", max_splits=1)
    moves = await client.reserve({sku: 2}, allocation=rule)
    stays = await client.reserve({sku: UNITS + 1}, allocation=rule)

    async def left() -> tuple[Unmoved, ...]:
        return (await client.reallocate_warehouse(failed.code)).unmoved

    assert (await client.reallocate_warehouse(failed.code, page_size=1)).moved == (moves.reservation_id,)
    (unmoved,) = await eventually(left, "what stays is listed")
    assert (unmoved.reservation_id, unmoved.shortages[0].sku) == (stays.reservation_id, sku)


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
