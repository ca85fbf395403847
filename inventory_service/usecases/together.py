"""Many small things that each wait for a store: some of them at a time."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import TypeVar

# One after the other, a busy service took in two orders a second: each waits for its stock, and that for the ledger.
TOGETHER_MAX = 16

T = TypeVar("T")


async def together(work: Sequence[Callable[[], Coroutine[object, object, T]]]) -> list[T]:
    """The results, in order; at most TOGETHER_MAX are under way. An error is raised once those beside it ended."""
    results: list[T] = []
    for first in range(0, len(work), TOGETHER_MAX):
        begun = [each() for each in work[first : first + TOGETHER_MAX]]
        for result in await asyncio.gather(*begun, return_exceptions=True):
            if isinstance(result, BaseException):
                raise result
            results.append(result)
    return results
