"""The Shops port on Postgres: the whole registry in memory, read again on each change."""

import asyncio
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import msgspec

from inventory_service.domain.errors import NotReady, Refused
from inventory_service.domain.shops.shop import Shop
from inventory_service.ledger.pool import Connection, Pool, answering, changing
from inventory_service.ledger.queries import QUERIES
from inventory_service.usecases.shops.ports import Author, Change

# What people set; the rest is the service's own.
_SET = ("title", "responsible", "base_url", "hold_seconds", "settings", "enabled")
# Behind them nobody knows what the platform has for sale, and all of it is written again.
_MAKES_UNKNOWN = frozenset({"base_url", "enabled"})


class PostgresShops:
    """Implements `usecases.shops.ports.Shops`. Between two refreshes it answers from memory, and goes on doing so
    while Postgres is away.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._known: Mapping[str, Shop] | None = None
        # A reading that began before a change must not end behind the one that follows the change.
        self._turn = asyncio.Lock()

    def all(self) -> Mapping[str, Shop]:
        if self._known is None:
            raise NotReady("The shops have not been read yet.")
        return self._known

    async def lookup(self, shop: str) -> Shop | None:
        if self._known is None or shop not in self._known:
            await self.refresh()
        return self.all().get(shop)

    async def put(self, shop: Shop, author: Author) -> None:
        async with changing(self._pool) as connection, connection.transaction():
            before = await locked(connection, shop.shop)
            put = await connection.execute(QUERIES["put_shop"], *_row(shop))
            if put == "INSERT 0 0":
                known = "another channel" if before is None else before.channel
                raise Refused("validation_failed", f"{shop.shop} is a shop of {known}, and stays one.", "/channel")
            changed = _changed(before, shop)
            if before is None or changed:
                action = "changed" if before else "added"
                await note(connection, shop.shop, action, 0, author, changed)
            if before and _MAKES_UNKNOWN & changed.keys():
                await connection.execute(QUERIES["forget_written"], shop.shop)
        await self.refresh_if_possible()

    async def pause(self, shop: str, reason: str, version: int, author: Author) -> bool:
        async with changing(self._pool) as connection, connection.transaction():
            paused = await connection.execute(QUERIES["pause_shop"], shop, reason, version) == "UPDATE 1"
            if paused:
                await note(connection, shop, "paused", 0, author, {"reason": reason, "version": version})
        await self.refresh_if_possible()
        return paused

    async def resume(self, shop: str, author: Author) -> bool:
        async with changing(self._pool) as connection, connection.transaction():
            resumed = await connection.execute(QUERIES["resume_shop"], shop) == "UPDATE 1"
            if resumed:
                await note(connection, shop, "resumed", 0, author, {})
        await self.refresh_if_possible()
        return resumed

    async def history(self, shop: str, limit: int) -> Sequence[Change]:
        async with answering():
            rows = await self._pool.fetch(QUERIES["shop_history"], shop, limit)
        return [change_of(row) for row in rows]

    async def refresh(self) -> None:
        """Raises NotReady."""
        async with answering(), self._turn:
            rows = await self._pool.fetch(QUERIES["all_shops"])
            self._known = MappingProxyType({row["shop"]: _shop(row) for row in rows})

    async def refresh_if_possible(self) -> None:
        """Behind a change: it is done, whether or not we can read it now."""
        try:
            await self.refresh()
        except NotReady:
            self._known = None  # rather none than the one of before


async def locked(connection: Connection, shop: str) -> Shop | None:
    """As it is; nobody else changes it or its credentials before this transaction ends."""
    row = await connection.fetchrow(QUERIES["lock_shop"], shop)
    return None if row is None else _shop(row)


async def note(
    connection: Connection,
    shop: str,
    action: str,
    version: int,
    author: Author,
    detail: Mapping[str, object],
    *,
    told: bool = True,
) -> None:
    """A line of its history. `told` False: people are to be told of it."""
    text = msgspec.json.encode(detail).decode()
    await connection.execute(QUERIES["note_shop_change"], shop, action, version, author.name, author.at_ms, text, told)


def change_of(row: Any) -> Change:
    detail = msgspec.json.decode(row["detail"], type=dict[str, object])
    return Change(row["change_id"], row["shop"], row["action"], row["version"], row["by"], row["at_ms"], detail)


def _shop(row: Any) -> Shop:
    fields = dict(row)
    fields["settings"] = msgspec.json.decode(fields["settings"], type=dict[str, object])
    return Shop(**fields)


def _row(shop: Shop) -> tuple[object, ...]:
    settings = msgspec.json.encode(shop.settings).decode()
    named = (shop.shop, shop.channel, shop.title, shop.responsible, shop.base_url)
    return (*named, shop.hold_seconds, settings, shop.enabled)


def _changed(before: Shop | None, after: Shop) -> dict[str, object]:
    """Name → what it was and what it is; of a new one what it is."""
    if before is None:
        return {"channel": after.channel} | {name: getattr(after, name) for name in _SET}
    pairs = {name: [getattr(before, name), getattr(after, name)] for name in _SET}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
