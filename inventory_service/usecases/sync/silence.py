"""A shop from which nothing comes any more raises one alarm, and closes it when it is heard again."""

from collections.abc import Callable, Mapping

from inventory_service.domain.channel_silence import DAY_MS, DAYS_MAX, HOUR_MS, few_orders, is_unheard
from inventory_service.usecases.clocks import wall_ms
from inventory_service.usecases.sync.ports import Alarms, Progress, Shop, Shops, SyncBook

CHANNEL_SILENT = "channel_silent"
LOOK_S = 15.0

Detail = Mapping[str, object]


class WatchSilence:
    """`run_once` is a loop's. Shops that are switched off on purpose are not missed; those that were stopped are."""

    def __init__(self, shops: Shops, book: SyncBook, alarms: Alarms, now_ms: Callable[[], int] = wall_ms) -> None:
        self._shops = shops
        self._book = book
        self._alarms = alarms
        self._now_ms = now_ms
        self._told: dict[str, str] = {}  # shop → reason

    async def run_once(self) -> float:
        """Raises NotReady."""
        now_ms = self._now_ms()
        silent = await self._silent(now_ms)
        for name, detail in silent.items():
            if self._told.get(name) != detail["reason"]:
                await self._alarms.raise_alarm(CHANNEL_SILENT, name, detail, now_ms)
        await self._alarms.close_other_alarms(CHANNEL_SILENT, list(silent), now_ms)
        self._told = {name: str(detail["reason"]) for name, detail in silent.items()}
        return LOOK_S

    async def _silent(self, now_ms: int) -> Mapping[str, Detail]:
        progress = {each.shop: each for each in await self._book.progress()}
        hours = await self._book.hours(now_ms - DAYS_MAX * DAY_MS - 2 * HOUR_MS)
        found: dict[str, Detail] = {}
        for name, shop in self._shops.all().items():
            if not shop.enabled:
                continue
            # One that cannot even be opened has never begun: its time runs from now on.
            one = progress.get(name) or await self._book.begin(name, now_ms)
            why = _why(one, hours.get(name, {}), now_ms)
            if why is not None:
                found[name] = _detail(shop, one, why)
        return found


def _why(progress: Progress, hours: Mapping[int, int], now_ms: int) -> Detail | None:
    if is_unheard(progress.began_ms, progress.succeeded_ms, now_ms):
        return {"reason": "no_sync"}
    few = few_orders(hours, progress.began_ms, now_ms)
    return None if few is None else {"reason": "few_orders", **few._asdict()}


def _detail(shop: Shop, progress: Progress, why: Detail) -> Detail:
    return {
        "shop": shop.shop,
        "channel": shop.channel,
        "responsible": shop.responsible,
        **why,
        "succeeded_ms": progress.succeeded_ms,
        "failures": progress.failures,
        "said": progress.reason,
        "paused": shop.paused_reason,
    }
