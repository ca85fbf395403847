"""What the worker will say of the Redis that answers, for commands that look and change nothing."""

from inventory_service.bootstrap.limits import DAY_MS
from inventory_service.domain.errors import NotReady
from inventory_service.embedded import Urls
from inventory_service.engine.redis_state import RedisState
from inventory_service.ledger.pool import make_pool
from inventory_service.ledger.snapshots import PostgresSnapshots
from inventory_service.settings import Settings
from inventory_service.usecases.judge_state import Decision, JudgeState


async def judged(settings: Settings, urls: Urls) -> Decision | None:
    """None while a store is away or not migrated."""
    hot = RedisState(urls.redis_url, settings.retention_days * DAY_MS, settings.backlog_limit)
    try:
        async with make_pool(urls.database_url, size_max=1) as pool:
            ledger = PostgresSnapshots(pool)
            judge = JudgeState(hot, ledger, rebuilds_empty=settings.embedded)
            return await judge.run(await hot.inspect(), await ledger.standing())
    except NotReady:
        return None
    finally:
        await hot.close()
