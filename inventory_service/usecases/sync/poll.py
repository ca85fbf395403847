"""One pull of one shop: the orders are kept, then the watermark, so that a crash repeats and loses nothing."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from functools import partial

from inventory_service.usecases.clocks import wall_ms
from inventory_service.usecases.sync.adapter import Missed, NotUnderstood, Permanent, Refund
from inventory_service.usecases.sync.duty import Duty, Line
from inventory_service.usecases.sync.ports import HintBook, SyncBook, TakesOrders, Took
from inventory_service.usecases.sync.pull import pull
from inventory_service.usecases.sync.taken import Taken
from inventory_service.usecases.sync.taking import Taking
from inventory_service.usecases.sync.watermark import Watermark
from inventory_service.usecases.together import together

# What only a poll tells is a minute old in any case (`watermark.SAFETY_MS`), and each reads the overlap again.
POLL_S = 60.0


class PollShop:
    """`run_once` is a loop's."""

    def __init__(
        self,
        line: Line,
        book: SyncBook,
        hints: HintBook,
        orders: TakesOrders,
        now_ms: Callable[[], int] = wall_ms,
        poll_s: float = POLL_S,
    ) -> None:
        self._shop = line.shop
        self._adapter = line.adapter
        self._watch = line.watch
        self._book = book
        self._hints = hints
        self._orders = orders
        self._taking = Taking(orders, book, line.tell)
        self._taken = Taken()
        self._duty = Duty("poll", line)
        self._now_ms = now_ms
        self._poll_s = poll_s

    async def run_once(self) -> float:
        """Raises NotReady, OutcomeUnknown: what was kept until then stays."""
        outcome = await self._duty.attempt(self._poll)
        if outcome.error is not None:
            await self._book.failed(self._shop.shop, str(outcome.error), self._now_ms())
        return outcome.wait_s

    async def _poll(self) -> float:
        progress = await self._book.begin(self._shop.shop, self._now_ms())
        reached_ms = progress.reached_ms
        async for step in pull(self._adapter, Watermark(reached_ms), self._taken):
            await self._taking(self._shop, step.orders)
            await self._note(step.refunds)
            if step.watermark.reached_ms > reached_ms:
                reached_ms = step.watermark.reached_ms
                await self._book.reach(self._shop.shop, reached_ms)
        await self._book.went_well(self._shop.shop, self._now_ms())
        await self._watch.went_well(self._shop.shop)
        return self._poll_s

    async def _note(self, rows: Sequence[Refund | Missed]) -> None:
        """A refund is taken in with its order, and a hint, unless that is known as it became by it; one that cannot be
        read is a failure.
        """
        for row in rows:
            if isinstance(row, Missed):
                await self._taking.one(self._shop, row)
        refunds = [row for row in rows if isinstance(row, Refund)]
        if not refunds:
            return
        known = await self._known_or_fetched({refund.channel_order_id for refund in refunds})
        unfit = await self._take(refunds)
        wanted = {
            each.channel_order_id: None for each in refunds if known.get(each.channel_order_id, 0) < each.modified_ms
        }
        if wanted or unfit:
            await self._hints.note(self._shop.shop, list(wanted | dict.fromkeys(unfit)), self._now_ms())

    async def _known_or_fetched(self, channel_order_ids: Collection[str]) -> Mapping[str, int]:
        """When each was modified. One that is not known may be from before this shop was ours."""
        known = await self._known(channel_order_ids)
        missing = [each for each in channel_order_ids if each not in known]
        await together([partial(self._fetch, each) for each in missing])
        return {**known, **(await self._known(missing))}

    async def _known(self, channel_order_ids: Collection[str]) -> Mapping[str, int]:
        found = await self._orders.known(self._shop.channel, self._shop.shop, list(channel_order_ids))
        return {channel_order_id: summary.modified_ms for channel_order_id, summary in found.items()}

    async def _take(self, refunds: Sequence[Refund]) -> Sequence[str]:
        """Orders of those that do not fit, or that wait for it."""
        shop = (self._shop.channel, self._shop.shop)
        took = await together([partial(self._orders.refund, *shop, refund) for refund in refunds])
        return [each.channel_order_id for each, what in zip(refunds, took, strict=True) if what is Took.FAILED]

    async def _fetch(self, channel_order_id: str) -> None:
        """What the platform does not tell of it is a hint's business."""
        with suppress(Permanent, NotUnderstood):
            await self._taking(self._shop, [await self._adapter.order(channel_order_id)])
