"""A shop from which nothing comes any more raises one alarm, and closes it when it is heard again."""

from collections.abc import Awaitable, Callable, Mapping

from inventory_service.domain.channel_silence import DAY_MS, DAYS_MAX, HOUR_MS, few_orders, is_unheard
from inventory_service.usecases.clocks import wall_ms
from inventory_service.usecases.sync.ports import Alarms, Progress, Shop, Shops, SyncBook

CHANNEL_SILENT = "channel_silent"
NO_HUB = "No hub is at work."
LOOK_S = 15.0

Detail = Mapping[str, object]


class WatchSilence:
    """`run_once` is a loop's, of the worker's alone: a hub that is dead, stuck or stands by is what has to be told.

    Shops that are switched off on purpose are not missed; those that were stopped are, and so are all of them where
    `hub_works` says no. One for which nobody has set a credential is not missed yet.
    """

    def __init__(
        self,
        shops: Shops,
        book: SyncBook,
        alarms: Alarms,
        hub_works: Callable[[], Awaitable[bool]],
        now_ms: Callable[[], int] = wall_ms,
    ) -> None:
        self._shops = shops
        self._book = book
        self._alarms = alarms
        self._hub_works = hub_works
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
        shops, set_up = self._shops.all(), await self._book.set_up()
        resting = [name for name, shop in shops.items() if not shop.enabled]
        if resting:
            await self._book.rest(resting, now_ms)
        progress = {each.shop: each for each in await self._book.progress()}
        hours = await self._book.hours(now_ms - DAYS_MAX * DAY_MS - 3 * HOUR_MS)
        found: dict[str, Detail] = {}
        for name in set_up & shops.keys() - set(resting):
            # One that no hub has begun with: its time runs from now on.
            one = progress.get(name) or await self._book.begin(name, now_ms)
            why = _why(one, hours.get(name, {}), now_ms)
            if why is not None:
                found[name] = _detail(shops[name], one, why)
        if found and not await self._hub_works():
            return {name: {**detail, "said": NO_HUB} for name, detail in found.items()}
        return found


def _why(progress: Progress, hours: Mapping[int, int], now_ms: int) -> Detail | None:
    if is_unheard(max(progress.began_ms, progress.awaited_ms), progress.succeeded_ms, now_ms):
        return {"reason": "no_sync"}
    few = few_orders(hours, progress.began_ms, now_ms)
    if few is None or few.hour_ms < progress.awaited_ms:
        return None
    return {"reason": "few_orders", **few._asdict()}


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
