"""What only the real kernel and the real ledger together can show."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from inventory_service.domain.commands import LineRequest
from inventory_service.domain.errors import Refused
from inventory_service.domain.warehouse import Warehouse
from inventory_service.usecases.ports import ReservationFilter
from inventory_service.usecases.requests import AllocationWish, Destination
from tests.usecases.real import Service, request, running_service, scan


@pytest.fixture
async def service(redis: Redis, redis_url: str, database_url: str) -> AsyncIterator[Service]:
    async with running_service(redis_url, database_url) as service:
        await service.stock_up("A", "SHA", 10)
        yield service


async def test_a_life_in_one_go(service: Service) -> None:
    calls = [
        service.reserve(request("r")),
        service.reserve(request("r")),
        service.extend("r", "shop", 60, False, "op-1"),
        service.confirm("r", "shop", False, "op-2"),
        service.release("r", "shop", [LineRequest("A", 1)], "rel", "op-3"),
        service.release("r", "shop", (), "", "op-4"),
    ]
    codes = [result.code for result in await asyncio.gather(*calls)]
    assert codes == ["held", "replayed", "extended", "confirmed", "released", "released"]
    assert await service.counters() == (10, 0, 0)


async def test_a_repeat_after_the_record_left_redis(service: Service) -> None:
    await service.expired_and_gone("r", order_ref="o-1", metadata={"cart": "9f3"})
    result = await service.held("r", ttl_seconds=0, order_ref="o-1", metadata={"cart": "other"})
    assert (result.code, result.reservation.status) == ("replayed", "expired")
    with pytest.raises(Refused) as caught:
        await service.held("r", ttl_seconds=0, order_ref="o-2")
    assert caught.value.code == "idempotency_mismatch"
    assert (await service.reservations.one("r")).reservation == result.reservation
    assert await service.counters() == (10, 0, 0)


async def test_late_calls_on_what_left_redis(service: Service) -> None:
    await service.expired_and_gone("r", ship_to=Destination(region="310000"))
    assert (await service.release("r", "shop", (), "", "op-1")).code == "replayed"
    with pytest.raises(Refused) as caught:
        await service.confirm("r", "shop", False, "op-2")
    assert caught.value.code == "reservation_expired"
    with pytest.raises(Refused) as caught:
        await service.extend("r", "shop", 60, False, "op-3")
    assert caught.value.code == "not_held"
    with pytest.raises(Refused) as caught:
        await service.confirm("nobody", "shop", True, "op-4")
    assert caught.value.code == "not_found"
    assert await service.counters() == (10, 0, 0)


@pytest.mark.parametrize("together", [True, False])
async def test_a_go_on_what_left_redis_keeps_its_order(service: Service, together: bool) -> None:
    await service.expired_and_gone("r", allocation=AllocationWish(warehouses=("SHA",)))
    calls = [
        service.confirm("r", "shop", True, "op-1"),
        service.release("r", "shop", [LineRequest("A", 1)], "rel", "op-2"),
        service.confirm("r", "shop", True, "op-3"),
    ]
    results = await asyncio.gather(*calls) if together else [await call for call in calls]
    assert [result.code for result in results] == ["reacquired", "released", "replayed"]
    assert await service.counters() == (10, 0, 1)
    # The caller's late repeat finds it done, also after the stock was given back.
    await service.release("r", "shop", (), "", "op-4")
    assert (await service.confirm("r", "shop", True, "op-1")).code == "reacquired"
    assert await service.counters() == (10, 0, 0)


async def test_a_repeat_does_not_take_an_expired_one_twice(service: Service) -> None:
    await service.held("r", ttl_seconds=0)
    assert (await service.extend("r", "shop", 0, True, "op-1")).code == "reacquired"
    repeat = await service.extend("r", "shop", 60, True, "op-1")
    assert (repeat.code, repeat.reservation.status) == ("reacquired", "expired")
    assert await service.counters() == (10, 0, 0)


async def test_scans_of_what_left_redis_and_of_an_order(service: Service) -> None:
    await service.expired_and_gone("gone")
    await service.held("r", order_ref="o-1")
    await service.confirm("r", "shop", False, "op")
    results = await service.scans("wms", [scan("s-1", "gone"), scan("s-2", order_ref="o-1"), scan("s-3", "never")])
    assert [(result.result, result.code) for result in results] == [
        ("applied", "reservation_closed"),
        ("applied", ""),
        ("parked", "unknown_reservation"),
    ]
    repeated = await service.scans("wms", [scan("s-1", "gone"), scan("s-2", order_ref="o-1"), scan("s-3", "never")])
    assert [result.result for result in repeated] == ["duplicate"] * 3
    assert await service.counters() == (8, 0, 1)


async def test_a_person_resolves_each_exception_once(service: Service) -> None:
    await service.held("r")
    await service.confirm("r", "shop", False, "op")
    await service.scans("wms", [scan("s-1", "never"), scan("s-2", "r", quantity=3)])
    parked, over = (await service.exceptions.list("open", 10, "")).data
    assert (parked.kind, parked.code, over.kind, over.code) == ("parked", "unknown_reservation", "applied", "over_scan")
    assert await service.counters() == (7, 0, 0)

    resolved = await service.exceptions.resolve(over.exception_id, "reverse", "", "two too many", "ann")
    assert (resolved.state, resolved.resolution, resolved.resolved_by) == ("resolved", "reversed", "ann")
    assert await service.counters() == (10, 0, 2)
    resolved = await service.exceptions.resolve(parked.exception_id, "apply", "r", "mistyped", "ann")
    assert (resolved.state, resolved.resolution) == ("resolved", "applied")
    assert await service.counters() == (9, 0, 1)
    for exception in (over, parked):
        with pytest.raises(Refused):
            await service.exceptions.resolve(exception.exception_id, "dismiss", "", "", "bob")
    assert (await service.exceptions.list("open", 10, "")).data == []


async def test_nearest_and_areas_on_the_real_registry(service: Service) -> None:
    await service.stock_up("A", "PEK", 10)
    await service.warehouses.put(Warehouse("SHA", "Shanghai", region="310000", serves=("310000",)))
    await service.warehouses.put(Warehouse("PEK", "Beijing", region="110000"))
    near = await service.held("r-1", ship_to=Destination(province="上海市"))
    far = await service.held("r-2", ship_to=Destination(region="440300"))
    assert [result.reservation.lines[0].allocations[0].warehouse for result in (near, far)] == ["SHA", "PEK"]
    page = await service.reservations.list(ReservationFilter(warehouse="PEK"), 10, "")
    assert [stored.reservation_id for stored in page.data] == ["r-2"]
