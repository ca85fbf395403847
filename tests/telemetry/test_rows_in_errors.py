"""An error of Postgres may carry the row that it was about; neither the log nor a caller gets it."""

import io
import json
from collections.abc import Iterator

import asyncpg
import pytest
import structlog

from inventory_service.domain.errors import NotReady
from inventory_service.ledger.pool import Pool, postgres_errors
from inventory_service.telemetry.logs import configure_logs

EMAIL = "canary.customer@example.org"


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    configure_logs("info", stream)
    yield stream
    structlog.reset_defaults()


async def broken_row(database: Pool) -> asyncpg.PostgresError:
    with pytest.raises(asyncpg.NotNullViolationError) as caught:
        await database.execute("INSERT INTO warehouses (code, name) VALUES (NULL, $1)", f"{EMAIL}\nsecond line {EMAIL}")
    assert EMAIL in str(caught.value), "Postgres does not tell the row any more"
    return caught.value


async def test_the_log_leaves_it_out(database: Pool, stream: io.StringIO) -> None:
    error = await broken_row(database)
    log = structlog.get_logger()
    behind = RuntimeError("behind it")
    behind.__cause__ = error
    log.error("test.failed", reason=str(error), exc_info=behind)
    line = json.loads(stream.getvalue())
    assert EMAIL not in stream.getvalue()
    assert "NotNullViolationError" in line["exception"]
    assert "RuntimeError: behind it" in line["exception"]
    assert 'null value in column "code"' in line["reason"]


async def test_a_caller_does_not_hear_it(database: Pool) -> None:
    error = await broken_row(database)
    with pytest.raises(NotReady) as caught, postgres_errors():
        raise error
    assert str(caught.value).startswith('Postgres: null value in column "code"')
    assert EMAIL not in str(caught.value)
