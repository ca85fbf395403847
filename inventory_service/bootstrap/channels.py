"""Shops: what opens what is sealed, the one place where platforms are called, and what the commands do.

Each command raises SettingsError, EmbeddedError, and what its use case raises.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from inventory_service.bootstrap.stores import found_stores, given_urls
from inventory_service.channels.mapping.loading import shipped_channels
from inventory_service.domain.shops.credential import Credential
from inventory_service.domain.shops.shop import Shop
from inventory_service.ledger.alarm_book import PostgresAlarmBook
from inventory_service.ledger.credentials import PostgresCredentials
from inventory_service.ledger.pool import Pool, make_pool
from inventory_service.ledger.shops import PostgresShops
from inventory_service.sealing import Sealer, parse_keys
from inventory_service.settings import Settings
from inventory_service.usecases.shops.manage_credentials import AllResealed, ManageCredentials, Shown
from inventory_service.usecases.shops.manage_shops import ManageShops
from inventory_service.usecases.shops.ports import Change, CredentialSource, Probed, ProbeOutcome
from inventory_service.usecases.shops.probe_shop import ANSWER_WITHIN_S, ProbeShop, ShopProbed
from inventory_service.usecases.shops.watch_credentials import WatchCredentials

BY = "cli"
PAGE_MAX = 200
PROBE_WITHIN_S = 30.0  # a person waits, and platforms may be slow


def sealer_of(settings: Settings) -> Sealer | None:
    return None if settings.sealing_keys is None else Sealer(parse_keys(settings.sealing_keys))


async def _probe(shop: Shop, _credentials: CredentialSource) -> Probed:
    """Implements `usecases.shops.ports.Probe`."""
    return Probed(ProbeOutcome.NO_ADAPTER, detail=f"there is no adapter for {shop.channel}")


@dataclass(frozen=True, slots=True)
class ShopParts:
    """`registry` and `secrets` are known by heart: refresh them every second."""

    registry: PostgresShops
    secrets: PostgresCredentials
    shops: ManageShops
    credentials: ManageCredentials
    probe: ProbeShop


def shop_parts(pool: Pool, settings: Settings, probe_within_s: float = ANSWER_WITHIN_S) -> ShopParts:
    registry, secrets = PostgresShops(pool), PostgresCredentials(pool, sealer_of(settings))
    watch = WatchCredentials(registry, secrets, PostgresAlarmBook(pool))
    return ShopParts(
        registry,
        secrets,
        ManageShops(registry, shipped_channels()),
        ManageCredentials(registry, secrets),
        ProbeShop(registry, secrets, watch, _probe, within_s=probe_within_s),
    )


@asynccontextmanager
async def _parts(settings: Settings) -> AsyncIterator[ShopParts]:
    async with (
        found_stores(settings, makes=True) as located,
        make_pool(given_urls(located).database_url, size_max=1) as pool,
    ):
        yield shop_parts(pool, settings, PROBE_WITHIN_S)


async def list_shops(settings: Settings) -> list[Shop]:
    shops: list[Shop] = []
    async with _parts(settings) as parts:
        await parts.registry.refresh()
        cursor = ""
        while True:
            page = await parts.shops.list(PAGE_MAX, cursor)
            shops += page.data
            cursor = page.next_cursor
            if not cursor:
                return shops


async def shop(settings: Settings, name: str) -> Shop:
    async with _parts(settings) as parts:
        return await parts.shops.one(name)


async def put_shop(settings: Settings, described: Shop) -> Shop:
    async with _parts(settings) as parts:
        return await parts.shops.put(described, BY)


async def history(settings: Settings, name: str) -> Sequence[Change]:
    async with _parts(settings) as parts:
        return await parts.shops.history(name)


async def set_credential(settings: Settings, name: str, credential: Credential, overlap_ms: int) -> Shown:
    async with _parts(settings) as parts:
        return await parts.credentials.set(name, credential, overlap_ms, BY)


async def list_credentials(settings: Settings, name: str) -> Sequence[Shown]:
    async with _parts(settings) as parts:
        return await parts.credentials.list(name)


async def retire_credential(settings: Settings, name: str, version: int) -> None:
    async with _parts(settings) as parts:
        await parts.credentials.retire(name, version, BY)


async def reseal(settings: Settings) -> AllResealed:
    async with _parts(settings) as parts:
        return await parts.credentials.reseal()


async def probe_shop(settings: Settings, name: str) -> ShopProbed:
    async with _parts(settings) as parts:
        return await parts.probe(name)
