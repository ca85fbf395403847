"""An import where no service runs, killed with the servers that it had started for itself."""

import asyncio
import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from inventory_service.usecases.import_stock import CHUNK_LINES
from tests.acceptance.processes import recorded_pids
from tests.acceptance.service import RunningService
from tests.acceptance.shop import open_warehouses
from tests.cli.importing import Importer, deliveries

LINES = 6_000


@pytest.fixture
def rested() -> Iterator[RunningService]:
    """A service that knows its warehouses, and has ended."""
    with RunningService() as service:
        asyncio.run(open_warehouses(service.url))
        service.stop()
        yield service


def test_it_goes_on_alone_and_leaves_nothing_running(rested: RunningService, tmp_path: Path) -> None:
    file, sums = deliveries(tmp_path, "TEE", LINES)
    importer = Importer(rested)
    assert importer.stopped(file, signal.SIGKILL, CHUNK_LINES)[0] == -signal.SIGKILL
    assert len(recorded_pids(rested.data_dir)) == 2  # its servers outlived it
    rest = importer.tally(file, "--type", "receive")
    assert CHUNK_LINES <= rest["duplicates"] + rest["repeated"] < LINES
    assert rest["applied"] == LINES - rest["duplicates"]
    assert not recorded_pids(rested.data_dir)

    rows = rested.cli("stock", "export", "--format", "ndjson").stdout.splitlines()
    levels = {(row["sku"], row["warehouse"]): row["on_hand"] for row in map(json.loads, rows)}
    assert levels == sums
    rested.verify()
