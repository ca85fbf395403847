"""Shops for one process: what opens their sealed credentials, and the one place where their platforms are called."""

from dataclasses import dataclass

from inventory_service.channels.mapping.loading import shipped_channels
from inventory_service.domain.shops.shop import Shop
from inventory_service.ledger.alarm_book import PostgresAlarmBook
from inventory_service.ledger.credentials import PostgresCredentials
from inventory_service.ledger.pool import Pool
from inventory_service.ledger.shops import PostgresShops
from inventory_service.sealing import Sealer, parse_keys
from inventory_service.settings import Settings
from inventory_service.usecases.shops.manage_credentials import ManageCredentials
from inventory_service.usecases.shops.manage_shops import ManageShops
from inventory_service.usecases.shops.ports import CredentialSource, Probed, ProbeOutcome
from inventory_service.usecases.shops.probe_shop import ANSWER_WITHIN_S, ProbeShop
from inventory_service.usecases.shops.watch_credentials import WatchCredentials


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
