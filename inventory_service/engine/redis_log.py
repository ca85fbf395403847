"""The EventLog port on Redis: the stream that the kernel appends to, read in order by the one writer."""

from collections import deque
from collections.abc import Sequence
from typing import Any

import msgspec

from inventory_service.domain.errors import NotReady
from inventory_service.domain.events import Entry, Position
from inventory_service.domain.ids import digest
from inventory_service.engine.keys import META, Keys
from inventory_service.engine.link import InDoubt, Link, NotExecuted, ScriptFailed
from inventory_service.engine.script import assemble

_CALL_SECONDS = 5.0
# Committed entries stay this long, so that a Postgres restored from an older backup finds what it lacks.
KEEP_MS = 30 * 60 * 1000
# A finished reservation stays readable in Redis this long after its end.
LINGER_MS = 5 * 60 * 1000
LEAVING_MAX = 500
_COMMITS_APART_MS = 1000


class RedisLog:
    """Implements `usecases.ports.EventLog`. Two links, since a blocking read holds one of them."""

    def __init__(self, redis_url: str, keep_ms: int = KEEP_MS, linger_ms: int = LINGER_MS) -> None:
        self._reading = Link(redis_url)
        self._telling = Link(redis_url)
        self._flushed = assemble("flushed")
        self._keep_ms = keep_ms
        self._linger_ms = linger_ms
        self._commits: deque[tuple[int, Position]] = deque([(0, Position(0, 0))])
        self._trim_before = Position(0, 0)

    async def read_after(self, position: Position, limit: int, block_ms: int) -> Sequence[Entry]:
        keys, _, _ = await self._standing(self._reading)
        after = f"{position.epoch}-{position.seq}"
        timeout = _CALL_SECONDS + block_ms / 1000
        words = ("XREAD", "COUNT", limit, "BLOCK", block_ms, "STREAMS", keys.events, after)
        reply = await _asked(self._reading, timeout, *words)
        return [entry_of(row) for _, rows in reply or () for row in rows]

    async def flushed(self, position: Position) -> None:
        keys, epoch, now_ms = await self._standing(self._telling)
        message = msgspec.msgpack.encode(await self._leaving(keys, now_ms))
        tail = (epoch, position.seq, self._trim_id(position, now_ms), message)
        try:
            await self._telling.run(_CALL_SECONDS, self._flushed, keys.of_flushed, *tail)
        except (NotExecuted, InDoubt, ScriptFailed) as error:
            raise NotReady(f"Redis: {error}") from error

    async def close(self) -> None:
        await self._reading.close()
        await self._telling.close()

    async def _leaving(self, keys: Keys, now_ms: int) -> list[tuple[str, str]]:
        """(id, digest) of reservations that ended long enough ago."""
        ids = await _asked(
            self._telling, _CALL_SECONDS,
            "ZRANGEBYSCORE", keys.finished, "-inf", now_ms - self._linger_ms, "LIMIT", 0, LEAVING_MAX,
        )  # fmt: skip
        return [(name.decode(), digest("reservation", name.decode())) for name in ids]

    def _trim_id(self, position: Position, now_ms: int) -> str:
        """The stream id below which entries may go: those committed longer ago than `keep_ms`.

        Commits are remembered here, once a second, instead of reading the entries' ages from the stream; after a
        restart that keeps entries longer, never shorter.
        """
        if self._commits and now_ms < self._commits[-1][0]:
            self._commits.clear()  # the clock was set back
        if not self._commits or now_ms - self._commits[-1][0] >= _COMMITS_APART_MS:
            self._commits.append((now_ms, position))
        while self._commits and self._commits[0][0] <= now_ms - self._keep_ms:
            self._trim_before = self._commits.popleft()[1]
        return f"{self._trim_before.epoch}-{self._trim_before.seq}"

    async def _standing(self, link: Link) -> tuple[Keys, int, int]:
        """Keys, epoch and clock (ms) as the gate has them. Raises NotReady when it is closed."""
        gate, epoch, built, clock_ms = await _asked(
            link, _CALL_SECONDS, "HMGET", META, "gate", "epoch", "built", "clock_ms"
        )
        if not gate:
            raise NotReady("The gate is closed.")
        return Keys(int(built)), int(epoch), int(clock_ms)


async def _asked(link: Link, timeout_seconds: float, *words: str | int) -> Any:
    try:
        return await link.call(timeout_seconds, *words)
    except (NotExecuted, InDoubt, ScriptFailed) as error:
        raise NotReady(f"Redis: {error}") from error


def entry_of(row: Any) -> Entry:
    name, pairs = row
    fields = dict(zip(pairs[::2], pairs[1::2], strict=True))
    return Entry(_position(name), _position(fields[b"before"]), int(fields[b"at"]), fields[b"events"])


def _position(name: bytes) -> Position:
    epoch, seq = name.split(b"-")
    return Position(int(epoch), int(seq))
