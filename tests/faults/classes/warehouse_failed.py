"""A warehouse has failed: everything open in it moves elsewhere, page by page, and who moves it is killed."""

import asyncio
import random
from typing import Any

from tests.acceptance.waiting import pause
from tests.faults.fault import Plain
from tests.faults.goods import EVERYWHERE
from tests.faults.lives import MOVED, Order
from tests.faults.load import PAUSE_SECONDS, Load, begin
from tests.faults.rig import APIS, Rig

FAILED = "WUH"
NEARBY: dict[str, Any] = {"ship_to": {"province": "湖北", "city": "武汉"}}
ORDERS = 40
PAGE = 15
CALLS_MAX = 100
MOVED_SECONDS = 0.05  # in which a page is moved


class WarehouseFailed(Plain):
    yields = "kill"

    async def strike(self, rig: Rig, rng: random.Random) -> str:
        load = rig.load
        assert load is not None
        orders = await _orders_of(load)
        victim = rng.choice(APIS)
        cut = asyncio.create_task(_move(load, rig.urls[APIS.index(victim)]))
        await pause(rng.uniform(0, MOVED_SECONDS))
        await rig.kill(victim)
        answered = await cut
        for _ in range(CALLS_MAX):
            orders = [order for order in orders if not await _has_moved(load, order)]
            if not orders:
                break
            await _move(load)
        assert not orders, f"{len(orders)} orders are still in {FAILED}: {orders[0].subject}"
        return "" if answered else f"SIGKILL of {victim} while it moved {ORDERS} orders out of {FAILED}"


async def _orders_of(load: Load) -> list[Order]:
    """New ones that the warehouse which will fail is to ship."""
    orders = [load.new_order(EVERYWHERE, MOVED, **NEARBY) for _ in range(ORDERS)]
    while waiting := [order for order in orders if not order.told]:
        await load.advance(waiting)
    assert {order.warehouse for order in orders} == {FAILED}
    return orders


async def _move(load: Load, url: str | None = None) -> bool:
    """One page; whether it was answered."""
    answer = await load.caller.post(f"/v1/warehouses/{FAILED}/reallocate?limit={PAGE}", None, url)
    if answer is None or answer[0] != 200:
        await pause(PAUSE_SECONDS)
        return False
    assert not answer[1]["unmoved"], answer
    return True


async def _has_moved(load: Load, order: Order) -> bool:
    answer = await load.caller.get(f"/v1/reservations/{order.subject}")
    if answer is None or answer[0] != 200 or order.told_by(answer[1]).warehouse == FAILED:
        return False
    begin(order)
    load.take(order, *answer)
    return True


FAULTS = (WarehouseFailed("kill-while-warehouse-fails"),)
