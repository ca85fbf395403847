"""What a Postgres server and its ledger say of themselves, for people who look after them. Nothing is changed."""

import time
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from inventory_service.domain.errors import NotReady
from inventory_service.domain.events import Position
from inventory_service.ledger.migrator import MigrationError, MigrationStatus, State, status
from inventory_service.ledger.pool import CONNECT_TIMEOUT_S, READ_TIMEOUT_S, postgres_errors
from inventory_service.ledger.queries import QUERIES
from inventory_service.ledger.turn import HUB, WORKER, is_taken

SETTINGS = ("fsync", "full_page_writes", "max_connections", "server_version")


@dataclass(frozen=True, slots=True)
class LedgerReport:
    """Where the ledger stands, and what in it waits for a person."""

    deployment: str
    position: Position
    highest_epoch: int
    worker: bool  # one holds the worker's lock
    hub: bool
    shops: int  # that a hub is to call
    open_alerts: int
    open_exceptions: int
    quarantined: int  # subjects that the ledger does not follow


@dataclass(frozen=True, slots=True)
class PostgresReport:
    """`ledger` is None while the schema is not up to date; `schema_problem`: the migrations cannot be compared."""

    settings: dict[str, str]
    now_ms: int
    asked_ms: int  # this machine's clock at that moment
    recovering: bool  # a standby: nothing can be written
    connections: int
    migrations: list[MigrationStatus] = field(default_factory=list)
    schema_problem: str = ""
    ledger: LedgerReport | None = None

    @property
    def pending(self) -> list[str]:
        return [each.name for each in self.migrations if each.state is State.PENDING]


async def postgres_report(database_url: str) -> PostgresReport:
    """Raises NotReady with the reason."""
    with postgres_errors():
        try:
            connection = await asyncpg.connect(database_url, timeout=CONNECT_TIMEOUT_S, command_timeout=READ_TIMEOUT_S)
        except (ValueError, asyncpg.ClientConfigurationError):  # its words may hold a part of the password
            raise NotReady(
                "The URL of Postgres cannot be read: check its port, and escape what is special in its password."
            ) from None
        try:
            return await _report(connection)
        finally:
            await connection.close(timeout=CONNECT_TIMEOUT_S)


async def _report(connection: Any) -> PostgresReport:
    row = await connection.fetchrow(QUERIES["server_facts"])
    asked_ms = time.time_ns() // 1_000_000
    settings = {name: await connection.fetchval(QUERIES["setting"], name) for name in SETTINGS}
    facts = (settings, row["now_ms"], asked_ms, row["recovering"], row["connections"])
    try:
        migrations = await status(connection)
    except MigrationError as error:
        return PostgresReport(*facts, schema_problem=str(error))
    if any(each.state is State.PENDING for each in migrations):
        return PostgresReport(*facts, migrations)
    return PostgresReport(*facts, migrations, ledger=await _ledger(connection))


async def _ledger(connection: Any) -> LedgerReport:
    row = await connection.fetchrow(QUERIES["ledger_facts"], 0)
    return LedgerReport(
        deployment=str(row["deployment_id"]),
        position=Position(row["epoch"], row["seq"]),
        highest_epoch=row["highest_epoch"],
        worker=await is_taken(connection, WORKER),
        hub=await is_taken(connection, HUB),
        shops=await connection.fetchval(QUERIES["shops_to_call"]),
        open_alerts=row["open_alerts"],
        open_exceptions=row["open_exceptions"],
        quarantined=row["quarantined"],
    )
