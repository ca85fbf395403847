"""Pages that change while they are read.

A row that is modified meanwhile leaves the window (which ends in the past), and all rows behind it move one place
towards the front. Whoever reads from the front misses one at each boundary; from the back, one is read twice.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import NamedTuple

from inventory_service.usecases.sync.adapter import NotUnderstood, Temporary
from inventory_service.usecases.sync.watermark import Window


class Page(NamedTuple):
    """`total`: rows of the whole window."""

    rows: Sequence[object]
    total: int


PageOf = Callable[[Window, int], Awaitable[Page]]


async def backwards(page_of: PageOf, window: Window, size: int, rows_max: int) -> AsyncIterator[Sequence[object]]:
    """All pages of `window`, the last first; `page_of` counts from 0. More than `rows_max` rows narrow the window."""
    waiting = [window]
    while waiting:
        window = waiting.pop()
        first = await page_of(window, 0)
        if first.total > rows_max:
            waiting += reversed(_narrowed(window, first.total))
            continue
        if first.total > 0 and not first.rows:
            raise Temporary(f"{first.total} rows are counted, none is shown")
        last = (first.total - 1) // size
        for number in range(last, 0, -1):
            yield (await page_of(window, number)).rows
        # The first page has moved on while the others were read.
        yield (await page_of(window, 0)).rows if last > 0 else first.rows


def _narrowed(window: Window, total: int) -> tuple[Window, Window]:
    halves = window.halves()
    if halves is None:
        raise NotUnderstood(f"{total} rows modified within one second, more than the platform lets be paged")
    return halves
