"""A fresh partition of the kernel for each test, on a real server."""

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
import redis

from tests.kernel.driver import Kernel
from tests.kernel.scripts import KernelScripts
from tests.kernel.twin import Twin


@pytest.fixture(scope="session")
def scripts() -> KernelScripts:
    """Of `lua/`, or of the folder that KERNEL_LUA names: mutate.py puts broken ones there."""
    folder = os.environ.get("KERNEL_LUA")
    return KernelScripts.assembled(Path(folder) if folder else None)


@pytest.fixture(scope="session")
def redis_client(redis_url: str) -> Iterator["redis.Redis"]:
    with redis.Redis.from_url(redis_url, protocol=2) as client:
        yield client


@pytest.fixture
def kernel(redis_client: "redis.Redis", scripts: KernelScripts) -> Iterator[Kernel]:
    """A partition that nothing has been written to; tests open its gate themselves."""
    partition = Kernel(redis_client, scripts, f"inv:{uuid4().hex}")
    yield partition
    redis_client.delete(*partition.keys)


@pytest.fixture
def twin(kernel: Kernel) -> Twin:
    """An open, empty partition beside its model."""
    return Twin(kernel)
