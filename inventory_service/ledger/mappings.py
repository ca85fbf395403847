"""The Mappings port on Postgres: the newest of each shop in memory, read again on each change."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from inventory_service.domain.errors import NotReady, Refused
from inventory_service.ledger.pool import Pool, answering, changing
from inventory_service.ledger.queries import QUERIES
from inventory_service.ledger.shops import locked, note
from inventory_service.usecases.shops.ports import Author, MappingVersion


class Newest(NamedTuple):
    """`toml` "": ours."""

    version: int
    toml: str


class PostgresMappings:
    """Implements `usecases.shops.ports.Mappings`. `refresh` it every second; what it knows survives Postgres."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._known: Mapping[str, Newest] | None = None
        # A reading that began before a change must not end behind the one that follows the change.
        self._turn = asyncio.Lock()

    def newest(self, shop: str) -> Newest | None:
        """From memory; None: it never had one. Raises NotReady: read by ours, its orders would be wrong for good."""
        if self._known is None:
            raise NotReady("The mappings of shops have not been read yet.")
        return self._known.get(shop)

    async def put(self, shop: str, toml: str, digest: str, author: Author) -> int:
        async with changing(self._pool) as connection, connection.transaction():
            if await locked(connection, shop) is None:
                raise Refused("not_found", f"There is no shop {shop}.")
            newest = await connection.fetchrow(QUERIES["mappings_of"], shop, 1)
            if newest is not None and newest["toml"] == toml:
                return int(newest["version"])
            number = 1 + (newest["version"] if newest is not None else 0)
            await connection.execute(QUERIES["add_mapping"], shop, number, toml, digest, author.at_ms, author.name)
            detail = {"mapping": number, "digest": digest}
            await note(connection, shop, "mapped" if toml else "unmapped", 0, author, detail)
        await self._refresh_if_possible()
        return number

    async def history(self, shop: str, limit: int) -> Sequence[MappingVersion]:
        async with answering():
            rows = await self._pool.fetch(QUERIES["mappings_of"], shop, limit)
        return [MappingVersion(**dict(row)) for row in rows]

    async def refresh(self) -> None:
        """Raises NotReady."""
        async with answering(), self._turn:
            known = self._known or {}
            versions = [newest.version for newest in known.values()]
            rows = await self._pool.fetch(QUERIES["newest_mappings"], list(known), versions)
            self._known = {
                row["shop"]: known[row["shop"]] if row["toml"] is None else Newest(row["version"], row["toml"])
                for row in rows
            }

    async def _refresh_if_possible(self) -> None:
        """Behind a change: it is done, whether or not we can read it now."""
        try:
            await self.refresh()
        except NotReady:
            self._known = None  # rather none than the one of before
