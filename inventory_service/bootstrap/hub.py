"""The hub: every shop's orders come in, and its stock goes out."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import structlog

from inventory_service.bootstrap.limits import HUB_POOL_SIZE_MAX
from inventory_service.bootstrap.stores import given_urls
from inventory_service.ledger.alarm_book import PostgresAlarmBook
from inventory_service.ledger.hint_book import PostgresHintBook
from inventory_service.ledger.item_book import PostgresItemBook
from inventory_service.ledger.pool import WRITE_TIMEOUT_S, Pool, make_pool
from inventory_service.ledger.refresh import Refresh, Refreshed
from inventory_service.ledger.run_book import PostgresRunBook
from inventory_service.ledger.sync_book import PostgresSyncBook
from inventory_service.ledger.turn import HUB, Turn, TurnLost
from inventory_service.settings import Settings
from inventory_service.telemetry import channels, runtime, tracing
from inventory_service.telemetry.alarms import tell_alarm
from inventory_service.usecases.sync.adapter import HasQueue
from inventory_service.usecases.sync.backfill import Backfill
from inventory_service.usecases.sync.compare import Compare, ScheduleChecks
from inventory_service.usecases.sync.duty import Line
from inventory_service.usecases.sync.follow_hints import FollowHints
from inventory_service.usecases.sync.poll import PollShop
from inventory_service.usecases.sync.ports import CallWatch, Opens, ReadsAvailable, RunKind, Shop, Shops, TakesOrders
from inventory_service.usecases.sync.queue import DrainQueue
from inventory_service.usecases.sync.taking import Taking
from inventory_service.usecases.sync.work_runs import WorkRuns
from inventory_service.usecases.sync.write_back import WriteBack
from inventory_service.workers import memory, priority
from inventory_service.workers.crew import Crew
from inventory_service.workers.loops import Loop, run_loops
from inventory_service.workers.pulse import Pulse
from inventory_service.workers.shutdown import Shutdown, SupervisorLink

log = structlog.get_logger()

EXIT_TURN_LOST = 3


@dataclass(frozen=True, slots=True)
class HubParts:
    """What the hub works for. `refreshed`: what of it is known by heart; `loops`: what else has to go on beside it."""

    shops: Shops
    watch: CallWatch
    opens: Opens
    orders: TakesOrders
    stock: ReadsAvailable
    refreshed: Sequence[Refreshed] = ()
    loops: Sequence[Loop] = ()


MakesParts = Callable[[Settings, Pool], AbstractAsyncContextManager[HubParts]]


class Hub:
    """Its books and its duties."""

    def __init__(self, pool: Pool, parts: HubParts) -> None:
        self._parts = parts
        self._book = PostgresSyncBook(pool)
        self._hints = PostgresHintBook(pool)
        self._runs = PostgresRunBook(pool)
        self._items = PostgresItemBook(pool)
        self._alarms = PostgresAlarmBook(pool, tell_alarm)

    @asynccontextmanager
    async def duties(self, shop: Shop) -> AsyncIterator[Sequence[Loop]]:
        """Of one shop, with a line to its platform that is open as long as they run."""
        parts = self._parts
        async with parts.opens(shop) as adapter:
            line = Line(shop, adapter, parts.watch, channels)
            loops = [
                Loop(f"poll {shop.shop}", PollShop(line, self._book, self._hints, parts.orders).run_once),
                Loop(f"hints {shop.shop}", FollowHints(line, self._book, self._hints, parts.orders).run_once),
                Loop(f"runs {shop.shop}", self._runs_of(line).run_once),
                Loop(f"stock {shop.shop}", WriteBack(line, self._items, parts.stock).run_once),
            ]
            if isinstance(adapter, HasQueue):
                loops.append(Loop(f"queue {shop.shop}", DrainQueue(line, adapter, self._hints).run_once))
            yield loops

    def shared(self) -> list[Loop]:
        """Of all shops together."""
        shops = self._parts.shops
        return [
            Loop("schedule", ScheduleChecks(shops, self._book, self._runs).run_once),
            *self._parts.loops,
        ]

    def _runs_of(self, line: Line) -> WorkRuns:
        orders = self._parts.orders
        backfill = Backfill(line, self._runs, orders, Taking(orders, self._book, line.tell))
        check = Compare(line, self._runs, self._book, orders, self._alarms)
        return WorkRuns(line, self._runs, {RunKind.BACKFILL: backfill, RunKind.CHECK: check})


async def run(settings: Settings, supervisor_fd: int | None, makes: MakesParts) -> int:
    """Run until asked to end; the exit status. A store that is away is waited for. Raises SettingsError."""
    shutdown, link = Shutdown(), SupervisorLink(supervisor_fd)
    shutdown.listen()
    link.watch(shutdown)
    runtime.tell_start("hub")
    tracing.start("hub")
    turn = Turn(given_urls(settings).database_url, HUB)
    # One that stands by is ready: there is nothing that its supervisor could do about it.
    link.tell_ready()
    try:
        await run_loops([Loop("turn", turn.take)], shutdown)
        if shutdown.requested.is_set():
            return 0
        memory.settle()
        priority.give_way()
        return await _work(settings, makes, turn, shutdown)
    finally:
        await turn.give_back()


async def _work(settings: Settings, makes: MakesParts, turn: Turn, shutdown: Shutdown) -> int:
    async with AsyncExitStack() as stack:
        url = given_urls(settings).database_url
        pool = await stack.enter_async_context(make_pool(url, size_max=HUB_POOL_SIZE_MAX, timeout_s=WRITE_TIMEOUT_S))
        parts = await stack.enter_async_context(makes(settings, pool))
        hub = Hub(pool, parts)
        refresh = Refresh(pool, parts.refreshed)
        stack.push_async_callback(refresh.stop)
        crew = Crew(parts.shops.all, hub.duties, shutdown)
        stack.push_async_callback(crew.stop)
        log.info("hub.began")
        own = {"refresh": refresh.run_once, "crew": crew.run_once, "turn": turn.check, "pulse": Pulse(pool).run_once}
        try:
            await run_loops([*(Loop(name, run_once) for name, run_once in own.items()), *hub.shared()], shutdown)
        except TurnLost as error:
            log.critical("hub.turn_lost", reason=str(error))
            return EXIT_TURN_LOST
    return 0
