"""What the commands do that work beside the running service, or alone with the servers started for their own time.

Each raises SettingsError, EmbeddedError, and what its use case raises.
"""

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager

import asyncpg
import msgspec

from inventory_service.bootstrap.api import api_process
from inventory_service.bootstrap.limits import DAY_MS
from inventory_service.bootstrap.opened import with_its_limits
from inventory_service.bootstrap.stores import found_stores, given_urls
from inventory_service.bootstrap.worker import worker_process
from inventory_service.domain.clients import Scope
from inventory_service.domain.errors import NotReady, Refused
from inventory_service.embedded import running
from inventory_service.engine.redis_state import RedisState
from inventory_service.ledger import migrator
from inventory_service.ledger.keys import ApiKey, ApiKeys, WebhookSecret
from inventory_service.ledger.migrator import MigrationStatus
from inventory_service.ledger.pool import CONNECT_TIMEOUT_S, make_pool, postgres_errors
from inventory_service.ledger.requalify import PostgresQuarantine
from inventory_service.ledger.snapshots import PostgresSnapshots
from inventory_service.ledger.tail import EventTail, event_tail
from inventory_service.settings import Settings
from inventory_service.usecases.findings import Finding
from inventory_service.usecases.ledger_ports import Quarantine, Quarantined
from inventory_service.usecases.ports import ReservationFilter, StockFilter
from inventory_service.usecases.read_stock import ReadStock, StockView
from inventory_service.usecases.rebuild_state import Rebuilt
from inventory_service.usecases.resnapshot import Resnapshot
from inventory_service.usecases.verify import Verify
from inventory_service.web.schemas.reservations import ReservationView, reservation_view

KEY_PREFIX = "inv_"  # a key shows its id behind this
PAGE_MAX = 200
VERIFY_TIMEOUT_S = 600.0  # one statement sorts the whole history


async def verify(settings: Settings) -> list[Finding]:
    """One finding per invariant."""
    async with found_stores(settings) as located:
        urls = given_urls(located)
        hot = RedisState(urls.redis_url, settings.retention_days * DAY_MS, settings.backlog_limit)
        try:
            async with make_pool(urls.database_url, size_max=2, timeout_s=VERIFY_TIMEOUT_S) as pool:
                return await Verify(PostgresSnapshots(pool), hot).run()
        finally:
            await hot.close()


async def quarantine(settings: Settings) -> Sequence[Quarantined]:
    """What the ledger does not follow."""
    async with _quarantine(settings) as aside:
        return await aside.all()


async def requalify(settings: Settings) -> Sequence[Quarantined]:
    """Follow again what can be followed by now; the rest."""
    async with _quarantine(settings) as aside:
        return await aside.requalify()


@asynccontextmanager
async def _quarantine(settings: Settings) -> AsyncIterator[Quarantine]:
    async with (
        found_stores(settings) as located,
        make_pool(given_urls(located).database_url, size_max=1, timeout_s=VERIFY_TIMEOUT_S) as pool,
    ):
        yield PostgresQuarantine(pool, retention_ms=settings.retention_days * DAY_MS)


async def rebuild(settings: Settings) -> Rebuilt:
    """Make Redis what the ledger says. A running worker is fenced by it, and starts anew."""
    async with found_stores(settings) as located:
        kept = await with_its_limits(located)
        longest = max(kept.retention_days, settings.retention_days)  # what was promised to be remembered comes back
        kept = msgspec.structs.replace(kept, retention_days=longest)
        async with worker_process(kept, rebuilds_empty=True) as worker:
            return await worker.gate.rebuild()


async def resnapshot(settings: Settings) -> Resnapshot:
    """Carry the ledger over a gap to Redis's state. The worker, which waits for it, opens the gate anew behind it."""
    async with found_stores(settings) as located:
        kept = await with_its_limits(located)
        async with worker_process(kept, rebuilds_empty=False) as worker:
            return await worker.resnapshot.run()


async def stock_of(settings: Settings, skus: Sequence[str]) -> list[StockView]:
    """In this order, as it is now, or while the gate is closed (no worker runs) as the ledger has it."""
    async with found_stores(settings) as located, api_process(located) as process:
        await process.refresh.read()
        return [await _stock_of(process.services.stock, sku) for sku in skus]


