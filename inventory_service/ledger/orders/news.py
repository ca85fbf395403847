"""News of the feed: Postgres announces each warehouse that was told something, when it is there to be read."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

CHANNEL = "outbound_feed"  # queries.sql announces here the warehouse of each entry
EVERY_WAREHOUSE = ""


class FeedNews:
    """Implements `usecases.orders.ports.FeedNews`. `hear` what comes over CHANNEL."""

    def __init__(self) -> None:
        self._listening: defaultdict[str, set[asyncio.Event]] = defaultdict(set)

    @contextmanager
    def listening(self, warehouse: str) -> Iterator[asyncio.Event]:
        came = asyncio.Event()
        self._listening[warehouse].add(came)
        try:
            yield came
        finally:
            self._listening[warehouse].discard(came)
            if not self._listening[warehouse]:
                del self._listening[warehouse]

    def hear(self, warehouse: str) -> None:
        for whose in {warehouse, EVERY_WAREHOUSE}:
            for came in self._listening.get(whose, ()):
                came.set()
