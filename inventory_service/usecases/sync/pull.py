"""One poll of a shop: pages of orders and refunds, and how far the watermark may move once they are kept."""

from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple

from inventory_service.usecases.sync.adapter import Adapter, Arrived, Missed, Refund
from inventory_service.usecases.sync.taken import Taken
from inventory_service.usecases.sync.watermark import Watermark


class Step(NamedTuple):
    """Keep the orders and what the refunds are about, then the watermark: it moves when a window is complete."""

    orders: Sequence[Arrived | Missed]
    watermark: Watermark
    refunds: Sequence[Refund | Missed] = ()


async def pull(adapter: Adapter, watermark: Watermark, taken: Taken) -> AsyncIterator[Step]:
    """Everything modified since, but what was taken. Raises ChannelErrors; what was yielded until then stays true."""
    # Hear the platform's clock in this poll: ours may have jumped since the last one.
    await adapter.probe()
    now_ms = adapter.platform_now_ms()
    for window in watermark.windows(now_ms, adapter.window_ms_max):
        async for orders in adapter.orders(window, taken):
            yield Step(orders, watermark)
            taken.note(orders, now_ms - watermark.safety_ms)
        # Not every platform tells an order's modification when a refund of it moves on.
        async for refunds in adapter.refunds(window):
            yield Step((), watermark, refunds)
        watermark = watermark.after(window, now_ms)
        taken.forget(watermark.reached_ms - watermark.overlap_ms)
        yield Step((), watermark)