async def _stock_of(reads: ReadStock, sku: str) -> StockView:
    try:
        return await reads.one(sku)
    except NotReady:
        page = await reads.list(StockFilter(skus=(sku,)), 1, "")
    if not page.data:
        raise Refused("unknown_sku", f"SKU {sku} does not exist.")
    return page.data[0]


async def reservation(settings: Settings, reservation_id: str) -> ReservationView:
    """As it is now, or while the gate is closed (no worker runs) as the ledger has it."""
    async with found_stores(settings) as located, api_process(located) as process:
        try:
            found = await process.services.reservations.one(reservation_id)
            return reservation_view(found.reservation_id, found.reservation)
        except NotReady:
            stored = await process.services.reservations.stored(reservation_id)
    return reservation_view(stored.reservation_id, stored.record)


async def reservations(settings: Settings, wanted: ReservationFilter, limit: int) -> list[ReservationView]:
    """The newest `limit`, as the ledger has them."""
    views: list[ReservationView] = []
    async with found_stores(settings) as located, api_process(located) as process:
        cursor = ""
        while len(views) < limit:
            page = await process.services.reservations.list(wanted, min(PAGE_MAX, limit - len(views)), cursor)
            views += [reservation_view(stored.reservation_id, stored.record) for stored in page.data]
            cursor = page.next_cursor
            if not cursor:
                break
    return views


@asynccontextmanager
async def tail(settings: Settings, *, follows: bool) -> AsyncIterator[EventTail]:
    """The ledger's events. `follows`: only beside a running service, since alone nothing would ever come."""
    if follows and settings.embedded and running(settings.data_dir) is None:
        raise NotReady(f"No service runs on {settings.data_dir.absolute()}: start it, or leave --follow out.")
    async with found_stores(settings) as located, event_tail(given_urls(located).database_url) as opened:
        yield opened


async def migration_status(settings: Settings) -> list[MigrationStatus]:
    async with _connection(settings) as connection:
        return await migrator.status(connection)


async def migrate(settings: Settings) -> list[str]:
    """Names of the migrations applied now."""
    async with _connection(settings) as connection:
        return await migrator.migrate(connection)


async def create_key(settings: Settings, client: str, scopes: Collection[str]) -> str:
    """The key, which is stored nowhere."""
    known = {scope.value: scope for scope in Scope}
    unknown = [scope for scope in scopes if scope not in known]
    if unknown or not scopes:
        what = f"there is no scope {unknown[0]}" if unknown else "a key needs a scope"
        raise Refused("validation_failed", f"{what}; the scopes are {', '.join(known)}")
    async with _keys(settings) as keys:
        return await keys.create(client, [known[scope] for scope in scopes])


async def create_webhook_secret(settings: Settings, client: str) -> WebhookSecret:
    async with _keys(settings) as keys:
        return await keys.create_webhook_secret(client)


async def list_keys(settings: Settings) -> tuple[Sequence[ApiKey], Sequence[WebhookSecret]]:
    """Every one there ever was, newest first."""
    async with _keys(settings) as keys:
        return await keys.list(), await keys.webhook_secrets()


async def revoke_key(settings: Settings, key_id: str) -> bool:
    """End a key or a webhook secret by its id; False when there is no such one that works."""
    async with _keys(settings) as keys:
        return await keys.revoke(key_id.removeprefix(KEY_PREFIX)) or await keys.revoke_webhook_secret(key_id)


@asynccontextmanager
async def _connection(settings: Settings) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    async with found_stores(settings, makes=True) as located:
        with postgres_errors():
            connection = await asyncpg.connect(given_urls(located).database_url, timeout=CONNECT_TIMEOUT_S)
            try:
                yield connection
            finally:
                await connection.close()


@asynccontextmanager
async def _keys(settings: Settings) -> AsyncIterator[ApiKeys]:
    async with (
        found_stores(settings, makes=True) as located,
        make_pool(given_urls(located).database_url, size_max=1) as pool,
    ):
        yield ApiKeys(pool)
