"""What is to be paid at the door is taken once, whichever way the parcels go."""

from inventory_service.domain.events import EventType
from inventory_service.domain.orders.telling import Saying
from inventory_service.usecases.requests import MovementRequest
from tests.orders.house import Orders, document, line
from tests.usecases.real import scan

ELEVEN = document(1, [line(quantity=11)], payment="unpaid", cash_on_delivery=True, paid="110.00")


async def collects(orders: Orders, number: str) -> dict[str, int | None]:
    return {each.warehouse: each.collect_minor for each in (await orders.settle(number)).work.side.tellings}


async def moved_to_where_ten_had_left(orders: Orders, is_seen: bool) -> str:
    """Ten of eleven have left Shanghai, and the one in Beijing is to leave there too."""
    await orders.service.stock_up("A", "PEK", 1)
    number = (await orders.takes(ELEVEN)).order.order_no
    assert await collects(orders, number) == {"PEK": 1_000, "SHA": 10_000}
    await orders.service.scans("wms", [scan("s", number, quantity=10)])
    if is_seen:
        await orders.arrives(ELEVEN | {"modified_at": "2026-11-11T00:00:02Z", "remark": "by Friday"})
        await orders.settle(number)
    await orders.service.move("wms", [MovementRequest("more", "receive", "A", "SHA", 5)])
    await orders.reallocate(number, "PEK")
    await orders.until_in_ledger(EventType.REALLOCATE)
    await orders.retry.run_once()
    return number


async def test_what_is_moved_to_where_a_part_had_left_brings_its_own_part_alone(orders: Orders) -> None:
    number = await moved_to_where_ten_had_left(orders, is_seen=False)
    told = [(each.warehouse, each.kind) for each in await orders.told()]
    assert told == [("PEK", "ship"), ("SHA", "ship"), ("PEK", "cancel")]
    await orders.says(number, Saying.NOT_SHIPPED, "PEK")
    entry = (await orders.told())[-1]
    assert (entry.warehouse, entry.kind, entry.units) == ("SHA", "change", (("A", 11),))
    assert await collects(orders, number) == {"PEK": 0, "SHA": 1_000}


async def test_once_that_has_left_too_nothing_is_due_any_more(orders: Orders) -> None:
    number = await moved_to_where_ten_had_left(orders, is_seen=True)
    await orders.says(number, Saying.NOT_SHIPPED, "PEK")
    assert await collects(orders, number) == {"PEK": 0, "SHA": 1_000}
    await orders.arrives(ELEVEN | {"modified_at": "2026-11-11T00:00:03Z", "paid": "115.00"})
    assert await collects(orders, number) == {"PEK": 0, "SHA": 1_500}
    await orders.service.scans("wms", [scan("t", number, quantity=1)])
    await orders.arrives(ELEVEN | {"modified_at": "2026-11-11T00:00:04Z", "paid": "115.00", "remark": "by Friday"})
    assert await collects(orders, number) == {"PEK": 0, "SHA": 1_500}
    assert [each.kind for each in await orders.told()] == ["ship", "ship", "cancel", "change", "change"]
