"""The Credentials port on Postgres: sealed there, opened in memory, read again on each change."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, NamedTuple

import msgspec

from inventory_service.domain.errors import NotReady, OutcomeUnknown, Refused
from inventory_service.domain.shops import credential as rules
from inventory_service.domain.shops.credential import Credential, Version
from inventory_service.domain.shops.shop import Shop
from inventory_service.ledger.pool import Connection, Pool, answering, changing
from inventory_service.ledger.queries import QUERIES
from inventory_service.ledger.shops import change_of, locked, note
from inventory_service.sealing import NotOpened, Sealer, version_of
from inventory_service.usecases.clocks import wall_ms
from inventory_service.usecases.shops.ports import Author, Untold

# Signature errors, of a broken shop or of strangers who push, may come many a second: they share one look.
LOOK_PAUSE_S = 0.25
_SECRETS = ("app_secret", "access_token", "refresh_token")
_NO_KEY = "Credentials are kept sealed, and INVENTORY_SEALING_KEYS is not set."


class _Kept(NamedTuple):
    """A version whose secrets are kept. `opened`: what is sealed, or in words why nobody can open it."""

    version: Version
    sealed: bytes
    opened: Credential | str


class _Renewal(NamedTuple):
    shop: Shop
    credential: Credential
    at_ms: int


class PostgresCredentials:
    """Implements `usecases.shops.ports.Credentials`. `refresh` it every second."""

    def __init__(self, pool: Pool, sealer: Sealer | None, now_ms: Callable[[], int] = wall_ms) -> None:
        self._pool = pool
        self._sealer = sealer
        self._now_ms = now_ms
        self._known: Mapping[str, Sequence[_Kept]] | None = None
        # A reading that began before a change must not end behind the one that follows the change.
        self._turn = asyncio.Lock()
        self._looking = asyncio.Lock()
        self._next_look: asyncio.Task[None] | None = None
        self._looked_at = -LOOK_PAUSE_S
        # By shop and version, until they are kept: platforms take a refresh token once, and the store may be away.
        self._renewals: dict[tuple[str, int], _Renewal] = {}
        self._keeping = asyncio.Lock()

    async def live(self, shop: str) -> Sequence[Credential]:
        self._key()
        if self._known is None:
            await self.refresh()
        kept = (self._known or {}).get(shop, ())
        valid = rules.live([each.version for each in kept], self._now_ms())
        found = [self._newest(shop, each) for version in valid for each in kept if each.version is version]
        for opened in found:
            if isinstance(opened, str):
                raise NotReady(opened)
        return [opened for opened in found if isinstance(opened, Credential)]

    def _newest(self, shop: str, kept: _Kept) -> Credential | str:
        renewal = self._renewals.get((shop, kept.version.version))
        return renewal.credential if renewal else kept.opened

    async def look_again(self) -> None:
        if self._next_look is None:
            self._next_look = asyncio.create_task(self._look_in_turn())
        await asyncio.shield(self._next_look)

    async def _look_in_turn(self) -> None:
        async with self._looking:
            await asyncio.sleep(max(0.0, self._looked_at + LOOK_PAUSE_S - time.monotonic()))
            self._next_look, self._looked_at = None, time.monotonic()
            await self.refresh()

    async def refresh(self) -> None:
        """Read everything that is kept, behind what has yet to be. Raises NotReady."""
        with suppress(NotReady, OutcomeUnknown):
            await self._keep_renewals()
        async with answering(), self._turn:
            rows = await self._pool.fetch(QUERIES["kept_credentials"])
            before = {each.sealed: each.opened for kept in (self._known or {}).values() for each in kept}
            known: dict[str, list[_Kept]] = defaultdict(list)
            for row in rows:
                known[row["shop"]].append(self._keep(row, before))
            self._known = known

    def _keep(self, row: Any, before: Mapping[bytes, Credential | str]) -> _Kept:
        """Opened once: no two seals are the same, since each has a nonce of its own."""
        version, sealed = _version(row), bytes(row["sealed"])
        if sealed in before:
            return _Kept(version, sealed, before[sealed])
        try:
            return _Kept(version, sealed, self._open(row, version, sealed))
        except (NotOpened, NotReady) as error:
            return _Kept(version, sealed, str(error))

    async def put(self, shop: Shop, credential: Credential, overlap_ms: int, author: Author) -> int:
        self._key()
        async with changing(self._pool) as connection, connection.transaction():
            await _lock(connection, shop)
            kept = [self._keep(row, {}) for row in await connection.fetch(QUERIES["credentials_of"], shop.shop)]
            valid = rules.live([each.version for each in kept], author.at_ms)
            current = next((each for each in kept if valid and each.version is valid[0]), None)
            if current is not None and _same(current.opened, credential):
                return current.version.version
            await self._end_others(connection, shop, valid, overlap_ms, author)
            number = 1 + max((each.version.version for each in kept), default=0)
            await self._add(connection, shop, replace(credential, version=number), author)
            detail = _told_of(credential) | ({"overlap_ms": overlap_ms} if valid else {})
            await note(connection, shop.shop, "set", number, author, detail, told=False)
        await self._refresh_if_possible()
        return number

    async def _end_others(
        self, connection: Connection, shop: Shop, valid: Sequence[Version], overlap_ms: int, author: Author
    ) -> None:
        for position, each in enumerate(valid):
            if position == 0 and overlap_ms:
                until_ms = author.at_ms + overlap_ms
                await connection.execute(QUERIES["end_credential"], shop.shop, each.version, until_ms)
            else:
                await connection.execute(QUERIES["retire_credential"], shop.shop, each.version, author.at_ms)

    async def _add(self, connection: Connection, shop: Shop, credential: Credential, author: Author) -> None:
        sealed = self._seal(shop, credential)
        named = (shop.shop, credential.version, credential.app_key, sealed, author.at_ms, author.name)
        ends = (credential.expires_ms, credential.renewable_until_ms, bool(credential.refresh_token))
        await connection.execute(QUERIES["add_credential"], *named, *ends)

    async def renewed(self, shop: Shop, credential: Credential, at_ms: int) -> None:
        self._key()
        self._renewals[shop.shop, credential.version] = _Renewal(shop, credential, at_ms)
        await self._keep_renewals()
        await self._refresh_if_possible()

    async def _keep_renewals(self) -> None:
        """One after the other, so that nobody keeps and notes the same twice. Raises NotReady, OutcomeUnknown."""
        if not self._renewals:
            return
        async with self._keeping:
            for place, renewal in list(self._renewals.items()):
                with suppress(Refused):  # the shop is gone
                    await self._keep_renewal(*renewal)
                if self._renewals.get(place) is renewal:
                    del self._renewals[place]

    async def _keep_renewal(self, shop: Shop, credential: Credential, at_ms: int) -> None:
        sealed = self._seal(shop, credential)
        ends = (credential.expires_ms, credential.renewable_until_ms, bool(credential.refresh_token))
        async with changing(self._pool) as connection, connection.transaction():
            await _lock(connection, shop)
            done = await connection.execute(
                QUERIES["renew_credential"], shop.shop, credential.version, sealed, *ends, at_ms
            )
            if done == "UPDATE 1":
                author = Author(shop.channel, at_ms)
                detail = {"expires_ms": credential.expires_ms, "renewable_until_ms": credential.renewable_until_ms}
                await note(connection, shop.shop, "renewed", credential.version, author, detail)

    async def retire(self, shop: str, version: int, author: Author) -> bool:
        async with changing(self._pool) as connection, connection.transaction():
            if await locked(connection, shop) is None:
                return False
            kept = [_version(row) for row in await connection.fetch(QUERIES["credentials_of"], shop)]
            valid = rules.live(kept, author.at_ms)
            done = await connection.execute(QUERIES["retire_credential"], shop, version, author.at_ms)
            if done == "UPDATE 0":
                return False
            if len(valid) > 1 and valid[0].version == version:
                await connection.execute(QUERIES["end_credential"], shop, valid[1].version, None)
            await note(connection, shop, "retired", version, author, {}, told=False)
        await self._refresh_if_possible()
        return True

    async def versions(self, shop: str) -> Sequence[Version]:
        async with answering():
            rows = await self._pool.fetch(QUERIES["credentials_of"], shop)
        return [_version(row) for row in rows]

    async def newest_versions(self) -> Sequence[tuple[str, Version]]:
        async with answering():
            rows = await self._pool.fetch(QUERIES["kept_credentials"])
        of_shop: dict[str, list[Version]] = defaultdict(list)
        for row in rows:
            of_shop[row["shop"]].append(_version(row))
        found = {shop: rules.live(versions, self._now_ms()) for shop, versions in of_shop.items()}
        return [(shop, versions[0]) for shop, versions in found.items() if versions]

    async def warned(self, shop: str, version: int, days: int) -> None:
        async with changing(self._pool) as connection:
            await connection.execute(QUERIES["credential_warned"], shop, version, days)

    async def untold(self, limit: int) -> Sequence[Untold]:
        async with answering():
            rows = await self._pool.fetch(QUERIES["untold_changes"], limit)
        return [Untold(change_of(row), row["app_key"]) for row in rows]

    async def told(self, changes: Sequence[int]) -> None:
        async with changing(self._pool) as connection:
            await connection.execute(QUERIES["changes_told"], list(changes))

    async def forget_ended(self, now_ms: int) -> None:
        async with changing(self._pool) as connection:
            await connection.execute(QUERIES["forget_ended_credentials"], now_ms)

    def _key(self) -> Sealer:
        if self._sealer is None:
            raise NotReady(_NO_KEY)
        return self._sealer

    def _seal(self, shop: Shop, credential: Credential) -> bytes:
        content = msgspec.json.encode({name: getattr(credential, name) for name in _SECRETS})
        return self._key().seal(content, place_of(shop.channel, shop.shop, credential.version))

    def _open(self, row: Any, version: Version, sealed: bytes) -> Credential:
        """Raises NotOpened, NotReady."""
        opened = self._key().open(sealed, place_of(row["channel"], row["shop"], version.version))
        return Credential(
            version=version.version,
            app_key=version.app_key,
            expires_ms=version.expires_ms,
            renewable_until_ms=version.renewable_until_ms,
            **msgspec.json.decode(opened, type=dict[str, str]),
        )

    async def _refresh_if_possible(self) -> None:
        """Behind a change: it is done, whether or not we can read it now."""
        with suppress(NotReady):
            await self.refresh()


def place_of(channel: str, shop: str, version: int) -> str:
    """What a seal is bound to."""
    return f"credential of {channel}/{shop}, version {version}"


async def _lock(connection: Connection, shop: Shop) -> None:
    if await locked(connection, shop.shop) is None:
        raise Refused("not_found", f"There is no shop {shop.shop}.")


def _version(row: Any) -> Version:
    fields = dict(row)
    del fields["shop"], fields["channel"]
    fields["sealed_with"] = version_of(fields.pop("sealed"))
    return Version(**fields)


def _same(opened: Credential | str, credential: Credential) -> bool:
    """Whether somebody sets what is set already, as a repeat after a lost answer does."""
    return isinstance(opened, Credential) and replace(credential, version=opened.version) == opened


def _told_of(credential: Credential) -> dict[str, object]:
    holds = [name for name in _SECRETS if getattr(credential, name)]
    return {"app_key": credential.app_key, "holds": holds, "expires_ms": credential.expires_ms}
