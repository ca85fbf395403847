"""What messages named is fetched by a signed call: money, address and state are believed from there alone."""

from collections.abc import Callable, Sequence
from functools import partial

from inventory_service.usecases.clocks import wall_ms
from inventory_service.usecases.sync.adapter import Missed, NotUnderstood, Permanent, Temporary
from inventory_service.usecases.sync.duty import Duty, Line, back_off_s
from inventory_service.usecases.sync.ports import HintBook, NotedHint, SyncBook, TakesOrders
from inventory_service.usecases.sync.taking import Taking
from inventory_service.usecases.together import TOGETHER_MAX, together

LOOK_S = 0.5
AT_ONCE = 50
# A platform's detail may be behind its own message: it is asked for 31 s before a definite no is believed. Silence and
# faults are none, however often.
ATTEMPTS_MAX = 6


class FollowHints:
    """`run_once` is a loop's."""

    def __init__(
        self,
        line: Line,
        book: SyncBook,
        hints: HintBook,
        orders: TakesOrders,
        now_ms: Callable[[], int] = wall_ms,
    ) -> None:
        self._shop = line.shop
        self._adapter = line.adapter
        self._hints = hints
        self._taking = Taking(orders, book, line.tell)
        self._duty = Duty("hints", line)
        self._now_ms = now_ms

    async def run_once(self) -> float:
        """Raises NotReady, OutcomeUnknown: what is left stays noted."""
        due = await self._hints.due(self._shop.shop, self._now_ms(), AT_ONCE)
        if not due:
            return LOOK_S
        return (await self._duty.attempt(partial(self._follow_all, due))).wait_s

    async def _follow_all(self, due: Sequence[NotedHint]) -> float:
        """A platform that breaks at one order may have the next. Where it breaks at all of several, it is away."""
        for first in range(0, len(due), TOGETHER_MAX):
            some = due[first : first + TOGETHER_MAX]
            errors: list[Temporary] = []
            await together([partial(self._follow, hint, errors) for hint in some])
            if len(errors) == len(some) > 1:
                raise errors[0]
        return 0.0 if len(due) == AT_ONCE else LOOK_S

    async def _follow(self, hint: NotedHint, errors: list[Temporary]) -> None:
        """One that the platform cannot tell of, whatever is asked, makes way for those behind it."""
        try:
            order = await self._adapter.order(hint.channel_order_id)
        except (Permanent, NotUnderstood, Temporary) as error:
            errors += [error] if isinstance(error, Temporary) else []
            await self._put_off(hint, error)
            return
        await self._taking(self._shop, [order])
        await self._hints.done(self._shop.shop, hint)

    async def _put_off(self, hint: NotedHint, error: Permanent | NotUnderstood | Temporary) -> None:
        attempts = hint.attempts + 1
        if attempts < ATTEMPTS_MAX or isinstance(error, Temporary):
            await self._hints.again(self._shop.shop, hint, self._now_ms() + round(back_off_s(attempts) * 1000))
            return
        await self._taking.one(self._shop, Missed(hint.channel_order_id, error, {}))
        await self._hints.done(self._shop.shop, hint)
