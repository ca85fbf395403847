"""`status`: how the service stands, in a few numbers, from what the stores say. Starts nothing and changes nothing."""

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeVar

from inventory_service.bootstrap.judging import judged
from inventory_service.bootstrap.stores import known_urls
from inventory_service.domain.errors import NotReady
from inventory_service.engine.report import RedisReport, redis_report
from inventory_service.ledger.report import PostgresReport, postgres_report
from inventory_service.settings import Settings
from inventory_service.usecases.fullness import holds_refused, step_of
from inventory_service.usecases.judge_state import Decision, Verdict

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Standing:
    """`ready`: a reservation would succeed, as far as the stores can tell. None: nobody could be asked.

    `lag`: events in Redis that the ledger does not have. `backlog`: the same as the kernel counts it, which refuses
    new holds at `backlog_limit`.
    """

    ready: bool
    reasons: list[str] = field(default_factory=list)
    gate: str | None = None  # open or closed
    epoch: int | None = None
    seq: int | None = None
    ledger_seq: int | None = None
    lag: int | None = None
    backlog: int | None = None
    backlog_limit: int | None = None
    brownout: str | None = None  # what is refused: none, lists, reads, holds; each with all before it
    held: int | None = None
    worker: bool | None = None
    hub: bool | None = None
    shops: int | None = None  # that a hub is to call
    open_alerts: int | None = None
    open_exceptions: int | None = None
    quarantined: int | None = None


async def standing(settings: Settings) -> Standing:
    urls = known_urls(settings)
    if urls is None:
        return Standing(ready=False, reasons=[f"No service runs on {settings.data_dir.absolute()}."])
    redis, postgres = await asyncio.gather(
        _answer(redis_report(urls.redis_url)), _answer(postgres_report(urls.database_url))
    )
    ledger = postgres.ledger if postgres else None
    reasons = _reasons(redis, postgres, await judged(settings, urls))
    return Standing(
        ready=not reasons,
        reasons=reasons,
        gate=("open" if redis.inspection.gate_is_open else "closed") if redis else None,
        epoch=redis.inspection.epoch if redis else None,
        seq=redis.inspection.position.seq if redis else None,
        ledger_seq=ledger.position.seq if ledger else None,
        lag=max(0, redis.inspection.position.seq - ledger.position.seq) if redis and ledger else None,
        backlog=redis.inspection.backlog_events if redis else None,
        backlog_limit=redis.backlog_limit if redis else None,
        brownout=step_of(redis.inspection).name.lower() if redis else None,
        held=redis.held if redis else None,
        worker=ledger.worker if ledger else None,
        hub=ledger.hub if ledger else None,
        shops=ledger.shops if ledger else None,
        open_alerts=ledger.open_alerts if ledger else None,
        open_exceptions=ledger.open_exceptions if ledger else None,
        quarantined=ledger.quarantined if ledger else None,
    )


def _reasons(redis: RedisReport | None, postgres: PostgresReport | None, decision: Decision | None) -> list[str]:
    """Postgres may be away: reservations go on without it."""
    reasons = []
    if redis is None:
        reasons.append("Redis does not answer.")
    elif not redis.inspection.gate_is_open:
        if decision and decision.verdict is Verdict.REFUSE:
            reasons.append(decision.reason)
        else:
            reasons.append("The gate is closed: the worker has not opened the store yet.")
    elif reason := holds_refused(redis.inspection):
        reasons.append(reason)
    if postgres and postgres.pending:
        reasons.append(f"The database has not been migrated: {', '.join(postgres.pending)}.")
    return reasons


async def _answer(asked: Awaitable[T]) -> T | None:
    with suppress(NotReady):
        return await asked
    return None
