"""A shop called by its platform's adapter."""

from collections.abc import Sequence
from typing import Any

from inventory_service.channels import shop as channel
from inventory_service.channels.registry import open_adapter, platforms
from inventory_service.domain.shops.credential import Credential
from inventory_service.domain.shops.shop import Shop
from inventory_service.usecases.shops.ports import CredentialSource, Probed, ProbeOutcome
from inventory_service.usecases.sync.adapter import (
    Adapter,
    ChannelError,
    CredentialRefused,
    NotUnderstood,
    Permanent,
    Temporary,
    Throttled,
)
from inventory_service.usecases.sync.ports import Shop as RegisteredShop

_OUTCOMES: dict[type[ChannelError], ProbeOutcome] = {
    CredentialRefused: ProbeOutcome.CREDENTIAL_REFUSED,
    Throttled: ProbeOutcome.THROTTLED,
    Temporary: ProbeOutcome.UNREACHABLE,
    Permanent: ProbeOutcome.REFUSED,
    NotUnderstood: ProbeOutcome.NOT_UNDERSTOOD,
}


def opened(shop: RegisteredShop, credentials: CredentialSource) -> Adapter:
    """Its adapter. The settings have been checked: they are fields of the same names. Raises ValueError."""
    settings: dict[str, Any] = dict(shop.settings)
    platform = settings.pop("protocol", shop.channel)
    called = channel.Shop(name=shop.shop, platform=platform, base_url=shop.base_url, **settings)
    return open_adapter(called, credentials)


class _Nobody:
    """Implements `usecases.shops.ports.CredentialSource`, of whoever makes no call."""

    async def live(self) -> Sequence[Credential]:
        return ()

    async def renewed(self, credential: Credential) -> None:
        """There is none."""


def check_opens(shop: Shop) -> None:
    """Raises ValueError for options that its platform does not have: each call and each message would fail."""
    if shop.settings.get("protocol", shop.channel) in platforms():
        opened(shop, _Nobody())


async def probe(shop: Shop, credentials: CredentialSource) -> Probed:
    """Implements `usecases.shops.ports.Probe`."""
    if shop.settings.get("protocol", shop.channel) not in platforms():
        return Probed(ProbeOutcome.NO_ADAPTER, detail=f"there is no adapter for {shop.channel}")
    adapter = opened(shop, credentials)
    try:
        await adapter.probe()
    except ChannelError as error:
        which = error.which if isinstance(error, CredentialRefused) else ""
        return Probed(_OUTCOMES[type(error)], which, error.code, error.detail)
    finally:
        await adapter.close()
    return Probed(ProbeOutcome.OK)
