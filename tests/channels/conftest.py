"""Fixtures: `channel`, once per platform."""

from collections.abc import AsyncIterator

import pytest

from tests.channels.channel import Channel, opened

pytest.register_assert_rewrite("tests.channels.cases")

PLATFORMS = ("taobao", "douyin", "generic")


@pytest.fixture(params=PLATFORMS)
async def channel(request: pytest.FixtureRequest) -> AsyncIterator[Channel]:
    async with opened(request.param) as channel:
        yield channel


@pytest.fixture(params=["taobao", "douyin"])
async def with_tokens(request: pytest.FixtureRequest) -> AsyncIterator[Channel]:
    async with opened(request.param) as channel:
        yield channel


@pytest.fixture(params=["taobao", "generic"])
async def telling_bans(request: pytest.FixtureRequest) -> AsyncIterator[Channel]:
    """The platform says for how long."""
    async with opened(request.param) as channel:
        yield channel


@pytest.fixture(params=["douyin", "generic"])
async def with_pushes(request: pytest.FixtureRequest) -> AsyncIterator[Channel]:
    async with opened(request.param) as channel:
        yield channel


@pytest.fixture(params=PLATFORMS)
async def hasty(request: pytest.FixtureRequest) -> AsyncIterator[Channel]:
    """Waits half a second for an answer."""
    async with opened(request.param, answer_ms_max=500) as channel:
        yield channel
