"""Who tells people of alarms: the worker's loops for it, and the commands beside it."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import NamedTuple

import structlog

from inventory_service.alerts.file import NoticesFile, read_notices
from inventory_service.bootstrap.limits import NOTICE_POOL_SIZE_MAX
from inventory_service.bootstrap.stores import found_stores, given_urls
from inventory_service.domain.errors import NotReady, OutcomeUnknown, Overloaded, Refused
from inventory_service.domain.notices import Notice, Person, Severity, Step, place_of
from inventory_service.ledger.notice_book import PostgresNoticeBook, Unsent
from inventory_service.ledger.pool import make_pool
from inventory_service.settings import Settings, SettingsError, variable_name
from inventory_service.telemetry import books
from inventory_service.usecases.clocks import wall_ms
from inventory_service.usecases.deliver_notices import DeliverNotices
from inventory_service.usecases.notice_ports import SinkFailed
from inventory_service.usecases.write_notices import WriteNotices
from inventory_service.workers.loops import Loop
from inventory_service.workers.shutdown import Shutdown

log = structlog.get_logger()

AFTER_A_BUG_S = 10.0
UNBEGUN_S = 0.2
FINISH_S = 3.0  # of a message that is on its way when the end is requested; the next worker sends it again


def notices_file(settings: Settings, environ: Mapping[str, str] = os.environ) -> NoticesFile | None:
    """None: nobody is to be told. Raises SettingsError."""
    return read_notices(settings.notices, environ) if settings.notices else None


@asynccontextmanager
async def telling(settings: Settings, shutdown: Shutdown) -> AsyncIterator[list[Loop]]:
    """Loops for the worker whose turn it is: one that writes notices, and one per sink. Raises SettingsError."""
    file = notices_file(settings)
    if file is None:
        yield []
        return
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(
            make_pool(given_urls(settings).database_url, size_max=NOTICE_POOL_SIZE_MAX)
        )
        book = PostgresNoticeBook(pool)
        writer = WriteNotices(book, file.rules, list(file.sinks), file.pace)
        loops = [_harmless("notices", writer.run_once)]
        for name, settings_of_sink in file.sinks.items():
            sink = settings_of_sink.open(file.zone)
            stack.push_async_callback(sink.close)
            delivery = DeliverNotices(name, sink, book, books.tell_notice)
            loops.append(_harmless(f"notices to {name}", _after(writer, delivery, shutdown)))
        books.begin_notices(list(file.sinks))
        yield loops


def _after(writer: WriteNotices, delivery: DeliverNotices, shutdown: Shutdown) -> Callable[[], Awaitable[float]]:
    async def run_once() -> float:
        return await _in_time(delivery.run_once(), shutdown) if writer.begun else UNBEGUN_S

    return run_once


async def _in_time(work: Awaitable[float], shutdown: Shutdown) -> float:
    """The end of the process waits for a slow sink only so long: behind it the ledger is written."""
    task, ending = asyncio.ensure_future(work), asyncio.create_task(shutdown.requested.wait())
    try:
        await asyncio.wait({task, ending}, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.wait({task}, timeout=FINISH_S)
        return task.result() if task.done() else 0.0
    finally:
        task.cancel()
        ending.cancel()
        await asyncio.gather(task, ending, return_exceptions=True)


def _harmless(name: str, run_once: Callable[[], Awaitable[float]]) -> Loop:
    """A bug in telling people must not end the worker, which writes the ledger."""

    async def guarded() -> float:
        try:
            return await run_once()
        except (NotReady, Overloaded, OutcomeUnknown):
            raise
        except Exception:
            log.exception("notices.failed", loop=name)
            return AFTER_A_BUG_S

    return Loop(name, guarded)


class Answer(NamedTuple):
    """What became of a test message."""

    sink: str
    arrived: bool
    answer: str


async def send_test(settings: Settings, name: str) -> Answer:
    """One real message. Raises SettingsError, Refused."""
    file = notices_file(settings)
    if file is None:
        raise SettingsError([f"{variable_name('notices')}: is not set; it names the file that says who is told what"])
    if name not in file.sinks:
        raise Refused("not_found", f"There is no sink {name}; there are {', '.join(file.sinks)}.")
    sink, now_ms = file.sinks[name].open(file.zone), wall_ms()
    test = Notice(f"test_{now_ms}", Step.TEST, "test", Severity.INFO, Person(""), 0, 0, [], now_ms, now_ms)
    try:
        return Answer(name, arrived=True, answer=await sink.send(test))
    except SinkFailed as error:
        return Answer(name, arrived=False, answer=str(error))
    finally:
        await sink.close()


class OpenAlarm(NamedTuple):
    """An alarm that goes on, and who answers for it ("": no file says so)."""

    alert_id: str
    alarm: str
    cause: str
    times: int
    since_ms: int
    state: str
    responsible: str
    sinks: Sequence[str]


async def open_alarms(settings: Settings, limit: int) -> tuple[Sequence[OpenAlarm], Sequence[Unsent]]:
    """The newest first, and what has not arrived anywhere. Raises SettingsError, EmbeddedError, NotReady."""
    file = notices_file(settings)
    async with (
        found_stores(settings) as located,
        make_pool(given_urls(located).database_url, size_max=1) as pool,
    ):
        book = PostgresNoticeBook(pool)
        alarms, unsent = await book.open_alarms(limit), await book.unsent()
    found = []
    for each in alarms:
        person = file.rules.person_for(each.rule, place_of(each.detail)).name if file else ""
        sinks = file.rules.rule_of(each.rule).sinks if file else ()
        known = (each.alert_id, each.rule, each.cause, each.count, each.opened_ms, each.state)
        found.append(OpenAlarm(*known, person, sinks))
    return found, unsent
