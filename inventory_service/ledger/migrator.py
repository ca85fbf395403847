"""Brings a database up to the files in `migrations/`, and says where one stands."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Any

from inventory_service.ledger.queries import QUERIES
from inventory_service.resources import resource_folder

LOCK_KEY = 0x496E76656E74  # "Invent": an advisory lock of our own
LOCK_POLL_S = 0.1
LOCK_ATTEMPTS = 600
_NAME = re.compile(r"^(?P<number>\d{4})_\w+\.sql$")

Connection = Any  # asyncpg's connection or pool proxy: both speak the same methods


class MigrationError(Exception):
    """The database and the files disagree, or the lock could not be had. Nothing was changed."""


class State(StrEnum):
    APPLIED = "applied"
    PENDING = "pending"
    CHANGED = "changed"  # applied, but the file differs from what was applied
    MISSING = "missing"  # applied, but the file is gone


@dataclass(frozen=True, slots=True)
class Migration:
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        return sha256(self.sql.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class MigrationStatus:
    name: str
    state: State


async def migrate(connection: Connection, folder: Path | None = None) -> list[str]:
    """Apply what is pending, each file in a transaction of its own; the names of those applied now.

    Several processes may call it at once: one works, the others wait and find nothing to do.
    Raises MigrationError, asyncpg errors.
    """
    migrations = read_migrations(folder)
    async with _lock(connection):
        await connection.execute(QUERIES["make_schema_migrations"])
        statuses = _compare(migrations, await _applied(connection))
        _refuse_differences(statuses)
        pending = {status.name for status in statuses if status.state is State.PENDING}
        for migration in migrations:
            if migration.name in pending:
                await _apply(connection, migration)
    return sorted(pending)


async def status(connection: Connection, folder: Path | None = None) -> list[MigrationStatus]:
    """Every migration known here or there, in order."""
    return _compare(read_migrations(folder), await _applied(connection))


def read_migrations(folder: Path | None = None) -> list[Migration]:
    """Raises MigrationError when the files are not numbered 0001, 0002, … without gaps."""
    files = sorted((folder or resource_folder("migrations")).glob("*.sql"))
    for expected, file in enumerate(files, start=1):
        match = _NAME.match(file.name)
        if match is None or int(match["number"]) != expected:
            raise MigrationError(f"{file.name}: the next migration is called {expected:04d}_<what_it_does>.sql")
    return [Migration(file.name, file.read_text(encoding="utf-8")) for file in files]


def _compare(migrations: Sequence[Migration], applied: Mapping[str, str]) -> list[MigrationStatus]:
    known = {migration.name: migration.checksum for migration in migrations}
    statuses = []
    for name in sorted(known.keys() | applied.keys()):
        if name not in applied:
            state = State.PENDING
        elif name not in known:
            state = State.MISSING
        else:
            state = State.APPLIED if known[name] == applied[name] else State.CHANGED
        statuses.append(MigrationStatus(name, state))
    return statuses


def _refuse_differences(statuses: Sequence[MigrationStatus]) -> None:
    last_applied = max((each.name for each in statuses if each.state is not State.PENDING), default="")
    for each in statuses:
        if each.state is State.CHANGED:
            raise MigrationError(f"{each.name} was applied with other content: restore the file, add a new one instead")
        if each.state is State.MISSING:
            raise MigrationError(f"{each.name} was applied, but its file is gone: is this program older?")
        if each.state is State.PENDING and each.name < last_applied:
            raise MigrationError(f"{each.name} was never applied, but a later one was: number it behind {last_applied}")


async def _applied(connection: Connection) -> dict[str, str]:
    if await connection.fetchval(QUERIES["has_schema_migrations"]) is None:
        return {}
    return {row["name"]: row["checksum"] for row in await connection.fetch(QUERIES["applied_migrations"])}


async def _apply(connection: Connection, migration: Migration) -> None:
    async with connection.transaction():
        await connection.execute(QUERIES["limit_lock_waits"])
        await connection.execute(migration.sql)
        await connection.execute(QUERIES["note_migration"], migration.name, migration.checksum)


@asynccontextmanager
async def _lock(connection: Connection) -> AsyncIterator[None]:
    """Polled, not waited for: who waits inside Postgres holds a snapshot, which blocks CREATE INDEX CONCURRENTLY."""
    for _ in range(LOCK_ATTEMPTS):
        if await connection.fetchval(QUERIES["try_migration_lock"], LOCK_KEY):
            break
        await asyncio.sleep(LOCK_POLL_S)
    else:
        raise MigrationError(f"Another migration has been running for {LOCK_ATTEMPTS * LOCK_POLL_S:.0f} s; look there.")
    try:
        yield
    finally:
        if not connection.is_closed():
            await connection.execute(QUERIES["release_migration_lock"], LOCK_KEY)
