"""Credentials of shops: set, told without their secrets, retired."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from inventory_service.domain.errors import Refused
from inventory_service.domain.shops.credential import Credential, State, Version, state_of
from inventory_service.usecases.clocks import wall_ms
from inventory_service.usecases.shops.manage_shops import registered
from inventory_service.usecases.shops.ports import Author, Credentials, Shops


class Shown(NamedTuple):
    version: Version
    state: State


class ManageCredentials:
    def __init__(self, shops: Shops, credentials: Credentials, now_ms: Callable[[], int] = wall_ms) -> None:
        self._shops = shops
        self._credentials = credentials
        self._now_ms = now_ms

    async def set(self, shop: str, credential: Credential, overlap_ms: int, by: str) -> Shown:
        """A new version of what opens the shop; the one before stays valid for `overlap_ms`. Other processes use it
        within 2 s. The same once more changes nothing.

        Raises Refused (`not_found`), NotReady, OutcomeUnknown.
        """
        found = await registered(self._shops, shop)
        number = await self._credentials.put(found, credential, overlap_ms, Author(by, self._now_ms()))
        return next(shown for shown in await self.list(shop) if shown.version.version == number)

    async def list(self, shop: str) -> Sequence[Shown]:
        """Every version there ever was, newest first. Raises Refused (`not_found`), NotReady."""
        await registered(self._shops, shop)
        versions, now_ms = await self._credentials.versions(shop), self._now_ms()
        return [Shown(each, state_of(each, versions, now_ms)) for each in versions]

    async def retire(self, shop: str, version: int, by: str) -> None:
        """It opens nothing any more, and its secrets are forgotten. Raises Refused (`not_found`), NotReady,
        OutcomeUnknown.
        """
        if not await self._credentials.retire(shop, version, Author(by, self._now_ms())):
            raise Refused("not_found", f"{shop} has no credential of version {version} that is kept.")
