"""Scans that come before their orders."""

import asyncio
from collections.abc import Sequence
from typing import Any

from tests.acceptance.waiting import pause
from tests.faults.caller import definite
from tests.faults.goods import GOODS
from tests.faults.lives import LISTS, SCANNED_FIRST, Order
from tests.faults.load import ENOUGH_SECONDS, PAUSE_SECONDS, Load

_GOODS = GOODS["A"]


async def park(load: Load, count: int) -> None:
    """So many scans of orders that do not exist, and then the orders, up to being paid."""
    last = len(SCANNED_FIRST) - 1
    orders = [Order(load.new_name("early"), load.sku(_GOODS.name), SCANNED_FIRST) for _ in range(count)]
    for order in orders:
        order.warehouses += _GOODS.warehouses
    async with asyncio.timeout(ENOUGH_SECONDS):
        while not await _is_parked(load, [order.item(last) for order in orders]):
            await pause(PAUSE_SECONDS)
        for order in orders:
            order.warehouses.clear()
        load.lives += orders
        load.parked += orders
        while unpaid := [order for order in orders if order.told < last]:
            await load.advance(unpaid)


async def _is_parked(load: Load, scans: Sequence[Any]) -> bool:
    path, name = LISTS["scan"]
    answer = await load.caller.post(path, {name: scans})
    if answer is None or not definite(answer, load.seen):
        return False
    return {result["result"] for result in answer[1]["results"]} <= {"parked", "duplicate"}


async def until_unparked(load: Load) -> None:
    """Until the scans that came first have applied themselves."""
    async with asyncio.timeout(ENOUGH_SECONDS):
        while waiting := [order for order in load.parked if order.next_step]:
            answer = await load.caller.get(f"/v1/reservations/{waiting[0].subject}")
            if answer is not None and answer[0] == 200 and answer[1]["status"] == "shipped":
                load.acknowledge(waiting[0])
            else:
                await pause(PAUSE_SECONDS)
