"""Shops for one process: what opens their sealed credentials, and the one place where their platforms are called."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from inventory_service.bootstrap.probing import check_opens, opened, probe
from inventory_service.channels.mapping.loading import shipped_channels
from inventory_service.channels.mapping.own import MappingJudge, OwnMappings
from inventory_service.channels.mapping.reading import DocumentReader
from inventory_service.domain.shops.shop import HOLD_SECONDS
from inventory_service.ledger.alarm_book import PostgresAlarmBook
from inventory_service.ledger.credentials import PostgresCredentials
from inventory_service.ledger.hint_book import PostgresHintBook
from inventory_service.ledger.item_book import PostgresItemBook
from inventory_service.ledger.mappings import PostgresMappings
from inventory_service.ledger.pool import Pool
from inventory_service.ledger.run_book import PostgresRunBook
from inventory_service.ledger.shops import PostgresShops
from inventory_service.ledger.sync_book import PostgresSyncBook
from inventory_service.sealing import Sealer, parse_keys
from inventory_service.settings import Settings
from inventory_service.telemetry import channels
from inventory_service.usecases.shops.manage_credentials import ManageCredentials
from inventory_service.usecases.shops.manage_mappings import ManageMappings
from inventory_service.usecases.shops.manage_shops import ManageShops
from inventory_service.usecases.shops.probe_shop import ANSWER_WITHIN_S, ProbeShop, ShopCredentials
from inventory_service.usecases.shops.watch_credentials import WatchCredentials
from inventory_service.usecases.sync.adapter import Adapter
from inventory_service.usecases.sync.ports import Shop as RegisteredShop
from inventory_service.usecases.sync.push import TakePush
from inventory_service.usecases.sync.read_sync import ReadSync
from inventory_service.usecases.sync.runs import ManageRuns
from inventory_service.usecases.sync.write_back import ManageItems


def sealer_of(settings: Settings) -> Sealer | None:
    return None if settings.sealing_keys is None else Sealer(parse_keys(settings.sealing_keys))


@dataclass(frozen=True, slots=True)
class ShopParts:
    """`registry`, `secrets` and `own_mappings` are known by heart: refresh them every second."""

    sealer: Sealer | None
    registry: PostgresShops
    secrets: PostgresCredentials
    own_mappings: PostgresMappings
    watch: WatchCredentials
    shops: ManageShops
    credentials: ManageCredentials
    mappings: ManageMappings
    read: DocumentReader
    probe: ProbeShop

    def hold_seconds(self, _channel: str, shop: str) -> int:
        """Implements `usecases.orders.settle.HoldSeconds`."""
        found = self.registry.all().get(shop)
        return found.hold_seconds if found else HOLD_SECONDS

    @asynccontextmanager
    async def opened(self, shop: RegisteredShop) -> AsyncIterator[Adapter]:
        """Implements `usecases.sync.ports.Opens`."""
        found = await self.registry.lookup(shop.shop)
        if found is None:
            raise ValueError(f"{shop.shop} is not registered")
        adapter = opened(shop, ShopCredentials(found, self.secrets))
        try:
            yield adapter
        finally:
            await adapter.close()


def shop_parts(pool: Pool, settings: Settings, probe_within_s: float = ANSWER_WITHIN_S) -> ShopParts:
    sealer = sealer_of(settings)
    channels.expect(shipped_channels())
    registry, secrets, mappings = PostgresShops(pool), PostgresCredentials(pool, sealer), PostgresMappings(pool)
    watch = WatchCredentials(registry, secrets, PostgresAlarmBook(pool))
    return ShopParts(
        sealer,
        registry,
        secrets,
        mappings,
        watch,
        ManageShops(registry, shipped_channels(), check_opens),
        ManageCredentials(registry, secrets),
        ManageMappings(registry, mappings, MappingJudge()),
        DocumentReader(OwnMappings(mappings.newest)),
        ProbeShop(registry, secrets, watch, probe, within_s=probe_within_s),
    )


@dataclass(frozen=True, slots=True)
class SyncParts:
    """What the API does for the hub; close `push` at the end."""

    push: TakePush
    runs: ManageRuns
    items: ManageItems
    read: ReadSync


def sync_parts(pool: Pool, shops: ShopParts) -> SyncParts:
    hints, runs = PostgresHintBook(pool), PostgresRunBook(pool)
    return SyncParts(
        TakePush(shops.registry, shops.opened, hints, channels),
        ManageRuns(shops.registry, runs, hints),
        ManageItems(shops.registry, PostgresItemBook(pool)),
        ReadSync(shops.registry, PostgresSyncBook(pool), hints, runs),
    )
