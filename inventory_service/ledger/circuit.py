"""Gives up on Postgres for a moment when it does not answer, so that nobody waits 4 s for what is known already.

Without it every read holds one of a few connections until its time is up, and those behind it, a confirm that needs an
old reservation among them, wait as long for a connection alone.
"""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from inventory_service.domain.errors import NotReady
from inventory_service.ledger.pool import READ_TIMEOUT_S, answering

FAILURES_MAX = 3  # in a row: one slow question is no outage
OPEN_SECONDS = 1.0


class Circuit:
    """`answering`, refusing at once while it is open. Behind that time one question at a time tries again."""

    def __init__(self) -> None:
        self._failures = 0
        self._open_until = 0.0

    @asynccontextmanager
    async def answering(self) -> AsyncIterator[None]:
        """Raises NotReady."""
        self._check()
        try:
            async with answering():
                yield
        except NotReady:
            self._failures += 1
            self._open_until = time.monotonic() + OPEN_SECONDS
            raise
        self._failures = 0

    def _check(self) -> None:
        if self._failures < FAILURES_MAX:
            return
        now = time.monotonic()
        if now < self._open_until:
            raise NotReady("Postgres does not answer.")
        self._open_until = now + READ_TIMEOUT_S + OPEN_SECONDS  # the one that tries; nobody else until it knows
