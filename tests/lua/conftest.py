"""The Redis of the kernel's tests."""

from collections.abc import Iterator

import pytest
import redis


@pytest.fixture(scope="session")
def redis_client(redis_url: str) -> Iterator["redis.Redis"]:
    with redis.Redis.from_url(redis_url, protocol=2) as client:
        yield client
