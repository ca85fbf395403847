"""Waiting for something that the service does on its own: ask again until it is so, within a bound."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

POLL_INTERVAL_SECONDS = 0.02

T = TypeVar("T")


async def eventually(probe: Callable[[], Awaitable[T]], what: str, within_seconds: float = 10.0) -> T:
    """The first truthy answer of `probe`; AssertionError with its last answer when the time is over."""
    deadline = time.monotonic() + within_seconds
    while True:
        answer = await probe()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within_seconds:g} s: {what}; last answer: {answer!r}")
        await pause(POLL_INTERVAL_SECONDS)


async def pause(seconds: float) -> None:
    """How long something lasts, or how fast callers call. Nothing is waited for."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await asyncio.Event().wait()
