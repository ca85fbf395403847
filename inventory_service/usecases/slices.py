"""Pairs of a stream, a few hundred at a time: one question to the other store per slice, and bounded memory."""

from collections.abc import AsyncIterator, Mapping
from typing import TypeVar

SLICE = 500

T = TypeVar("T")


async def slices(pairs: AsyncIterator[tuple[str, T]]) -> AsyncIterator[Mapping[str, T]]:
    part: dict[str, T] = {}
    async for key, value in pairs:
        part[key] = value
        if len(part) >= SLICE:
            yield part
            part = {}
    if part:
        yield part
