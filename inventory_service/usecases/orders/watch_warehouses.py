"""Warehouses that do not answer are told of: a cancel by its order, everything else once per warehouse."""

from collections.abc import Callable, Mapping, Sequence

from inventory_service.domain.orders.telling import EntryKind
from inventory_service.usecases.clocks import wall_ms
from inventory_service.usecases.orders.ports import OutboundFeed, Unanswered
from inventory_service.usecases.sync.ports import Alarms

CANCEL_UNANSWERED = "cancel_unanswered"
WAREHOUSE_SILENT = "warehouse_silent"
LOOK_S = 15.0
ENTRIES_MAX = 1000  # a warehouse that is away for a day: who is called knows enough
ORDERS_NAMED_MAX = 20

Details = Mapping[str, Mapping[str, object]]  # by cause


class WatchWarehouses:
    """`run_once` is a loop's. Which of them are late, `SettleOrder` has noted with the orders."""

    def __init__(self, feed: OutboundFeed, alarms: Alarms, now_ms: Callable[[], int] = wall_ms) -> None:
        self._feed = feed
        self._alarms = alarms
        self._now_ms = now_ms
        self._told: dict[str, set[str]] = {}  # rule → causes

    async def run_once(self) -> float:
        """Raises NotReady."""
        entries = await self._feed.unanswered(ENTRIES_MAX)
        cancels = [each for each in entries if each.kind == EntryKind.CANCEL]
        await self._tell(CANCEL_UNANSWERED, {f"{each.order_no} {each.warehouse}": _one(each) for each in cancels})
        await self._tell(WAREHOUSE_SILENT, _by_warehouse([each for each in entries if each.kind != EntryKind.CANCEL]))
        return LOOK_S

    async def _tell(self, rule: str, details: Details) -> None:
        now_ms = self._now_ms()
        for cause, detail in details.items():
            if cause not in self._told.get(rule, set()):
                await self._alarms.raise_alarm(rule, cause, detail, now_ms)
        await self._alarms.close_other_alarms(rule, list(details), now_ms)
        self._told[rule] = set(details)


def _one(entry: Unanswered) -> Mapping[str, object]:
    names = {"order_no": entry.order_no, "warehouse": entry.warehouse, "position": entry.position}
    return {**names, "told_ms": entry.at_ms}


def _by_warehouse(entries: Sequence[Unanswered]) -> Details:
    found: dict[str, list[Unanswered]] = {}
    for entry in entries:
        found.setdefault(entry.warehouse, []).append(entry)
    return {
        warehouse: {
            "warehouse": warehouse,
            "entries": len(mine),
            "orders": [each.order_no for each in mine[:ORDERS_NAMED_MAX]],
            "told_ms": min(each.at_ms for each in mine),
        }
        for warehouse, mine in found.items()
    }
