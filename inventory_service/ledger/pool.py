"""Connections to Postgres, and what its errors mean here."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import TYPE_CHECKING, Any

import asyncpg

from inventory_service.domain.errors import NotReady, OutcomeUnknown, Refused

if TYPE_CHECKING:
    Pool = asyncpg.Pool[asyncpg.Record]
    Connection = asyncpg.pool.PoolConnectionProxy[asyncpg.Record]
else:
    Pool = Connection = Any

CONNECT_TIMEOUT_S = 3.0
READ_TIMEOUT_S = 4.0  # a caller is answered within 5 s
WRITE_TIMEOUT_S = 30.0
_SESSION = {
    "application_name": "inventory-service",
    "jit": "off",
    # Lists have optional conditions: planned with their values, an absent one costs nothing.
    "plan_cache_mode": "force_custom_plan",
    "idle_in_transaction_session_timeout": "60s",
    "lock_timeout": "10s",
    "synchronous_commit": "on",
}


def make_pool(url: str, *, size_max: int, timeout_s: float = READ_TIMEOUT_S) -> Pool:
    """A pool that connects when it is first used, so that a process starts while Postgres is away.

    `await` it or enter it once before use; close it at the end.
    """
    return asyncpg.create_pool(
        url,
        min_size=0,
        max_size=size_max,
        timeout=CONNECT_TIMEOUT_S,
        command_timeout=timeout_s,
        server_settings=_SESSION,
    )


# A connection that broke, or cannot be made. InternalClientError: asyncpg was still at work on it when it broke.
_BROKEN = (OSError, TimeoutError, asyncpg.InterfaceError, asyncpg.InternalClientError)

# What an error says of a change whose COMMIT was sent, by the beginning of its SQLSTATE. An answer of Postgres is
# definite: the change was rolled back (values 22, constraints 23, read-only and other states 25, rights 28 and 42,
# conflicts 40, resources 53, locks 55, cancelled 57014, not yet started 57P03). But these come from a server or a
# connection that ended, perhaps behind the commit; so does everything that is _BROKEN.
INDEFINITE = (
    "08",  # the connection
    "40003",  # it says so itself: statement completion unknown
    "57P01",  # shut down by its administrator
    "57P02",  # crashed
    "58",  # the system around it failed
    "XX",  # it failed itself
)


def _may_stand(error: Exception) -> bool:
    sqlstate = error.sqlstate if isinstance(error, asyncpg.PostgresError) else None
    return sqlstate is None or sqlstate.startswith(INDEFINITE)


@contextmanager
def postgres_errors(*, committing: bool = False) -> Iterator[None]:
    """Every failure of Postgres becomes NotReady; values that it cannot hold at all (NUL in a text) are refused.

    `committing`: what is done here commits by itself, so that a failure may be OutcomeUnknown too.
    """
    try:
        yield
    except asyncpg.DataError as error:
        raise Refused("validation_failed", "A value holds NUL or half a character, or is out of range.") from error
    except asyncpg.exceptions.UndefinedTableError as error:
        raise NotReady("The database has not been migrated: run `migrate up`.") from error
    except (*_BROKEN, asyncpg.PostgresError) as error:
        text = f"Postgres: {first_line(error)}"
        raise (OutcomeUnknown(text) if committing and _may_stand(error) else NotReady(text)) from error


@asynccontextmanager
async def answering() -> AsyncIterator[None]:
    """`postgres_errors` for the calls of somebody who waits for an answer: over after READ_TIMEOUT_S, the wait for a
    free connection included.
    """
    with postgres_errors():
        async with asyncio.timeout(READ_TIMEOUT_S):
            yield


@asynccontextmanager
async def changing(pool: Pool) -> AsyncIterator[Connection]:
    """A connection for one statement that changes something, for somebody who waits for an answer.

    Raises NotReady, Refused: it did not happen; OutcomeUnknown: it may have.
    """
    over_at = asyncio.get_running_loop().time() + READ_TIMEOUT_S
    with postgres_errors():
        async with asyncio.timeout_at(over_at):
            connection = await pool.acquire()
    try:
        with postgres_errors(committing=True):
            async with asyncio.timeout_at(over_at):
                yield connection
    finally:
        # The pool has it forget its settings. Where it fails at that it is ended, and what was done stays done.
        with suppress(*_BROKEN, asyncpg.PostgresError):
            await pool.release(connection)


# What a repeat may cure. Anything else from a write is a bug and must be seen.
PASSING = (
    *_BROKEN,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
    asyncpg.LockNotAvailableError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.PostgresSystemError,
)


@contextmanager
def postgres_away() -> Iterator[None]:
    """Failures that a repeat may cure become NotReady; the outcome of a commit is then unknown."""
    try:
        yield
    except PASSING as error:
        raise NotReady(f"Postgres: {first_line(error)}") from error


def first_line(error: Exception) -> str:
    """What went wrong, without the DETAIL that may follow: it shows the row, and with it what customers wrote."""
    return str(error).partition("\n")[0] or type(error).__name__
