"""Versions in any order, words of the warehouse, rivals for the stock, processes that die: what must always hold."""

import random
from collections import Counter

import pytest

from inventory_service.domain.commands import LineRequest
from inventory_service.domain.errors import InsufficientStock
from inventory_service.domain.orders.stock_side import Hold, units_by_sku
from inventory_service.domain.orders.telling import Saying
from inventory_service.usecases.orders.ports import StoredOrder
from tests.orders.house import Orders, can_leave, document, line
from tests.orders.test_crashes import DyingSteps, Killed
from tests.usecases.real import request

EVENTS = 40
VERSIONS = 24
LATE_MAX = 3  # versions behind the newest
LIVES_MAX = 50


def version(chance: random.Random, number: int) -> dict[str, object]:
    """What is paid stays paid or is refunded; lines come, go, grow, shrink and are closed."""
    lines = [
        line(name, sku, chance.randint(1, 4), fulfilment=chance.choice(["open", "open", "open", "cancelled"]),
             refund=chance.choice(["none", "none", "none", "requested", "closed"]))
        for name, sku in (("a", "A"), ("b", "B")) if chance.random() < 0.8
    ] or [line()]  # fmt: skip
    is_over = chance.random() < 0.2
    payment = "unpaid" if number < 3 else "refunded" if is_over else "paid"
    place = chance.choice(["上海市", "北京市"])
    ends = "cancelled" if is_over else "open"
    return document(number, lines, payment=payment, fulfilment=ends, receiver={"province": place})


class Walk:
    def __init__(self, orders: Orders, seed: int) -> None:
        self.orders = orders
        self.chance = random.Random(seed)
        self.versions = [version(self.chance, number) for number in range(1, VERSIONS + 1)]
        self.number = ""
        self.newest = 0
        self.rivals = 0

    async def settled(self) -> StoredOrder:
        """In the end, however often it dies."""
        for _ in range(LIVES_MAX):
            steps = DyingSteps(self.orders.steps, Killed()) if self.chance.random() < 0.3 else self.orders.steps
            self.orders.settle._steps = steps  # type: ignore[assignment]
            try:
                return await self.orders.settle(self.number)
            except Killed:
                continue
        raise AssertionError("it never comes to an end")

    async def event(self) -> None:
        kind = self.chance.choices(["version", "word", "rival", "retry"], [8, 3, 2, 1])[0]
        if kind == "version" or not self.number:
            self.newest = min(self.newest + 1, VERSIONS)
            coming = self.versions[max(0, self.newest - LATE_MAX) : self.newest]
            self.number = (await self.orders.arrives(self.chance.choice(coming))).order_no
        elif kind == "word":
            tellings = (await self.settled()).work.side.tellings
            self.orders.settle._steps = self.orders.steps
            if tellings and self.chance.random() < 0.1:
                await self.orders.says(self.number, Saying.PICKING, self.chance.choice(tellings).warehouse)
            else:
                await self.orders.not_shipped(self.number)
        elif kind == "rival":
            await self.rival()
        else:
            self.orders.now_ms += 3_600_000

    async def rival(self) -> None:
        self.rivals += 1
        lines = [LineRequest(self.chance.choice("AB"), self.chance.randint(1, 5))]
        try:
            await self.orders.service.reserve(request(f"rival-{self.rivals}")._replace(lines=lines))
        except InsufficientStock:
            return

    async def check(self, stored: StoredOrder) -> None:
        """One open reservation, of exactly what it says; nothing that is closed may leave."""
        side = stored.work.side
        found = await self.orders.open_reservations(self.number, side.attempt + 1)
        held: Counter[str] = Counter()
        for name in found:
            record = (await self.orders.service.reservations.one(name)).reservation
            held.update({each.sku: each.quantity - each.released for each in record.lines})
        assert len(found) == (0 if side.hold is Hold.NONE else 1)
        assert +held == Counter(units_by_sku(side.backed))
        closed = {each.line_id for each in stored.order.lines if each.fulfilment == "cancelled"}
        assert not closed & can_leave(stored).keys()
        assert can_leave(stored).keys() <= {each.line_id for each in side.backed}


@pytest.mark.parametrize("seed", range(6))
async def test_one_open_reservation_of_exactly_what_it_says(orders: Orders, seed: int) -> None:
    await orders.service.stock_up("A", "PEK", 4)
    walk = Walk(orders, seed)
    for _ in range(EVENTS):
        await walk.event()
        await walk.check(await walk.settled())
    before = await walk.settled()
    if before.work.side.hold is not Hold.NONE and before.work.side.tellings:
        orders.settle._steps = orders.steps
        await orders.says(walk.number, Saying.SHIPPED, before.work.side.tellings[0].warehouse)
        for each in walk.versions:
            await orders.arrives(each)
        await walk.check(await walk.settled())
        assert (await walk.settled()).work.side.backed == before.work.side.backed
