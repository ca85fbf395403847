"""Ranges of time that are gone through again: asked for by people and the calendar, done by the hub."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from inventory_service.domain import ids
from inventory_service.domain.errors import Refused
from inventory_service.usecases.clocks import wall_ms
from inventory_service.usecases.sync.adapter import Arrived, Missed
from inventory_service.usecases.sync.ports import HintBook, Run, RunBook, RunKind, RunOrder, Shops, Took
from inventory_service.usecases.sync.watermark import SECOND_MS, Window

RANGE_MS_MAX = 366 * 24 * 60 * 60 * 1000
LISTED_MAX = 1000
UNNAMED = "?"  # begins what stands for an id that could not be read
MISSING_THERE = "missing_there"  # nothing can be fetched that the platform does not have


def row_id(row: Arrived | Missed) -> str:
    """Of a row whose id cannot be read: the same for the same row."""
    if isinstance(row, Missed):
        return row.row_id or f"{UNNAMED}{ids.digest('row', repr(row.row))}"
    return row.channel_order_id


class Report(NamedTuple):
    """`counts`: orders by what became of them, or by what differs. `listed`: the first LISTED_MAX that count.

    `customers`: whose orders a backfill brought or changed, opaque, with their orders on the platform.
    """

    run: Run
    counts: Mapping[str, int]
    listed: Sequence[RunOrder]
    customers: Mapping[str, Sequence[str]]


class ManageRuns:
    def __init__(self, shops: Shops, runs: RunBook, hints: HintBook, now_ms: Callable[[], int] = wall_ms) -> None:
        self._shops = shops
        self._runs = runs
        self._hints = hints
        self._now_ms = now_ms

    async def ask(self, shop: str, kind: RunKind, from_ms: int, to_ms: int, by: str) -> Run:
        """Asked for twice while it goes on, it is one. What is to come is not gone through: it ends now at the latest.

        Raises Refused (`not_found`, `validation_failed`), NotReady, OutcomeUnknown.
        """
        if await self._shops.lookup(shop) is None:
            raise Refused("not_found", f"There is no shop {shop}.")
        window = Window(_seconds(from_ms), _seconds(min(to_ms, self._now_ms())))
        if window.start_ms < 0:
            # What no platform can be asked would come again and again, and the shop's other runs stand behind it.
            raise Refused("validation_failed", "Expected a time since 1970.", "/from")
        if window.end_ms <= window.start_ms:
            raise Refused("validation_failed", "The range ends before it begins, or lies in the future.", "/to")
        if window.end_ms - window.start_ms > RANGE_MS_MAX:
            raise Refused("validation_failed", "A range is at most 366 days.", "/from")
        return await self._runs.open(shop, kind, window, by, self._now_ms())

    async def report(self, shop: str, kind: RunKind, run_id: str) -> Report:
        """How far it is, and what it has found. Raises Refused (`not_found`), NotReady."""
        run = await self._found(shop, kind, run_id)
        listed: list[RunOrder] = []
        customers: dict[str, list[str]] = defaultdict(list)
        async for page in self._runs.orders(run_id):
            for order in page:
                if order.outcome == Took.UNCHANGED:
                    continue
                if len(listed) < LISTED_MAX:
                    listed.append(order)
                if order.outcome in {Took.NEW, Took.CHANGED} and order.detail.get("customer"):
                    customers[str(order.detail["customer"])].append(order.channel_order_id)
        return Report(run, await self._runs.counts(run_id), listed, customers)

    async def repair(self, shop: str, run_id: str) -> int:
        """Every order that a check found different is fetched again; how many.

        Raises Refused (`not_found`), NotReady, OutcomeUnknown: say it again.
        """
        await self._found(shop, RunKind.CHECK, run_id)
        repaired = 0
        async for page in self._runs.orders(run_id):
            wanted = [order.channel_order_id for order in page if _can_be_fetched(order)]
            if wanted:
                await self._hints.note(shop, wanted, self._now_ms())
            repaired += len(wanted)
        return repaired

    async def _found(self, shop: str, kind: RunKind, run_id: str) -> Run:
        run = await self._runs.one(run_id)
        if run is None or (run.shop, run.kind) != (shop, kind):
            raise Refused("not_found", f"There is no {kind} {run_id} of {shop}.")
        return run


def _can_be_fetched(order: RunOrder) -> bool:
    return order.outcome != MISSING_THERE and not order.channel_order_id.startswith(UNNAMED)


def _seconds(time_ms: int) -> int:
    return time_ms // SECOND_MS * SECOND_MS
