"""What a batcher tells: how commands ended, how large and how quick its batches are, who waits.

Everything is observed once per batch, on children that are resolved once.
"""

from collections import Counter as Tally
from collections.abc import Mapping
from functools import lru_cache

from prometheus_client import Counter, Gauge, Histogram

from inventory_service.domain.commands import (
    CancelTransfer,
    Command,
    Confirm,
    Extend,
    Movement,
    OpenTransfer,
    Park,
    Preview,
    ReadReservation,
    ReadStock,
    Reallocate,
    ReceiveTransfer,
    Release,
    Reserve,
    Reverse,
    Scan,
    SetPolicy,
    ShipTransfer,
    ShortPick,
)
from inventory_service.domain.outcomes import Code
from inventory_service.telemetry.registry import SECONDS

OPERATIONS: Mapping[type[Command], str] = {
    Reserve: "reserve",
    Confirm: "confirm",
    Extend: "extend",
    Release: "release",
    Reallocate: "reallocate",
    ShortPick: "short_pick",
    Preview: "preview",
    Scan: "scan",
    Park: "park",
    Reverse: "reverse",
    Movement: "movement",
    SetPolicy: "policy",
    OpenTransfer: "transfer_open",
    ShipTransfer: "transfer_ship",
    ReceiveTransfer: "transfer_receive",
    CancelTransfer: "transfer_cancel",
    ReadReservation: "read_reservation",
    ReadStock: "read_stock",
}
_ENDED = (Code.RESERVATION_SHIPPED, Code.RESERVATION_RELEASED, Code.RESERVATION_EXPIRED)
_STOCK = (Code.INSUFFICIENT_STOCK, Code.OVERLOADED)
# What is worth a rate from the start on; any other pair of the two closed lists appears when it first happens.
EXPECTED: Mapping[str, tuple[Code, ...]] = {
    "reserve": (
        *(Code.HELD, Code.REPLAYED, Code.REMEMBERED, Code.IDEMPOTENCY_MISMATCH, Code.UNKNOWN_SKU),
        *(Code.LIMIT_EXCEEDED, *_STOCK),
    ),
    "confirm": (Code.CONFIRMED, Code.REACQUIRED, Code.REPLAYED, Code.ABSENT, *_ENDED, *_STOCK),
    "extend": (Code.EXTENDED, Code.REACQUIRED, Code.REPLAYED, Code.ABSENT, Code.NOT_HELD, *_ENDED, *_STOCK),
    "release": (Code.RELEASED, Code.REPLAYED, Code.ABSENT, Code.RELEASE_EXCEEDS_OPEN, *_ENDED),
    "reallocate": (Code.REALLOCATED, Code.REPLAYED, Code.ABSENT, *_ENDED, *_STOCK),
    "short_pick": (Code.MOVED, Code.NOT_MOVED, Code.DUPLICATE, Code.ABSENT, Code.EXCEEDS_OPEN, *_ENDED),
    "preview": (Code.FOUND, Code.INSUFFICIENT_STOCK, Code.UNKNOWN_SKU),
    "scan": (Code.APPLIED, Code.DUPLICATE, Code.PARKED, Code.ABSENT),
    "park": (Code.PARKED, Code.DUPLICATE),
    "reverse": (Code.APPLIED, Code.DUPLICATE, Code.ABSENT),
    "movement": (
        *(Code.APPLIED, Code.DUPLICATE, Code.MOVEMENT_ID_REUSED, Code.STALE_COUNT, Code.OUT_OF_RANGE),
        *(Code.NOT_ENOUGH, Code.WOULD_BREAK_COMMITMENTS),
    ),
    "policy": (Code.APPLIED, Code.UNKNOWN_SKU, Code.CONTRADICTORY),
    "transfer_open": (Code.APPLIED, Code.REPLAYED),
    "transfer_ship": (Code.APPLIED, Code.REPLAYED, Code.TRANSFER_STATE),
    "transfer_receive": (Code.APPLIED, Code.REPLAYED, Code.TRANSFER_STATE),
    "transfer_cancel": (Code.APPLIED, Code.REPLAYED, Code.TRANSFER_STATE),
    "read_reservation": (Code.FOUND, Code.ABSENT),
    "read_stock": (Code.FOUND, Code.UNKNOWN_SKU),
}

LANES = ("changes", "reads")
# Why a command got no outcome: turned away by the queue (queue_full, queue_slow, stopping), or its batch failed.
FAILURES = ("queue_full", "queue_slow", "stopping", "not_ready", "outcome_unknown", "script_failed", "internal")
# Why one attempt at a batch did not do; only after in_doubt may it have run.
ATTEMPTS = ("in_doubt", "not_executed", "out_of_memory", "not_ready", "gate_closed", "epoch_changed", "late")
_COMMANDS = (1, 2, 4, 8, 16, 32, 64, 128, 192, 256)
_LINES = (1, 2, 4, 8, 16, 32, 64, 128, 200, 256, 300, 350, 400)

_outcomes = Counter("inventory_command_outcomes", "Commands by what the kernel decided.", ("operation", "outcome"))
_failed = Counter("inventory_commands_failed", "Commands that got no outcome, by why.", ("reason",))
_commands = Histogram("inventory_batch_commands", "Commands in a batch.", ("lane",), buckets=_COMMANDS)
_lines = Histogram("inventory_batch_lines", "Order lines in a batch.", ("lane",), buckets=_LINES)
_seconds = Histogram(
    "inventory_batch_seconds", "Round trip of a batch through the kernel, repeats included.", ("lane",), buckets=SECONDS
)
_wait = Histogram(
    "inventory_queue_wait_seconds",
    "How long the first command of a batch had waited: the longest wait in it.",
    ("lane",),
    buckets=SECONDS,
)
_queue = Gauge(
    "inventory_queue_commands", "Commands left waiting behind a batch.", ("lane",), multiprocess_mode="livesum"
)
_attempts_failed = Counter("inventory_batch_attempts_failed", "Attempts at a batch that failed, by why.", ("reason",))
_failures = {reason: _failed.labels(reason) for reason in FAILURES}
_attempts = {reason: _attempts_failed.labels(reason) for reason in ATTEMPTS}

for _operation, _codes in EXPECTED.items():
    for _code in _codes:
        _outcomes.labels(_operation, _code)


class Lane:
    """The numbers of one batcher. `name` is one of LANES."""

    def __init__(self, name: str) -> None:
        self._commands = _commands.labels(name)
        self._lines = _lines.labels(name)
        self._seconds = _seconds.labels(name)
        self._wait = _wait.labels(name)
        self._queue = _queue.labels(name)

    def taken(self, commands: int, lines: int, longest_wait_seconds: float, left: int) -> None:
        """A batch was taken from the queue."""
        self._commands.observe(commands)
        self._lines.observe(lines)
        self._wait.observe(longest_wait_seconds)
        self._queue.set(left)

    def delivered(self, seconds: float) -> None:
        self._seconds.observe(seconds)


def decided(outcomes: "Tally[tuple[type[Command], str]]") -> None:
    """How the commands of one batch ended, counted by kind and code."""
    for (kind, code), times in outcomes.items():
        _outcome(OPERATIONS[kind], code).inc(times)


def failed(reason: str, commands: int = 1) -> None:
    """So many commands got no outcome. `reason` is one of FAILURES."""
    _failures[reason].inc(commands)


def attempt_failed(reason: str) -> None:
    """`reason` is one of ATTEMPTS."""
    _attempts[reason].inc()


@lru_cache(maxsize=512)
def _outcome(operation: str, code: str) -> Counter:
    return _outcomes.labels(operation, code)
