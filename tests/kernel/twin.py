"""The kernel and its model side by side: whatever is sent goes to both, and everything both know is compared."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile

from inventory_service.domain import commands
from inventory_service.domain.events import EventType
from inventory_service.domain.ids import digest
from inventory_service.domain.outcomes import (
    MovementOutcome,
    Outcome,
    ReservationOutcome,
    ScanOutcome,
    StockOutcome,
    TransferOutcome,
)
from inventory_service.domain.reservation import Reservation
from inventory_service.domain.stock import Stock
from tests.kernel.driver import EPOCH, Kernel, Stored
from tests.kernel.invariants import (
    assert_invariants,
    assert_places_are_those_of_records,
    assert_transfers_are_incoming,
)
from tests.kernel.model import Model
from tests.kernel.model_state import Event
from tests.kernel.wire import Entry


class Twin:
    """Every `send` ends with outcomes, events and stored state compared, and the invariants checked."""

    def __init__(self, kernel: Kernel, **meta: int) -> None:
        self.kernel = kernel
        kernel.open(**meta)
        self.model = Model()
        for name, value in meta.items():
            setattr(self.model, name, value)
        self.entries: list[Entry] = []

    # Asking.

    def send(self, *batch: commands.Command, new_holds_refused: bool = False) -> list[Outcome]:
        """One batch on the kernel, the same commands one by one on the model."""
        reply = self.kernel.call(batch, new_holds_refused=new_holds_refused)
        assert reply.header.status == "ok"
        stored = self.kernel.stored(after=self._seen())
        self.model.new_holds_refused = new_holds_refused
        self.model.sweep(reply.header.now_ms, expired_first(stored.entries))
        expected = [self.model.apply(command, reply.header.now_ms) for command in batch]
        same([comparable(got) for got in reply.outcomes], [comparable(outcome) for outcome in expected], "outcomes")
        same(reply.header.seq, self.model.seq, "header.seq")
        self._compare(stored)
        return expected

    def ask(self, command: commands.Command, *, new_holds_refused: bool = False) -> Outcome:
        return self.send(command, new_holds_refused=new_holds_refused)[0]

    def reservation(self, command: commands.ReservationCommand) -> ReservationOutcome:
        outcome = self.ask(command)
        assert isinstance(outcome, ReservationOutcome)
        return outcome

    def movement(self, command: commands.Movement) -> MovementOutcome:
        outcome = self.ask(command)
        assert isinstance(outcome, MovementOutcome)
        return outcome

    def scan(self, command: commands.ScanCommand) -> tuple[str, list[str]]:
        """What the kernel says of it: code and reasons."""
        outcome = self.ask(command)
        assert isinstance(outcome, ScanOutcome)
        return outcome.code, outcome.reasons

    def transfer(self, command: commands.TransferCommand) -> TransferOutcome:
        outcome = self.ask(command)
        assert isinstance(outcome, TransferOutcome)
        return outcome

    def stock(self, command: commands.StockCommand) -> StockOutcome:
        outcome = self.ask(command)
        assert isinstance(outcome, StockOutcome)
        return outcome

    def codes(self, *batch: commands.Command) -> list[str]:
        """Only the codes, of a batch."""
        return [outcome.code for outcome in self.send(*batch)]

    # Time and forgetting.

    def advance(self, step_ms: int) -> int:
        """Let time pass; nothing happens by itself. Returns the new time."""
        return self.kernel.advance(step_ms)

    def now_ms(self) -> int:
        return self.kernel.now_ms()

    def set_meta(self, **meta: int) -> None:
        """Change what the writer writes: flushed, opened_ms, backlog_limit."""
        self.kernel.set_meta(**meta)
        for name, value in meta.items():
            setattr(self.model, name, value)

    def evict(self, reservation_id: str) -> Reservation:
        """What the ledger has leaves Redis; returns what the ledger would lend later."""
        record = self.kernel.holds()[reservation_id]
        name = digest("reservation", reservation_id)
        assert self.kernel.flush({reservation_id: name}, committed=self.model.seq) == 1
        self.model.now_ms = max(self.model.now_ms, self.now_ms())
        self.model.flushed = self.model.seq
        self.model.evict(reservation_id, name)
        self._compare(self.kernel.stored(after=self._seen()))
        return record

    # Looking.

    def counters(self, sku: str, warehouse: str = "SHA") -> tuple[int, int, int, int, int]:
        """(on_hand, held, committed, unavailable, incoming)"""
        level = self.model.level(sku, warehouse)
        return level.on_hand, level.held, level.committed, level.unavailable, level.incoming

    def record(self, reservation_id: str) -> Reservation:
        return self.model.holds[reservation_id]

    def last_event(self) -> Event:
        return self.model.events[-1]

    # Comparing.

    def _seen(self) -> str:
        return self.entries[-1].position if self.entries else "0-0"

    def _compare(self, stored: Stored) -> None:
        """Everything stored, and every event since the last comparison."""
        model = self.model
        model.now_ms = max(model.now_ms, stored.now_ms)
        same(by_warehouse(stored.stock), by_warehouse(model.stock), "stock")
        same(stored.holds, model.holds, "holds")
        same(stored.transfers, model.transfers, "transfers")
        same(sorted(stored.deadlines), sorted(model.deadlines()), "deadlines")
        same(stored.finished, model.finished(), "finished")
        same(stored.remembered, model.remembered(), "remembered")
        same(stored.taken, model.taken(), "limits")
        same(stored.places, {tuple(place): taken for place, taken in model.places.items() if taken}, "places")
        happened = [event for entry in stored.entries for event in entry.events]
        expected = model.events[self.entries[-1].events[-1].seq if self.entries else 0 :]
        same([in_order(event) for event in happened], [in_order(event) for event in expected], "events")
        same((stored.seq, stored.position), (model.seq, f"{EPOCH}-{model.seq}" if model.seq else "0-0"), "position")
        self.entries += stored.entries
        assert_transfers_are_incoming(stored.stock, stored.transfers)
        assert_invariants(stored.stock, stored.holds, stored.deadlines, self.entries)
        assert_places_are_those_of_records(stored.places, stored.holds, stored.now_ms)


def expired_first(entries: Sequence[Entry]) -> list[str]:
    """Whom the sweep at the start of a batch let expire, in its order."""
    events = [event for entry in entries for event in entry.events]
    return [event.subject for event in takewhile(lambda event: event.type == EventType.EXPIRE, events)]


def same(got: object, expected: object, name: str) -> None:
    assert not (found := list(differences(got, expected, name))), "\n".join(found)


def differences(got: object, expected: object, place: str) -> Iterator[str]:
    """Where two values differ, field by field: the kernel's first."""
    if isinstance(got, Mapping) and isinstance(expected, Mapping) and got.keys() == expected.keys():
        for key in got:
            yield from differences(got[key], expected[key], f"{place}[{key}]")
    elif isinstance(got, list | tuple) and type(got) is type(expected) and len(got) == len(expected):
        names = getattr(got, "_fields", range(len(got)))
        for name, one, other in zip(names, got, expected, strict=True):
            yield from differences(one, other, f"{place}.{name}")
    elif got != expected:
        yield f"{place}: {got!r} != {expected!r}"


# No order is promised of the warehouses within a SKU, nor of the changes within an event.


def by_warehouse(stock: Mapping[str, Stock]) -> dict[str, Stock]:
    return {sku: record._replace(levels=sorted(record.levels)) for sku, record in stock.items()}


def in_order(event: Event) -> Event:
    return event._replace(changes=sorted(event.changes))


def comparable(outcome: Outcome | None) -> Outcome | None:
    if isinstance(outcome, MovementOutcome | StockOutcome) and outcome.stock is not None:
        return outcome._replace(stock=outcome.stock._replace(levels=sorted(outcome.stock.levels)))
    return outcome
