"""Asks both stores at once, and puts what they say in the order in which a person looks for a fault."""

import asyncio
from collections.abc import Awaitable, Iterator
from typing import TypeVar

from inventory_service.bootstrap.doctor.books import (
    backlog_line,
    case_lines,
    clock_line,
    following_line,
    gate_line,
    hub_line,
    ledger_lines,
    quarantine_line,
    worker_line,
)
from inventory_service.bootstrap.doctor.keys import sealing_lines
from inventory_service.bootstrap.doctor.lines import Line
from inventory_service.bootstrap.doctor.machine import machine_lines
from inventory_service.bootstrap.doctor.servers import POSTGRES, REDIS, away, postgres_lines, redis_lines
from inventory_service.bootstrap.judging import judged
from inventory_service.bootstrap.stores import known_urls
from inventory_service.domain.errors import NotReady
from inventory_service.engine.report import RedisReport, redis_report
from inventory_service.ledger.report import PostgresReport, postgres_report
from inventory_service.settings import Settings
from inventory_service.usecases.judge_state import Decision

T = TypeVar("T")


async def examine(settings: Settings) -> list[Line]:
    """Every line, whatever is away. Starts nothing and changes nothing."""
    return [*machine_lines(settings), *await _stores(settings)]


async def _stores(settings: Settings) -> list[Line]:
    urls = known_urls(settings)
    if urls is None:
        reason = f"no service runs on {settings.data_dir.absolute()}"
        return [away(REDIS, reason, settings), away(POSTGRES, reason, settings)]
    redis, postgres = await asyncio.gather(
        _or_reason(redis_report(urls.redis_url)), _or_reason(postgres_report(urls.database_url))
    )
    lines = [away(REDIS, redis, settings)] if isinstance(redis, str) else list(redis_lines(redis, settings))
    if isinstance(postgres, str):
        lines.append(away(POSTGRES, postgres, settings))
    else:
        lines += postgres_lines(postgres, settings)
    judgement = await judged(settings, urls)
    service = _service(_report_in(redis), _report_in(postgres), judgement)
    return [*lines, *service, *await sealing_lines(settings, urls)]


def _service(redis: RedisReport | None, postgres: PostgresReport | None, decision: Decision | None) -> Iterator[Line]:
    """What can be told of the service itself with the stores that answer."""
    ahead_ms = {"machine": 0}
    if redis:
        ahead_ms["Redis"] = redis.now_ms - redis.asked_ms
        ahead_ms["kernel"] = redis.inspection.now_ms - redis.asked_ms  # it never goes back
    if postgres:
        ahead_ms["Postgres"] = postgres.now_ms - postgres.asked_ms
    if len(ahead_ms) > 1:
        yield clock_line(ahead_ms)
    ledger = postgres.ledger if postgres else None
    if redis:
        yield gate_line(redis, ledger, decision)
        yield from following_line(redis, decision)
    if redis and ledger:
        yield from ledger_lines(redis, ledger)
    elif redis:
        yield backlog_line(redis)
    if ledger:
        yield worker_line(ledger)
        yield hub_line(ledger)
        yield quarantine_line(ledger)
        yield from case_lines(ledger)


async def _or_reason(asked: Awaitable[T]) -> T | str:
    """The report, or why there is none."""
    try:
        return await asked
    except NotReady as error:
        return str(error)


def _report_in(answer: T | str) -> T | None:
    return None if isinstance(answer, str) else answer
