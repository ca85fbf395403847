"""A service to write to, for one command: the running one, or one of the command's own for its time."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import TypeVar

import msgspec

from inventory_service.bootstrap.api import ApiProcess, api_process
from inventory_service.bootstrap.limits import DAY_MS
from inventory_service.bootstrap.stores import found_stores, given_urls
from inventory_service.bootstrap.worker import Worker, drain, loops, worker_process
from inventory_service.domain.errors import NotReady
from inventory_service.engine.redis_state import RedisState
from inventory_service.ledger.turn import WORKER, Turn
from inventory_service.settings import Settings
from inventory_service.workers.loops import run_loops
from inventory_service.workers.shutdown import Shutdown

T = TypeVar("T")

# A service that is just starting migrates and opens its gate within a second or two of its servers.
OPEN_MAX_S = 15.0
LOOK_APART_S = 0.1


@asynccontextmanager
async def opened_service(settings: Settings) -> AsyncIterator[ApiProcess]:
    """The use cases on stores whose gate is open, so that writes succeed.

    Beside a running service its worker does its work. Where no worker runs, one runs in this process: it opens the
    gate (an empty Redis is filled from the ledger only where the servers are our own), and before it ends the ledger
    has what was written. A service that starts meanwhile serves at once; its own worker stands by until we end.

    Raises SettingsError, EmbeddedError; NotReady with the reason when the gate stays closed.
    """
    async with (
        found_stores(settings) as located,
        _worker_unless_one_runs(located, rebuilds_empty=settings.embedded),
        api_process(located) as process,
    ):
        await _patiently(lambda: _ready(process))
        yield process


@asynccontextmanager
async def _worker_unless_one_runs(located: Settings, *, rebuilds_empty: bool) -> AsyncIterator[None]:
    turn = Turn(given_urls(located).database_url, WORKER)
    try:
        await turn.take()
    except NotReady:  # a worker has it, or Postgres is away: then Redis alone has to answer
        yield
        return
    try:
        limits_kept = await with_its_limits(located)
        async with worker_process(limits_kept, rebuilds_empty=rebuilds_empty) as worker:
            await _patiently(worker.write_behind.take_over)
            worker.opened.set()
            async with _at_work(worker):
                yield
    finally:
        await turn.give_back()


@asynccontextmanager
async def _at_work(worker: Worker) -> AsyncIterator[None]:
    """Its loops run meanwhile; behind them the ledger gets the rest. Raises Fenced, Branched."""
    shutdown = Shutdown()
    working = asyncio.create_task(run_loops(loops(worker, lambda: None), shutdown), name="worker of this command")
    try:
        yield
    finally:
        shutdown.request()
        await working
        await drain(worker.persist)


async def with_its_limits(located: Settings) -> Settings:
    """Open the gate as the service had it: a command that knows only defaults must not shorten its retention."""
    hot = RedisState(given_urls(located).redis_url, located.retention_days * DAY_MS, located.backlog_limit)
    try:
        limits = await _patiently(hot.limits)
    finally:
        await hot.close()
    if limits is None:
        return located
    retention_ms, backlog_limit = limits
    return msgspec.structs.replace(located, retention_days=retention_ms // DAY_MS, backlog_limit=backlog_limit)


async def _ready(process: ApiProcess) -> None:
    """Raises NotReady with what is missing."""
    with suppress(NotReady):  # the reasons name what could not be read
        await process.refresh.read()
    reasons = await process.services.readiness.reasons()
    if reasons:
        raise NotReady(" ".join(reasons))


async def _patiently(step: Callable[[], Awaitable[T]]) -> T:
    """Repeat it while a store is away, or not open yet. Raises the NotReady of the last try."""
    deadline = time.monotonic() + OPEN_MAX_S
    while True:
        try:
            return await step()
        except NotReady:
            if time.monotonic() > deadline:
                raise
        await asyncio.sleep(LOOK_APART_S)
