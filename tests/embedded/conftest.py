"""Data folders that were used before, so that only the tests about the first start pay for one."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from inventory_service.embedded import EmbeddedServers
from inventory_service.embedded.places import read_running
from tests import servers


@pytest.fixture(scope="session")
def used_data_dir() -> Iterator[Path]:
    """A folder in which both servers have run and stopped cleanly."""
    with servers.server_folder() as folder:
        data_dir = folder / "data"
        embedded = EmbeddedServers(data_dir)
        servers.run_apart(embedded.start)
        servers.run_apart(embedded.stop)
        yield data_dir


@pytest.fixture
def data_dir(used_data_dir: Path) -> Iterator[Path]:
    """A copy of it for one test; whatever still runs on it afterwards is ended by its pid."""
    with servers.server_folder() as folder:
        copy = folder / "data"
        subprocess.run(["cp", "-a", str(used_data_dir), str(copy)], check=True)
        yield copy
        end_recorded(copy)


@pytest.fixture
def new_data_dir() -> Iterator[Path]:
    """A folder that does not exist yet."""
    with servers.server_folder() as folder:
        yield folder / "data"
        end_recorded(folder / "data")


def end_recorded(data_dir: Path) -> None:
    """A failed test leaves its servers behind."""
    known = read_running(data_dir)
    for process in (known.redis, known.postgres) if known else ():
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
