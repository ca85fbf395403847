"""Callers who remember what they were told, and go on until nobody answers them."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

import aiohttp

CALLERS = 50
CALL_SECONDS = 10.0
PRESS_SECONDS = 120.0
UNANSWERED = (aiohttp.ClientError, TimeoutError, OSError)


@dataclass(slots=True)
class Told:
    """Ids of orders; each is for one unit. What was not answered may have happened."""

    acknowledged: set[str] = field(default_factory=set)
    unanswered: set[str] = field(default_factory=set)


class Crowd:
    """Each order has an id of its own, over all times that they come."""

    def __init__(self, url: str, headers: Mapping[str, str], skus: Sequence[str]) -> None:
        self.told = Told()
        self._url = url
        self._headers = headers
        self._skus = skus
        self._numbers = itertools.count()
        self._enough = asyncio.Event()
        self._target = 0

    async def press(self, orders: int, strike: Callable[[], Awaitable[None]]) -> None:
        """Until so many more are acknowledged; then strike while others are under way, and wait for the callers' end.

        Raises TimeoutError, or RuntimeError (in a group) when an answer is no success.
        """
        self._target = len(self.told.acknowledged) + orders
        self._enough.clear()
        timeout = aiohttp.ClientTimeout(total=CALL_SECONDS)
        async with (
            asyncio.timeout(PRESS_SECONDS),
            aiohttp.ClientSession(self._url, headers=self._headers, timeout=timeout) as session,
            asyncio.TaskGroup() as callers,
        ):
            for _ in range(CALLERS):
                callers.create_task(self._call(session))
            await self._enough.wait()
            await strike()

    async def _call(self, session: aiohttp.ClientSession) -> None:
        for number in self._numbers:
            order = f"order-{number}"
            try:
                await self._reserve(session, order, self._skus[number % len(self._skus)])
            except UNANSWERED:
                self.told.unanswered.add(order)
                return
            self.told.acknowledged.add(order)
            if len(self.told.acknowledged) >= self._target:
                self._enough.set()

    async def _reserve(self, session: aiohttp.ClientSession, order: str, sku: str) -> None:
        body = {"reservation_id": order, "lines": [{"sku": sku, "quantity": 1}], "ttl_seconds": 3600}
        async with session.post("/v1/reservations", json=body) as answer:
            text = await answer.text()
            if answer.status != 201:
                raise RuntimeError(f"{order}: {answer.status} {text}")
