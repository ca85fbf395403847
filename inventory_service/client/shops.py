"""Shops that orders come from, and their credentials: what is sent and answered, and the calls."""

from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from inventory_service.client.base import BaseClient
from inventory_service.client.listing import Listing
from inventory_service.client.retries import Retry
from inventory_service.client.stock import PAGE_SIZE, part

_SHOPS = "/v1/channels/shops"


class Shop(Struct, frozen=True, kw_only=True):
    """The whole description, as it is put and as it is answered.

    `responsible`: the person who is called when it fails. `hold_seconds`: how long an unpaid order keeps its stock.
    `paused_reason`: why the service itself stopped calling it; only answered.
    """

    shop: str
    channel: str
    title: str
    responsible: str
    base_url: str
    hold_seconds: int = 900
    settings: dict[str, Any] = {}
    enabled: bool = True
    paused_reason: str | None = None


class ShopCredential(Struct, frozen=True, kw_only=True):
    """One version, without its secrets. `state`: current, previous (valid until `valid_until`) or retired."""

    version: int
    state: str
    app_key: str
    set_at: datetime
    set_by: str
    renewed_at: datetime
    valid_until: datetime | None = None
    retired_at: datetime | None = None
    expires_at: datetime | None = None
    renewable_until: datetime | None = None
    renews: bool = False
    sealed_with: int | None = None


class ShopCredentials(Struct, frozen=True, kw_only=True):
    """Newest first."""

    shop: str
    credentials: tuple[ShopCredential, ...] = ()


class ShopTest(Struct, frozen=True, kw_only=True):
    """What a real signed call came to: `outcome` "ok", or what went wrong. `which` part of the credential is refused.

    `code`: the platform's own. `app_key` and `version`: of the credential that signed.
    """

    shop: str
    channel: str
    outcome: str
    tested_at: datetime
    took_ms: int
    which: str | None = None
    code: str | None = None
    detail: str | None = None
    app_key: str | None = None
    version: int | None = None


class MappingChange(Struct, frozen=True, kw_only=True):
    """`place`: table and key. `before`, `after` None: nothing stands there."""

    place: str
    before: str | None = None
    after: str | None = None


class MappingSet(Struct, frozen=True, kw_only=True):
    """What counts from now on, and what that changes."""

    shop: str
    version: int
    digest: str
    changes: tuple[MappingChange, ...] = ()


class MappingVersion(Struct, frozen=True, kw_only=True):
    """`own` False: from then on the service's."""

    version: int
    own: bool = True
    digest: str
    set_at: datetime
    set_by: str


class ShopMapping(Struct, frozen=True, kw_only=True):
    """What counts now. `toml` None: the service's mapping of the channel. `versions`: newest first."""

    shop: str
    channel: str
    version: int
    toml: str | None = None
    digest: str | None = None
    problem: str | None = None
    versions: tuple[MappingVersion, ...] = ()


class ShopCalls(BaseClient):
    """Of InventoryClient."""

    async def put_shop(self, shop: Shop, *, retry: Retry | None = None) -> Shop:
        """Register or change a shop; it stays in its channel."""
        body = msgspec.to_builtins(shop)
        del body["shop"], body["paused_reason"]
        return await self._change("PUT", _path(shop.shop), Shop, body, shop.shop, retry)

    async def shop(self, name: str, *, retry: Retry | None = None) -> Shop:
        """Raises NotFound."""
        return await self._ask(_path(name), Shop, retry)

    def shops(
        self, *, page_size: int = PAGE_SIZE, cursor: str | None = None, retry: Retry | None = None
    ) -> Listing[Shop]:
        """By name."""
        return self._list(_SHOPS, Shop, page_size, cursor, retry)

    async def set_credential(  # noqa: PLR0913  # all by name
        self,
        shop: str,
        *,
        app_key: str,
        app_secret: str,
        access_token: str | None = None,
        refresh_token: str | None = None,
        expires_at: datetime | None = None,
        renewable_until: datetime | None = None,
        overlap_seconds: int | None = None,
        retry: Retry | None = None,
    ) -> ShopCredential:
        """A new version of what opens the shop; the one before stays valid for `overlap_seconds`.

        `expires_at`, with its offset: when the access token ends, `renewable_until`: when the refresh token does.
        Sent again, the same is no new version. Raises NotFound.
        """
        given = {
            "app_key": app_key,
            "app_secret": app_secret,
            "access_token": access_token,
            "refresh_token": refresh_token,
            "expires_at": expires_at,
            "renewable_until": renewable_until,
            "overlap_seconds": overlap_seconds,
        }
        body = {name: value for name, value in given.items() if value is not None}
        return await self._change("PUT", _path(shop, "/credentials"), ShopCredential, body, shop, retry)

    async def credentials(self, shop: str, *, retry: Retry | None = None) -> ShopCredentials:
        """Every version there ever was, without the secrets. Raises NotFound."""
        return await self._ask(_path(shop, "/credentials"), ShopCredentials, retry)

    async def test_shop(self, name: str, *, retry: Retry | None = None) -> ShopTest:
        """Make a real signed call to the platform. Raises NotFound."""
        return await self._change("POST", _path(name, "/test"), ShopTest, {}, name, retry)

    async def put_mapping(self, shop: str, toml: str, *, retry: Retry | None = None) -> MappingSet:
        """Read the shop's orders by this mapping from now on. Raises NotFound, ValidationFailed: it is wrong."""
        return await self._change("PUT", _path(shop, "/mapping"), MappingSet, {"toml": toml}, shop, retry)

    async def mapping(self, shop: str, *, retry: Retry | None = None) -> ShopMapping:
        """By which mapping the shop's orders are read, and which there were. Raises NotFound."""
        return await self._ask(_path(shop, "/mapping"), ShopMapping, retry)

    async def unset_mapping(self, shop: str, *, retry: Retry | None = None) -> MappingSet:
        """Read by the service's mapping of the channel again. Raises NotFound, ValidationFailed: it has none."""
        return await self._change("DELETE", _path(shop, "/mapping"), MappingSet, {}, shop, retry)


def _path(shop: str, verb: str = "") -> str:
    return f"{_SHOPS}/{part(shop)}{verb}"
