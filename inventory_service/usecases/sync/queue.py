"""A platform that keeps messages until they are fetched: each is noted as a hint, then confirmed."""

from collections.abc import Callable

from inventory_service.usecases.clocks import wall_ms
from inventory_service.usecases.sync.adapter import HasQueue
from inventory_service.usecases.sync.duty import Duty, Line
from inventory_service.usecases.sync.ports import HintBook

LOOK_S = 2.0


class DrainQueue:
    """`run_once` is a loop's."""

    def __init__(
        self,
        line: Line,
        queue: HasQueue,
        hints: HintBook,
        now_ms: Callable[[], int] = wall_ms,
    ) -> None:
        self._shop = line.shop
        self._queue = queue
        self._hints = hints
        self._tell = line.tell
        self._duty = Duty("queue", line)
        self._now_ms = now_ms

    async def run_once(self) -> float:
        """Raises NotReady, OutcomeUnknown: what was not confirmed comes again."""
        return (await self._duty.attempt(self._drain)).wait_s

    async def _drain(self) -> float:
        told = await self._queue.queued()
        if not told.message_ids:
            return LOOK_S
        ids = list(dict.fromkeys(hint.channel_order_id for hint in told.orders))
        if ids:
            await self._hints.note(self._shop.shop, ids, self._now_ms())
        await self._queue.confirm(told)
        for _ in told.message_ids:
            self._tell.pushed(self._shop.channel, "noted")
        return 0.0
