"""The kernel as one process sees it: the scripts, the epoch it believes in, and Redis's clock."""

import time
from collections.abc import Sequence
from typing import NamedTuple

from inventory_service.domain.commands import Command
from inventory_service.domain.errors import NotReady
from inventory_service.engine.codec import Header, decode_header, encode_batch
from inventory_service.engine.keys import META, Keys
from inventory_service.engine.link import InDoubt, Link, NotExecuted, OutOfMemory
from inventory_service.engine.script import assemble

_HANDSHAKE_SECONDS = 1.0


class Reply(NamedTuple):
    header: Header
    outcomes: Sequence[bytes]


class Kernel:
    """Runs batches on one link. Not for concurrent use: one batch at a time keeps the order."""

    def __init__(self, redis_url: str) -> None:
        self._link = Link(redis_url)
        self._apply = assemble("apply")
        self._apply_allowing_oom = self._apply.allowing_oom()
        self._keys: Keys | None = None
        self._epoch = 0
        self._clock_ahead_ms = 0.0  # Redis's clock minus this process's monotonic one

    async def now_ms(self) -> float:
        """Redis's clock, estimated; never ahead of it by more than the clocks drift between two replies."""
        if self._keys is None:
            await self.refresh()
        return _monotonic_ms() + self._clock_ahead_ms

    async def refresh(self) -> None:
        """Learn epoch, keys and clock anew. Raises NotExecuted, NotReady; reading leaves nothing in doubt."""
        try:
            epoch, built, gate = await self._link.call(_HANDSHAKE_SECONDS, "HMGET", META, "epoch", "built", "gate")
            seconds, microseconds = await self._link.call(_HANDSHAKE_SECONDS, "TIME")
        except InDoubt as error:
            raise NotExecuted(str(error)) from error
        self._clock_ahead_ms = int(seconds) * 1000 + int(microseconds) / 1000 - _monotonic_ms()
        if not gate:
            raise NotReady("The gate is closed: the worker has not opened the store yet.")
        self._epoch, self._keys = int(epoch), Keys(int(built))

    async def run(self, commands: Sequence[Command], not_after_ms: float, timeout_seconds: float) -> Reply:
        """One attempt at one batch. Raises NotExecuted, InDoubt, ScriptFailed, NotReady."""
        if self._keys is None:
            await self.refresh()
        if self._keys is None:
            raise NotExecuted("the keys are not known")
        message = encode_batch(commands)
        keys, tail = self._keys.of_apply, (self._epoch, int(not_after_ms))
        try:
            replies = await self._link.run(timeout_seconds, self._apply, keys, *tail, "0", message)
        except OutOfMemory:
            # Memory is full: what ends a hold must still work, new holds are answered `overloaded`.
            replies = await self._link.run(timeout_seconds, self._apply_allowing_oom, keys, *tail, "1", message)
        header = decode_header(replies[0])
        self._clock_ahead_ms = header.now_ms - _monotonic_ms()
        if header.status in ("epoch_changed", "gate_closed"):
            self._keys = None
        return Reply(header, replies[1:])

    async def close(self) -> None:
        await self._link.close()


def _monotonic_ms() -> float:
    return time.monotonic_ns() / 1_000_000
