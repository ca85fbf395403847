"""The background process: owns the ledger, opens the gate, writes behind, lets holds expire, applies parked scans,
undoes what was applied twice, tells people of alarms and of shops that fell silent.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial

import asyncpg
import structlog

from inventory_service.bootstrap.inspector import Inspector
from inventory_service.bootstrap.limits import DAY_MS, WORKER_DRAIN_MAX_S, WORKER_POOL_SIZE_MAX
from inventory_service.bootstrap.notices import notices_file, telling
from inventory_service.bootstrap.stores import given_urls
from inventory_service.domain.errors import Branched, Fenced, NotReady
from inventory_service.engine.delivery import Delivery
from inventory_service.engine.durability import WatchedState
from inventory_service.engine.kernel import Kernel
from inventory_service.engine.redis_engine import RedisEngine
from inventory_service.engine.redis_figures import RedisFigures
from inventory_service.engine.redis_log import RedisLog
from inventory_service.engine.redis_state import RedisState
from inventory_service.ledger.alarm_book import PostgresAlarmBook
from inventory_service.ledger.arrival import Arrival
from inventory_service.ledger.case_book import PostgresCaseBook
from inventory_service.ledger.credentials import PostgresCredentials
from inventory_service.ledger.difference_book import PostgresDifferenceBook
from inventory_service.ledger.duplicate_book import PostgresDuplicateBook
from inventory_service.ledger.figures import PostgresFigures
from inventory_service.ledger.migrator import migrate
from inventory_service.ledger.pool import CONNECT_TIMEOUT_S, WRITE_TIMEOUT_S, make_pool, postgres_away
from inventory_service.ledger.reader import PostgresReader
from inventory_service.ledger.shops import PostgresShops
from inventory_service.ledger.snapshots import PostgresSnapshots
from inventory_service.ledger.sync_book import PostgresSyncBook
from inventory_service.ledger.turn import HUB, WORKER, Turn, is_taken
from inventory_service.ledger.writer import PostgresLedgerWriter
from inventory_service.settings import Settings, SettingsError, variable_name
from inventory_service.telemetry import books, logs, runtime, tracing
from inventory_service.telemetry.alarms import tell_alarm
from inventory_service.usecases.compensate import Compensate
from inventory_service.usecases.mend_deadlines import MendDeadlines
from inventory_service.usecases.open_gate import OpenGate
from inventory_service.usecases.parked import ApplyParked
from inventory_service.usecases.persist_events import PersistEvents
from inventory_service.usecases.reconcile import Reconcile
from inventory_service.usecases.resnapshot import ResnapshotLedger
from inventory_service.usecases.shops.tell_credentials import TellCredentials
from inventory_service.usecases.sync.silence import WatchSilence
from inventory_service.web.metrics_server import metrics_server
from inventory_service.workers import memory, priority
from inventory_service.workers.loops import Loop, run_loops
from inventory_service.workers.pulse import Pulse
from inventory_service.workers.sampler import Sampler
from inventory_service.workers.shutdown import Shutdown, SupervisorLink, until
from inventory_service.workers.write_behind import WriteBehind

log = structlog.get_logger()

TICK_S = 1.0  # how late an idle service notices that a hold is due; commands notice by themselves
UNOPENED_S = 0.2  # how often the other loops look whether the gate was opened for the first time
DRAIN_WAIT_MS = 1  # nobody writes any more: what is there can be read at once
EXIT_FENCED = 3


@dataclass(frozen=True, slots=True)
class Worker:
    """The parts of a worker process, connected when they are first used. `opened`: it has owned the ledger."""

    gate: OpenGate
    resnapshot: ResnapshotLedger
    persist: PersistEvents
    write_behind: WriteBehind
    parked: ApplyParked
    compensate: Compensate
    reconcile: Reconcile
    ticker: Delivery
    sampler: Sampler
    pulse: Pulse
    shops: PostgresShops
    credentials: TellCredentials
    silence: WatchSilence
    opened: asyncio.Event = field(default_factory=asyncio.Event)


@asynccontextmanager
async def worker_process(settings: Settings, *, rebuilds_empty: bool) -> AsyncIterator[Worker]:
    """`rebuilds_empty`: the stores are our own, so an empty Redis may be filled from the ledger without asking."""
    urls = given_urls(settings)
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(
            make_pool(urls.database_url, size_max=WORKER_POOL_SIZE_MAX, timeout_s=WRITE_TIMEOUT_S)
        )
        state = WatchedState if settings.redis_durability == "checked" else RedisState
        hot = state(urls.redis_url, settings.retention_days * DAY_MS, settings.backlog_limit)
        stream, ticker = RedisLog(urls.redis_url), Delivery(Kernel(urls.redis_url))
        looking = RedisState(urls.redis_url, settings.retention_days * DAY_MS, settings.backlog_limit)
        walked = RedisState(urls.redis_url, settings.retention_days * DAY_MS, settings.backlog_limit)
        figures = RedisFigures(urls.redis_url, settings.retention_days * DAY_MS, settings.backlog_limit)
        inspector = Inspector(looking)
        for store in (hot, looking, walked, figures, stream, ticker):
            stack.push_async_callback(store.close)
        stack.push_async_callback(inspector.stop)
        engine = RedisEngine(urls.redis_url)
        await engine.start()
        stack.push_async_callback(engine.stop)
        writer = PostgresLedgerWriter(pool, retention_ms=settings.retention_days * DAY_MS)
        ledger, alarms = PostgresSnapshots(pool), PostgresAlarmBook(pool, tell_alarm)
        gate = OpenGate(hot, writer, ledger, alarms, rebuilds_empty=rebuilds_empty)
        resnapshot = ResnapshotLedger(hot, writer, ledger, alarms)
        reader = PostgresReader(pool, Arrival(pool, inspector.acknowledged))
        parked = ApplyParked(engine, reader, PostgresCaseBook(pool))
        compensate = Compensate(engine, reader, PostgresDuplicateBook(pool))
        differences = PostgresDifferenceBook(pool)
        reconcile = Reconcile(walked, PostgresSnapshots(pool), differences, differences)
        persist = PersistEvents(stream, writer)
        sampler = Sampler(figures, PostgresFigures(pool), lambda: persist.position)
        logs.tell_always(lambda: {"position": f"{persist.position.epoch}-{persist.position.seq}"})
        books.tell_unopened(settings.backlog_limit)
        write_behind, pulse = WriteBehind(gate, persist, MendDeadlines(hot, engine)), Pulse(pool)
        # Without the sealing keys: it tells of credentials, and opens none.
        shops = PostgresShops(pool)
        credentials = TellCredentials(shops, PostgresCredentials(pool, None), alarms)
        silence = WatchSilence(shops, PostgresSyncBook(pool), alarms, partial(is_taken, pool, HUB))
        turns = (parked, compensate, reconcile, ticker, sampler, pulse, shops, credentials, silence)
        yield Worker(gate, resnapshot, persist, write_behind, *turns)


async def run(settings: Settings, *, migrates: bool, rebuilds_empty: bool, supervisor_fd: int | None) -> int:
    """Run until asked to end; the exit status. A store that is away is waited for.

    Raises SettingsError, MigrationError.
    """
    notices_file(settings)  # a wrong one is told now, not when it is our turn
    shutdown, link = Shutdown(), SupervisorLink(supervisor_fd)
    shutdown.listen()
    link.watch(shutdown)
    turn = Turn(given_urls(settings).database_url, WORKER)
    async with _watched(settings, alone=supervisor_fd is None):
        try:
            if migrates:
                await run_loops([Loop("migration", lambda: _migrate(settings))], shutdown)
            await run_loops([Loop("turn", turn.take)], shutdown)
            memory.settle()
            priority.give_way()
            return await _work(settings, shutdown, link, rebuilds_empty=rebuilds_empty)
        finally:
            await turn.give_back()


@asynccontextmanager
async def _watched(settings: Settings, *, alone: bool) -> AsyncIterator[None]:
    """Metrics and traces. Under a supervisor the API's `/metrics` tells for the worker as well.

    Raises SettingsError.
    """
    runtime.tell_start("worker")
    tracing.start("worker")
    try:
        if not alone or settings.metrics_port is None:
            yield
            return
        async with AsyncExitStack() as stack:
            try:
                await stack.enter_async_context(metrics_server(settings.host, settings.metrics_port))
            except OSError as error:
                place = f"{settings.host}:{settings.metrics_port}"
                raise SettingsError([f"{variable_name('metrics_port')}: cannot listen on {place}: {error}"]) from error
            yield
    finally:
        await asyncio.to_thread(tracing.stop)


async def _work(settings: Settings, shutdown: Shutdown, link: SupervisorLink, *, rebuilds_empty: bool) -> int:
    async with (
        worker_process(settings, rebuilds_empty=rebuilds_empty) as worker,
        telling(settings, shutdown) as tellers,
    ):
        try:
            await run_loops([*loops(worker, link.tell_ready), *tellers], shutdown)
            if worker.opened.is_set():
                await until(shutdown.hurried, drain(worker.persist))
        except (Fenced, Branched) as error:
            log.critical("worker.stopped", reason=str(error), kind=type(error).__name__)
            return EXIT_FENCED
    return 0


async def _migrate(settings: Settings) -> None:
    # A connection of its own: a migration may take longer than any statement of the pool.
    with postgres_away():  # each file is a transaction: what broke off, or waits for a lock in vain, is begun again
        connection = await asyncpg.connect(given_urls(settings).database_url, timeout=CONNECT_TIMEOUT_S)
        try:
            for name in await migrate(connection):
                log.info("migration.applied", name=name)
        finally:
            await connection.close(timeout=CONNECT_TIMEOUT_S)


def loops(worker: Worker, tell_ready: Callable[[], None]) -> list[Loop]:
    """What a worker does all the time. `tell_ready` is called whenever the gate is known to be open."""

    async def write() -> float:
        wait_s = await worker.write_behind.run_once()
        worker.opened.set()
        tell_ready()
        return wait_s

    async def tick() -> float:
        await worker.ticker.sweep()
        return TICK_S

    async def tell_credentials() -> float:
        await worker.shops.refresh()
        return await worker.credentials.run_once()

    async def watch_silence() -> float:
        await worker.shops.refresh()
        return await worker.silence.run_once()

    def watched(name: str, run_once: Callable[[], Awaitable[float]]) -> Loop:
        async def run_and_tell() -> float:
            wait_s = await run_once()
            books.loop_went_well(name)
            return wait_s

        return Loop(name, run_and_tell)

    def once_open(name: str, run_once: Callable[[], Awaitable[float]]) -> Loop:
        loop = watched(name, run_once)

        async def wait_or_run() -> float | None:
            return await loop.run_once() if worker.opened.is_set() else UNOPENED_S

        return Loop(name, wait_or_run)

    return [
        watched("write_behind", write),
        once_open("ticker", tick),
        once_open("parked_scans", worker.parked.run_once),
        once_open("duplicates", worker.compensate.run_once),
        once_open("reconcile", worker.reconcile.run_once),
        once_open("sampler", worker.sampler.run_once),
        watched("pulse", worker.pulse.run_once),
        watched("credentials", tell_credentials),
        watched("silence", watch_silence),
    ]


async def drain(persist: PersistEvents) -> None:
    """Write what the API processes left behind. What does not get through waits in the stream, nothing is lost."""
    try:
        async with asyncio.timeout(WORKER_DRAIN_MAX_S):
            while await persist.run_once(DRAIN_WAIT_MS):
                pass
    except (NotReady, TimeoutError) as error:
        log.warning("drain.unfinished", reason=str(error) or "it took too long", seq=persist.position.seq)
    else:
        log.info("drain.finished", seq=persist.position.seq)
