"""After a clock that stood ahead was set back: holds that were made on it get the time that they had left then.

Their deadlines lie as far ahead as the clock did, so they would hold their stock for so much longer.
"""

import asyncio
from collections.abc import Iterable, Iterator

from inventory_service.domain.commands import NO_ROUTE, Extend
from inventory_service.domain.reservation import Reservation, Status
from inventory_service.usecases.ports import HotState, StockEngine
from inventory_service.usecases.slices import slices

LEFT_MIN_MS = 60_000  # as behind every outage, `lua/lib/deadline.lua`


class MendDeadlines:
    """Does nothing unless a clock was set back. Repeating it changes nothing more."""

    def __init__(self, hot: HotState, engine: StockEngine) -> None:
        self._hot = hot
        self._engine = engine

    async def run(self) -> int:
        """How many holds were mended. Raises NotReady, Overloaded, OutcomeUnknown (repeat it)."""
        inspection = await self._hot.inspect()
        if inspection.ahead_until_ms <= inspection.now_ms:
            return 0
        mended = 0
        async for part in slices(self._hot.deadlines()):
            records = await self._hot.records_of(list(part))
            shifts = list(_shifts(records.items(), inspection.now_ms, inspection.ahead_until_ms))
            await asyncio.gather(*(self._engine.reservation(shift) for shift in shifts))
            mended += len(shifts)
        return mended


def _shifts(records: Iterable[tuple[str, Reservation]], now_ms: int, ahead_ms: int) -> Iterator[Extend]:
    """A deadline that was set at a time which lies ahead was set on the old clock, whose last time was `ahead_ms`.

    It is moved only if nobody set it anew meanwhile.
    """
    for name, record in records:
        if record.status == Status.HELD and record.armed_ms > now_ms:
            left_ms = max(LEFT_MIN_MS, record.deadline_ms - ahead_ms)
            op_id = f"clock-{record.armed_ms}"
            yield Extend(name, "", op_id, left_ms, record.armed_ms, False, [], "", NO_ROUTE)
