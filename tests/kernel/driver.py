"""Drives the assembled kernel on a real server, and reads back everything it stored."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
import redis

from inventory_service.domain import commands
from inventory_service.domain.outcomes import Outcome
from inventory_service.domain.reservation import Reservation
from inventory_service.domain.stock import Stock
from inventory_service.domain.transfer import Transfer
from tests.kernel.model_state import Event
from tests.kernel.scripts import KernelScripts
from tests.kernel.wire import Entry, Header, packed, read_entry, read_outcome, unpack

EPOCH = 1
FAR_FUTURE_MS = 2**52
HALF_RETENTION_MS = 302_400_000
MINUTE_MS = 60_000
START_MS = 4_000_000_000_000 // HALF_RETENTION_MS * HALF_RETENTION_MS  # ahead of the server's clock: tests own time


class Reply(NamedTuple):
    """`outcomes` holds None for a command that was deferred."""

    header: Header
    outcomes: list[Outcome | None]


class Stored(NamedTuple):
    """Everything that a partition holds. `remembered`: what can be recalled now; `entries`: those asked for.

    `taken`: the cells of limits whose allowance is not whole, and from when it is, µs. `places`: taken in the outbound
    capacity of a warehouse and day.
    """

    seq: int
    position: str
    now_ms: int
    stock: dict[str, Stock]
    holds: dict[str, Reservation]
    transfers: dict[str, Transfer]
    deadlines: dict[str, int]
    finished: dict[str, int]
    remembered: dict[str, str]
    taken: dict[str, int]
    places: dict[tuple[str, int], int]
    entries: list[Entry]


class Kernel:
    """One partition under its own hash tag on a shared server; nothing else touches these keys."""

    def __init__(self, client: "redis.Redis", scripts: KernelScripts, tag: str) -> None:
        self.client: Any = client  # its types leave open whether replies are text
        self.apply_sha, self.apply_allowing_oom_sha, self.flushed_sha = (client.script_load(text) for text in scripts)
        names = ("stock", "holds", "deadlines", "finished", *(f"remembered:{slot}" for slot in range(4)), "events")
        limits = (*(f"limits:{slot}" for slot in range(3)), "capacity", "transfers")
        self.meta_key = f"{{{tag}}}:meta"
        self.keys = [self.meta_key, *(f"{{{tag}}}:{EPOCH}:{name}" for name in (*names, *limits))]
        self.stock_key, self.holds_key, self.deadlines_key, self.finished_key = self.keys[1:5]
        self.remembered_keys, self.events_key = self.keys[5:9], self.keys[9]
        self.limit_keys, self.capacity_key, self.transfers_key = self.keys[10:13], self.keys[13], self.keys[14]

    # The gate and the clock.

    def identity(self) -> str:
        info: dict[str, Any] = self.client.info("server") | self.client.info("replication")
        return f"{info['run_id']}:{info['master_replid']}"

    def open(self, **meta: int | str) -> None:
        """An empty partition with an open gate; `meta` overrides what the gate's opener would write."""
        self.client.delete(*self.keys)
        fields: dict[str, Any] = {
            "deployment": "00000000-0000-0000-0000-000000000001",
            "gate": self.identity(),
            "closed": "",
            "epoch": EPOCH,
            "built": EPOCH,
            "seq": 0,
            "position": "0-0",
            "clock_ms": START_MS,
            "flushed": 0,
            "opened_ms": 0,
            "backlog_limit": 1_000_000,
            "retention_ms": 2 * HALF_RETENTION_MS,
        }
        self.client.hset(self.meta_key, mapping=fields | meta)

    def set_meta(self, **meta: str | int) -> None:
        self.client.hset(self.meta_key, mapping=dict(meta))

    def meta(self, name: str) -> str:
        return str(self.client.hget(self.meta_key, name), "ascii")

    def now_ms(self) -> int:
        return int(self.meta("clock_ms"))

    def advance(self, step_ms: int) -> int:
        """Let time pass, with the writer emptying the slot that comes next. Returns the new time."""
        before_ms = self.now_ms()
        after_ms = before_ms + step_ms
        for period in range(before_ms // HALF_RETENTION_MS + 1, after_ms // HALF_RETENTION_MS + 1):
            self.client.delete(self.remembered_keys[(period + 1) % 4])
        self.set_meta(clock_ms=after_ms)
        return after_ms

    # Sending.

    def call(
        self,
        batch: Sequence[commands.Command],
        *,
        epoch: int = EPOCH,
        not_after_ms: int = FAR_FUTURE_MS,
        new_holds_refused: bool = False,
    ) -> Reply:
        """One batch, as it is sent when memory is full if `new_holds_refused`. Raises redis.ResponseError."""
        sha = self.apply_allowing_oom_sha if new_holds_refused else self.apply_sha
        arguments = [str(epoch), str(not_after_ms), "1" if new_holds_refused else "0", packed(batch)]
        raw: list[bytes] = self.client.evalsha(sha, len(self.keys), *self.keys, *arguments)
        header = unpack(raw[0], Header)
        outcomes = [
            read_outcome(command, reply) for command, reply in zip(batch, raw[1:], strict=header.status == "ok")
        ]
        return Reply(header, outcomes)

    def flush(self, leaving: Mapping[str, str], committed: int) -> int:
        """The ledger has everything up to `committed`: those of `leaving` (id → digest) that are finished go.

        The stream is kept whole. Returns how many went.
        """
        status, left = self._flush(leaving, committed)
        assert status == "ok"
        return left

    def flush_status(self, leaving: Mapping[str, str], committed: int) -> str:
        """What it is answered: ok, or why not."""
        return self._flush(leaving, committed)[0]

    def _flush(self, leaving: Mapping[str, str], committed: int) -> tuple[str, int]:
        keys = [
            self.meta_key,
            self.holds_key,
            self.finished_key,
            self.events_key,
            *self.remembered_keys,
            self.capacity_key,
        ]
        pairs = msgspec.msgpack.encode(list(leaving.items()))
        raw = self.client.evalsha(self.flushed_sha, len(keys), *keys, str(EPOCH), str(committed), "0-0", pairs)
        return msgspec.msgpack.decode(raw, type=tuple[str, int])

    # Reading back.

    def stored(self, after: str = "0-0") -> Stored:
        """Everything, in one round trip; of the stream what is behind the position `after`."""
        pipeline = self.client.pipeline(transaction=False)
        pipeline.hmget(self.meta_key, "seq", "position", "clock_ms")
        pipeline.hgetall(self.stock_key).hgetall(self.holds_key).hgetall(self.transfers_key)
        for key in (self.deadlines_key, self.finished_key):
            pipeline.zrange(key, 0, -1, withscores=True)
        pipeline.xrange(self.events_key, min=f"({after}")
        for key in (*self.remembered_keys, *self.limit_keys, self.capacity_key):
            pipeline.hgetall(key)
        meta, stock, holds, transfers, deadlines, finished, entries, *slots, places = pipeline.execute()
        seq, position, now_ms = meta
        recalled: dict[bytes, bytes] = {}
        for age in (2, 1, 0):  # the current slot and the two before it, the newest last
            recalled |= slots[(int(now_ms) // HALF_RETENTION_MS - age) % 4]
        minute = int(now_ms) // MINUTE_MS
        cells = [pair for age in (1, 0) for pair in slots[4 + (minute - age) % 3].items()]
        return Stored(
            seq=int(seq),
            position=str(position, "ascii"),
            now_ms=int(now_ms),
            stock={text(sku): unpack(raw, Stock) for sku, raw in stock.items()},
            holds={text(key): unpack(raw, Reservation) for key, raw in holds.items()},
            transfers={text(key): unpack(raw, Transfer) for key, raw in transfers.items()},
            deadlines={text(key): int(score) for key, score in deadlines},
            finished={text(key): int(score) for key, score in finished},
            remembered={text(digest): text(kept) for digest, kept in recalled.items()},
            taken={text(cell): int(at) for cell, at in sorted(cells) if int(at) > int(now_ms) * 1000},
            places={place_of(text(cell)): int(taken) for cell, taken in places.items() if int(taken)},
            entries=[read_entry(*entry) for entry in entries],
        )

    def stock(self) -> dict[str, Stock]:
        return self.stored().stock

    def holds(self) -> dict[str, Reservation]:
        return self.stored().holds

    def deadlines(self) -> dict[str, int]:
        return self.stored().deadlines

    def finished(self) -> dict[str, int]:
        return self.stored().finished

    def remembered(self) -> dict[str, str]:
        return self.stored().remembered

    def entries(self) -> list[Entry]:
        return self.stored().entries

    def events(self) -> list[Event]:
        return [event for entry in self.entries() for event in entry.events]


def place_of(cell: str) -> tuple[str, int]:
    """`"SHA:20418"` → warehouse and day."""
    warehouse, _, day = cell.rpartition(":")
    return warehouse, int(day)


def text(raw: bytes) -> str:
    return str(raw, "utf-8")
