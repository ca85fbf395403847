"""The kernel as one process sees it: the scripts, the epoch it believes in, and Redis's clock."""

import secrets
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from inventory_service.domain.commands import Command
from inventory_service.domain.durability import Durability
from inventory_service.domain.errors import NotReady
from inventory_service.engine.codec import Header, decode_header, encode_batch
from inventory_service.engine.keys import META, Keys
from inventory_service.engine.link import InDoubt, Link, NotExecuted, OutOfMemory, Words
from inventory_service.engine.script import assemble
from inventory_service.engine.witness import Witness

_HANDSHAKE_SECONDS = 1.0


class Reply(NamedTuple):
    """`durability`: how far the batch has got by now."""

    header: Header
    outcomes: Sequence[bytes]
    durability: Durability


class Kernel:
    """Runs batches on one link. Not for concurrent use: one batch at a time keeps the order.

    Without a `witness` nobody asks how durable the replies are, and they promise nothing.
    """

    def __init__(self, redis_url: str, witness: Witness | None = None) -> None:
        self._link = Link(redis_url)
        self._witness = witness
        self._batches = 0
        self._name = secrets.token_hex(4)
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
        behind = await self._witness.asks(self._link, commands) if self._witness else ()
        message = encode_batch(commands)
        header, outcomes, waits = await self._apply_batch(message, not_after_ms, timeout_seconds, behind)
        self._clock_ahead_ms = header.now_ms - _monotonic_ms()
        if header.status in ("epoch_changed", "gate_closed"):
            self._keys = None
        durability = self._witness.reached(behind, waits) if self._witness else Durability.MEMORY
        return Reply(header, outcomes, durability)

    async def _apply_batch(
        self, message: bytes, not_after_ms: float, timeout_seconds: float, behind: Sequence[Words]
    ) -> tuple[Header, Sequence[bytes], Sequence[Any]]:
        """Header, outcomes, and the replies to the commands behind."""
        if self._keys is None:
            raise NotExecuted("the keys are not known")
        self._batches += 1
        echo = f"{self._name}-{self._batches}"
        head = (timeout_seconds, behind)
        keys, tail = self._keys.of_apply, (self._epoch, int(not_after_ms))
        try:
            replies, waits = await self._link.run_and(*head, self._apply, keys, *tail, "0", message, echo)
        except OutOfMemory:
            # Memory is full: what ends a hold must still work, new holds are answered `overloaded`.
            replies, waits = await self._link.run_and(*head, self._apply_allowing_oom, keys, *tail, "1", message, echo)
        return await self._own_header(replies, echo), replies[1:], waits

    async def _own_header(self, replies: Any, echo: str) -> Header:
        """Raises InDoubt when these are the replies to something else: a connection that is one behind would give every
        caller somebody else's outcome from then on.
        """
        try:
            header = decode_header(replies[0])
        except (msgspec.MsgspecError, TypeError, IndexError) as error:
            await self._link.close()
            raise InDoubt("Redis answered something else.") from error
        if header.echo != echo:
            await self._link.close()
            raise InDoubt("Redis answered another batch.")
        return header

    async def close(self) -> None:
        await self._link.close()


def _monotonic_ms() -> float:
    return time.monotonic_ns() / 1_000_000
