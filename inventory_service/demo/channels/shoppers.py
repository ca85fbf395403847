"""Who buys where: on all platforms at once, after the same last units."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from inventory_service.demo.channels.platforms import Platform
from inventory_service.demo.channels.scene import Article

WAITING_AT_THE_DOOR = 0.1  # share that comes within the first second
THINKING_S = (1.2, 5.0)
CHANGING_MIND_S = (3.0, 8.0)  # between the payment and the wish to have it back
TWO_UNITS_SHARE = 0.12


class Habit(StrEnum):
    PAYS = "pays"
    CANCELS = "cancels"
    REFUNDS = "refunds"  # pays first
    LEAVES = "leaves"  # never pays


_HABITS = {Habit.PAYS: 72, Habit.CANCELS: 12, Habit.REFUNDS: 10, Habit.LEAVES: 6}  # percent


@dataclass(frozen=True, slots=True)
class Shopper:
    """`arrives_s` counts from the opening; `shop`: the place of the platform."""

    shop: int
    code: str
    quantity: int
    habit: Habit
    arrives_s: float
    thinks_s: float
    changes_mind_s: float


def gather_crowd(count: int, shops: int, articles: Sequence[Article], seconds: float, random: Random) -> list[Shopper]:
    """A tenth is at the door, the others come evenly: there is something to be missed whenever a shop falls silent."""
    wanted = random.choices(articles, [article.share for article in articles], k=count)
    habits = random.choices(list(_HABITS), list(_HABITS.values()), k=count)
    return [
        Shopper(
            shop=number % shops,
            code=article.code,
            quantity=2 if random.random() < TWO_UNITS_SHARE else 1,
            habit=habit,
            arrives_s=random.uniform(0, 1.0 if random.random() < WAITING_AT_THE_DOOR else seconds),
            thinks_s=random.uniform(*THINKING_S),
            changes_mind_s=random.uniform(*CHANGING_MIND_S),
        )
        for number, (article, habit) in enumerate(zip(wanted, habits, strict=True))
    ]


class Crowd:
    """`sold_out`: by shop, shoppers whom the platform's page sent away."""

    def __init__(self, shoppers: Sequence[Shopper], platforms: Sequence[Platform]) -> None:
        self.shoppers = shoppers
        self.arrived = 0
        self.sold_out: Counter[str] = Counter()
        self._platforms = platforms

    async def come(self) -> None:
        """Until the last one has gone."""
        async with asyncio.TaskGroup() as tasks:
            for shopper in self.shoppers:
                tasks.create_task(self._visit(shopper))

    async def _visit(self, shopper: Shopper) -> None:
        platform = self._platforms[shopper.shop]
        await asyncio.sleep(shopper.arrives_s)
        self.arrived += 1
        order_id = await platform.buy(shopper.code, shopper.quantity)
        if order_id is None:
            self.sold_out[platform.shop.name] += 1
            return
        if shopper.habit is Habit.LEAVES:
            return
        await asyncio.sleep(shopper.thinks_s)
        await platform.change(order_id, "cancelled" if shopper.habit is Habit.CANCELS else "paid")
        if shopper.habit is Habit.REFUNDS:
            await asyncio.sleep(shopper.changes_mind_s)
            await platform.change(order_id, "refunded")
