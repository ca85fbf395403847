"""Orders that could not be taken in are told to whoever is responsible: once per shop and field, however many."""

from collections.abc import Callable, Mapping

from inventory_service.usecases.clocks import wall_ms
from inventory_service.usecases.orders.ports import FailureBook, FailuresOfField
from inventory_service.usecases.sync.ports import Alarms, Shops

ORDER_FAILED = "order_failed"
LOOK_S = 15.0
FIELDS_MAX = 1000


class WatchFailures:
    """`run_once` is a loop's."""

    def __init__(
        self, failures: FailureBook, shops: Shops, alarms: Alarms, now_ms: Callable[[], int] = wall_ms
    ) -> None:
        self._failures = failures
        self._shops = shops
        self._alarms = alarms
        self._now_ms = now_ms
        self._told: dict[str, str] = {}  # cause → the newest failure

    async def run_once(self) -> float:
        """Raises NotReady."""
        now_ms, found = self._now_ms(), await self._failures.by_field(FIELDS_MAX)
        causes = {f"{each.shop} {each.field}": each for each in found}
        for cause, each in causes.items():
            if self._told.get(cause) != each.newest:
                await self._alarms.raise_alarm(ORDER_FAILED, cause, await self._detail(each), now_ms)
        await self._alarms.close_other_alarms(ORDER_FAILED, list(causes), now_ms)
        self._told = {cause: each.newest for cause, each in causes.items()}
        return LOOK_S

    async def _detail(self, found: FailuresOfField) -> Mapping[str, object]:
        shop = await self._shops.lookup(found.shop)
        return {
            "shop": found.shop,
            "channel": found.channel,
            "responsible": shop.responsible if shop else "",
            "field": found.field,
            "failures": found.failures,
            "failure_id": found.newest,
            "reason": found.reason,
        }
