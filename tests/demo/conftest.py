"""Fixture: a folder for the demo's data."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def data_dir() -> Iterator[Path]:
    home = Path(tempfile.mkdtemp(prefix="demo-"))
    home.chmod(0o711)  # a database server that refuses to be root must reach its folder below
    yield home / "data"
    shutil.rmtree(home)
