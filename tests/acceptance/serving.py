"""A service for a whole session of tests, and what must be true of it at their end."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from tests.acceptance.service import RunningService
from tests.acceptance.shop import open_warehouses

LOG_TAIL = 6000  # characters


@contextmanager
def serving(workers: int = 1, environment: Mapping[str, str] | None = None) -> Iterator[RunningService]:
    """Its warehouses open. Afterwards the books must balance, SIGTERM ends it with 0, and nothing may have raised."""
    with RunningService(workers=workers, environment=environment) as running:
        asyncio.run(open_warehouses(running.url))
        yield running
        running.verify()
        running.stop()
        assert "Traceback" not in running.log_text(), running.log_text()[-LOG_TAIL:]
