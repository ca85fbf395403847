"""Drives the assembled kernel on a real server, and reads back everything it stored.

The wire layouts are spelled here a second time, from the domain's tuples and not by `inventory_service.engine.codec`:
what the two sides must agree on is what these tests hold fast.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import msgspec
import redis

from inventory_service.domain import commands, events
from inventory_service.domain.outcomes import (
    MovementOutcome,
    Outcome,
    ReservationOutcome,
    ScanOutcome,
    StockOutcome,
)
from inventory_service.domain.reservation import Reservation
from inventory_service.domain.stock import Change, Stock
from tests.kernel.model_state import Event
from tests.kernel.scripts import KernelScripts

EPOCH = 1
FAR_FUTURE_MS = 2**52
HALF_RETENTION_MS = 302_400_000
START_MS = 4_000_000_000_000 // HALF_RETENTION_MS * HALF_RETENTION_MS  # ahead of the server's clock: tests own time

KINDS: dict[type, tuple[str, Any]] = {
    commands.Reserve: ("reserve", ReservationOutcome),
    commands.Confirm: ("confirm", ReservationOutcome),
    commands.Extend: ("extend", ReservationOutcome),
    commands.Release: ("release", ReservationOutcome),
    commands.ReadReservation: ("read_reservation", ReservationOutcome),
    commands.Scan: ("scan", ScanOutcome),
    commands.Park: ("park", ScanOutcome),
    commands.Reverse: ("reverse", ScanOutcome),
    commands.Movement: ("move", MovementOutcome),
    commands.SetPolicy: ("policy", StockOutcome),
    commands.ReadStock: ("read_stock", StockOutcome),
}

DETAILS: dict[str, Any] = {
    "reserve": events.ReserveDetails,
    "release": events.ReleaseDetails,
    "scan": events.ScanDetails,
    "park": events.ParkDetails,
    "reverse": events.ReverseDetails,
    "policy": events.PolicyDetails,
}
WITHOUT_DETAILS = frozenset({"confirm", "reacquire", "extend", "expire"})

T = TypeVar("T")


class Header(NamedTuple):
    status: str
    now_ms: int
    epoch: int
    seq: int
    more_due: bool


class Entry(NamedTuple):
    """One stream entry; `position` is its id."""

    position: str
    before: str
    at_ms: int
    events: list[Event]


class Reply(NamedTuple):
    """`outcomes` holds None for a command that was deferred."""

    header: Header
    outcomes: list[Outcome | None]


class Kernel:
    """One partition under its own hash tag on a shared server; nothing else touches these keys."""

    def __init__(self, client: "redis.Redis", scripts: KernelScripts, tag: str) -> None:
        self.client: Any = client  # its types leave open whether replies are text
        self.apply_sha, self.apply_allowing_oom_sha, self.flushed_sha = (client.script_load(text) for text in scripts)
        names = ("stock", "holds", "deadlines", "finished", *(f"remembered:{slot}" for slot in range(4)), "events")
        self.meta_key = f"{{{tag}}}:meta"
        self.keys = [self.meta_key, *(f"{{{tag}}}:{EPOCH}:{name}" for name in names)]
        self.stock_key, self.holds_key, self.deadlines_key, self.finished_key = self.keys[1:5]
        self.remembered_keys, self.events_key = self.keys[5:9], self.keys[9]

    # The gate and the clock.

    def identity(self) -> str:
        info: dict[str, Any] = self.client.info("server") | self.client.info("replication")
        return f"{info['run_id']}:{info['master_replid']}"

    def open(self, **meta: int) -> None:
        """An empty partition with an open gate; `meta` overrides what the gate's opener would write."""
        self.client.delete(*self.keys)
        fields: dict[str, Any] = {
            "deployment": "00000000-0000-0000-0000-000000000001",
            "gate": self.identity(),
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
        keys = [self.meta_key, self.holds_key, self.finished_key, self.events_key, *self.remembered_keys]
        pairs = msgspec.msgpack.encode(list(leaving.items()))
        raw = self.client.evalsha(self.flushed_sha, len(keys), *keys, str(EPOCH), str(committed), "0-0", pairs)
        status, left = msgspec.msgpack.decode(raw, type=tuple[str, int])
        assert status == "ok"
        return left

    # Reading back.

    def stock(self) -> dict[str, Stock]:
        return {str(sku, "utf-8"): unpack(raw, Stock) for sku, raw in self.client.hgetall(self.stock_key).items()}

    def holds(self) -> dict[str, Reservation]:
        return {str(key, "utf-8"): unpack(raw, Reservation) for key, raw in self.client.hgetall(self.holds_key).items()}

    def deadlines(self) -> dict[str, int]:
        return self._scores(self.deadlines_key)

    def finished(self) -> dict[str, int]:
        return self._scores(self.finished_key)

    def remembered(self) -> dict[str, str]:
        """What can be recalled now: the current slot and the two before it."""
        period = self.now_ms() // HALF_RETENTION_MS
        found: dict[bytes, bytes] = {}
        for age in (2, 1, 0):
            found |= self.client.hgetall(self.remembered_keys[(period - age) % 4])
        return {str(digest, "utf-8"): str(kept, "utf-8") for digest, kept in found.items()}

    def entries(self) -> list[Entry]:
        return [
            Entry(
                str(position, "ascii"),
                str(fields[b"before"], "ascii"),
                int(fields[b"at"]),
                read_events(fields[b"events"]),
            )
            for position, fields in self.client.xrange(self.events_key)
        ]

    def events(self) -> list[Event]:
        return [event for entry in self.entries() for event in entry.events]

    def _scores(self, key: str) -> dict[str, int]:
        return {str(name, "utf-8"): int(score) for name, score in self.client.zrange(key, 0, -1, withscores=True)}


def packed(batch: Sequence[commands.Command]) -> bytes:
    """The bytes of [routes, commands]; a command's route is the 1-based index of one of the routes."""
    routes: list[commands.Route] = []
    rows = []
    for command in batch:
        kind, _ = KINDS[type(command)]
        fields: list[Any] = list(command)
        if isinstance(command, commands.Reserve | commands.Confirm | commands.Extend):
            if command.route not in routes:
                routes.append(command.route)
            fields[-1] = routes.index(command.route) + 1
        rows.append([kind, *fields])
    return msgspec.msgpack.encode([routes, rows])


def unpack(raw: bytes, kind: type[T]) -> T:
    return msgspec.msgpack.decode(raw, type=kind)


def read_outcome(command: commands.Command, raw: bytes) -> Outcome | None:
    if msgspec.msgpack.decode(raw) == ["deferred"]:
        return None
    _, kind = KINDS[type(command)]
    outcome: Outcome = msgspec.msgpack.decode(raw, type=kind)
    return outcome


def read_events(raw: bytes) -> list[Event]:
    return [read_event(*row) for row in msgspec.msgpack.decode(raw)]


def read_event(*row: Any) -> Event:
    seq, at_ms, kind, client, op_id, subject, changes, record, details = row
    if kind in WITHOUT_DETAILS:
        assert details is None
    else:
        details = msgspec.convert(details, DETAILS.get(kind, events.MovementDetails))
    return Event(
        seq,
        at_ms,
        kind,
        client,
        op_id,
        subject,
        [Change._make(change) for change in changes],
        None if record is None else msgspec.convert(record, Reservation),
        details,
    )
