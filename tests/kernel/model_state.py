"""What the model of the kernel remembers, and the one way to change it.

A command first checks everything against the state, then calls `move`, `put`, … and closes with `log`,
which gathers what was moved into one event. Nothing here is fast; everything here is meant to be read.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from inventory_service.domain.commands import HoldLimit
from inventory_service.domain.reservation import OPEN_STATUSES, Dispatch, Operation, Reservation, Status
from inventory_service.domain.stock import UNSET, Change, Level, Stock
from inventory_service.domain.transfer import Transfer

GRACE_MS = 60_000  # after an outage nothing that was armed before it expires for this long
OPERATIONS_KEPT = 8
FINGERPRINT_KEPT = 11  # characters of a fingerprint that outlive the record
DAY_MS, DAYS_KEPT = 86_400_000, 3  # the places of days that are over are dropped so many days later
PERIODS_SEEN = 3  # half retentions in which a remembered id is found: the current one and two before


class Event(NamedTuple):
    """One event as the kernel logs it, in wire order."""

    seq: int
    at_ms: int
    type: str
    client: str
    op_id: str
    subject: str
    changes: list[Change]
    reservation: Reservation | None
    details: tuple[Any, ...] | None  # one of domain.events.*Details


class Subject(NamedTuple):
    """Whom and what an event is about."""

    client: str
    op_id: str
    subject: str


def empty_level(warehouse: str) -> Level:
    """A warehouse that has never seen the SKU."""
    return Level(warehouse, 0, 0, 0, 0, 0, UNSET, UNSET, 0)


@dataclass
class State:
    """Everything that one partition knows. Times are milliseconds of the kernel's clock."""

    retention_ms: int = 604_800_000
    backlog_limit: int = 1_000_000
    flushed: int = 0
    opened_ms: int = 0
    now_ms: int = 0
    seq: int = 0
    new_holds_refused: bool = False
    stock: dict[str, Stock] = field(default_factory=dict)
    holds: dict[str, Reservation] = field(default_factory=dict)
    transfers: dict[str, Transfer] = field(default_factory=dict)  # open ones
    events: list[Event] = field(default_factory=list)
    cells: dict[str, int] = field(default_factory=dict)  # from when an allowance of holds is whole, µs
    places: Counter[tuple[str, int]] = field(default_factory=Counter)  # taken per warehouse and day
    _remembered: dict[str, tuple[str, int]] = field(default_factory=dict)  # digest → fingerprint, half retention
    _moved: dict[tuple[str, str], list[int]] = field(default_factory=dict)

    # Remembered ids.

    def remember(self, digest: str, fingerprint: str) -> None:
        self._remembered[digest] = (fingerprint[:FINGERPRINT_KEPT], self._period())

    def recall(self, digest: str) -> str | None:
        """The kept part of the fingerprint that came with this id, None: never seen, or too long ago."""
        fingerprint, period = self._remembered.get(digest, ("", -PERIODS_SEEN))
        return fingerprint if self._period() - period < PERIODS_SEEN else None

    def remembered(self) -> dict[str, str]:
        """Every id that can still be recalled, with what is kept of its fingerprint."""
        return {digest: kept for digest in self._remembered if (kept := self.recall(digest)) is not None}

    def _period(self) -> int:
        return self.now_ms // (self.retention_ms // 2)

    # Reservations.

    def is_due(self, record: Reservation) -> bool:
        """Held past its deadline; what was armed before an outage gets a minute from the opening."""
        armed_before_outage = record.armed_ms < self.opened_ms
        due_ms = max(record.deadline_ms, self.opened_ms + GRACE_MS) if armed_before_outage else record.deadline_ms
        return record.status == Status.HELD and self.now_ms >= due_ms

    def deadlines(self) -> dict[str, int]:
        return {key: record.deadline_ms for key, record in self.holds.items() if record.status == Status.HELD}

    def finished(self) -> dict[str, int]:
        return {key: record.ended_ms for key, record in self.holds.items() if record.status not in OPEN_STATUSES}

    # Limits of new holds.

    def wait_ms(self, limits: Sequence[HoldLimit]) -> int:
        """How long until all of them allow one more, 0: now."""
        excess = [self._whole_after_one_more(limit) - (self.now_ms + limit.period_ms) * 1000 for limit in limits]
        return max([0, *(-(-each // 1000) for each in excess)])

    def take(self, limits: Sequence[HoldLimit]) -> None:
        for limit in limits:
            self.cells[limit.cell] = self._whole_after_one_more(limit)

    def taken(self) -> dict[str, int]:
        """Cells that are not whole."""
        return {cell: whole_us for cell, whole_us in self.cells.items() if whole_us > self.now_ms * 1000}

    def _whole_after_one_more(self, limit: HoldLimit) -> int:
        whole_us = max(self.cells.get(limit.cell, 0), self.now_ms * 1000)
        return whole_us + limit.period_ms * 1000 // limit.holds

    # Daily outbound capacity.

    def place(self, dispatches: Sequence[Dispatch]) -> None:
        self.places.update(dispatches)

    def vacate(self, record: Reservation) -> Reservation:
        """The record without the places where nothing of it is left; expired it has nothing anywhere."""
        expired = record.status == Status.EXPIRED
        stays = {each.warehouse for line in record.lines for each in line.allocations if each.quantity and not expired}
        left = [dispatch for dispatch in record.dispatches if dispatch.warehouse not in stays]
        for dispatch in left:
            self.places[dispatch] = max(0, self.places[dispatch] - 1)
        return record._replace(dispatches=tuple(each for each in record.dispatches if each not in left))

    def drop_days(self) -> None:
        """Forget the places of days that are long over."""
        oldest = self.now_ms // DAY_MS - DAYS_KEPT
        self.places = Counter({place: taken for place, taken in self.places.items() if place[1] >= oldest})

    # Stock.

    def level(self, sku: str, warehouse: str) -> Level:
        levels = self.stock[sku].levels if sku in self.stock else []
        return next((level for level in levels if level.warehouse == warehouse), empty_level(warehouse))

    def available(self, sku: str, warehouse: str, *, ahead: bool = False) -> int:
        """`ahead`: against dated lots on their way, so only where there are any."""
        level = self.level(sku, warehouse)
        if ahead and not level.arrivals:
            return 0
        there = level._replace(on_hand=level.on_hand + level.arriving) if ahead else level
        return there.available(self.stock[sku].safety_stock)

    def put_level(self, sku: str, new: Level) -> None:
        """Store one warehouse's counters; the SKU and the warehouse come to exist if they did not."""
        old = self.stock.get(sku, Stock(1, 0, 0, 0, []))
        known = any(level.warehouse == new.warehouse for level in old.levels)
        levels = [new if level.warehouse == new.warehouse else level for level in old.levels]
        self.stock[sku] = old._replace(levels=levels if known else [*levels, new])

    def move(self, sku: str, warehouse: str, **deltas: int) -> None:
        """Change counters (on_hand, held, committed, unavailable, incoming) as part of the event being made."""
        level = self.level(sku, warehouse)
        self.put_level(sku, level._replace(**{name: getattr(level, name) + delta for name, delta in deltas.items()}))
        moved = self._moved.setdefault((sku, warehouse), [0] * 5)
        for position, name in enumerate(("on_hand", "held", "committed", "unavailable", "incoming")):
            moved[position] += deltas.get(name, 0)

    def forget_unmoved(self) -> None:
        """Drop counters that were moved forth and back within this event: it did not touch them."""
        self._moved = {key: moved for key, moved in self._moved.items() if any(moved)}

    # The log.

    def log(
        self, kind: str, about: Subject, record: Reservation | None = None, details: tuple[Any, ...] | None = None
    ) -> Reservation | None:
        """Close the event: number it, stamp what it touched, store `record` under the subject; returns the record."""
        self.seq += 1
        changes = [self._change(sku, warehouse, moved) for (sku, warehouse), moved in self._moved.items()]
        for change in changes:
            self.touch(change.sku)
        self._moved.clear()
        if record is not None:
            record = record._replace(changed_seq=self.seq)
            self.holds[about.subject] = record
        self.events.append(Event(self.seq, self.now_ms, kind, *about, changes, record, details))
        return record

    def touch(self, sku: str) -> None:
        self.stock[sku] = self.stock[sku]._replace(changed_seq=self.seq)

    def _change(self, sku: str, warehouse: str, moved: list[int]) -> Change:
        level = self.level(sku, warehouse)
        after = (level.on_hand, level.held, level.committed, level.unavailable, level.incoming)
        return Change._make((sku, warehouse, *moved, *after))


def with_operation(record: Reservation, op_id: str, code: str) -> Reservation:
    """The record with one more operation behind it; the oldest of nine is dropped."""
    return record._replace(operations=[*record.operations, Operation(op_id, code)][-OPERATIONS_KEPT:])
