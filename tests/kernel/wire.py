"""The wire layouts, spelled a second time from the domain's tuples and not by `inventory_service.engine.codec`:
what the two sides must agree on is what these tests hold fast.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeVar

import msgspec

from inventory_service.domain import commands, events
from inventory_service.domain.outcomes import (
    MovementOutcome,
    Outcome,
    PreviewOutcome,
    ReservationOutcome,
    ScanOutcome,
    ShortPickOutcome,
    StockOutcome,
    TransferOutcome,
)
from inventory_service.domain.reservation import Reservation
from inventory_service.domain.stock import Change
from tests.kernel.model_state import Event

KINDS: dict[type, tuple[str, Any]] = {
    commands.Reserve: ("reserve", ReservationOutcome),
    commands.Confirm: ("confirm", ReservationOutcome),
    commands.Extend: ("extend", ReservationOutcome),
    commands.Release: ("release", ReservationOutcome),
    commands.Reallocate: ("reallocate", ReservationOutcome),
    commands.ShortPick: ("short_pick", ShortPickOutcome),
    commands.Preview: ("preview", PreviewOutcome),
    commands.ReadReservation: ("read_reservation", ReservationOutcome),
    commands.Scan: ("scan", ScanOutcome),
    commands.Park: ("park", ScanOutcome),
    commands.Reverse: ("reverse", ScanOutcome),
    commands.Movement: ("move", MovementOutcome),
    commands.SetPolicy: ("policy", StockOutcome),
    commands.OpenTransfer: ("transfer_open", TransferOutcome),
    commands.ShipTransfer: ("transfer_ship", TransferOutcome),
    commands.ReceiveTransfer: ("transfer_receive", TransferOutcome),
    commands.CancelTransfer: ("transfer_cancel", TransferOutcome),
    commands.ReadStock: ("read_stock", StockOutcome),
}

DETAILS: dict[str, Any] = {
    "reserve": events.ReserveDetails,
    "reacquire": events.ReacquireDetails,
    "reallocate": events.ReallocateDetails,
    "short_pick": events.ShortPickDetails,
    "release": events.ReleaseDetails,
    "scan": events.ScanDetails,
    "park": events.ParkDetails,
    "reverse": events.ReverseDetails,
    "policy": events.PolicyDetails,
    **dict.fromkeys(events.TRANSFERS, events.TransferDetails),
}
WITHOUT_DETAILS = frozenset({"confirm", "extend", "expire"})

ROUTED = (
    *(commands.Reserve, commands.Confirm, commands.Extend),
    *(commands.Reallocate, commands.ShortPick, commands.Preview),
)

T = TypeVar("T")


class Header(NamedTuple):
    status: str
    now_ms: int
    epoch: int
    seq: int
    more_due: bool
    echo: str = ""


class Entry(NamedTuple):
    """One stream entry; `position` is its id."""

    position: str
    before: str
    at_ms: int
    events: list[Event]


def packed(batch: Sequence[commands.Command]) -> bytes:
    """The bytes of [routes, commands]; a command's route is the 1-based index of one of the routes."""
    routes: dict[commands.Route, int] = {}
    rows = []
    for command in batch:
        kind, _ = KINDS[type(command)]
        fields: list[Any] = list(command)
        if isinstance(command, ROUTED):
            fields[-1] = routes.setdefault(command.route, len(routes) + 1)
        rows.append([kind, *fields])
    return msgspec.msgpack.encode([list(routes), rows])


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


def read_entry(position: bytes, fields: dict[bytes, bytes]) -> Entry:
    before, at_ms = str(fields[b"before"], "ascii"), int(fields[b"at"])
    return Entry(str(position, "ascii"), before, at_ms, with_basis(read_events(fields[b"events"])))


def with_basis(events: list[Event]) -> list[Event]:
    """Each event with its basis: an entry tells the same one once, and the events behind refer to it."""
    told: dict[int, str] = {}
    found = []
    for event in events:
        details: Any = event.details
        if hasattr(details, "basis_seq"):
            assert not (details.basis and details.basis in told.values()), "told twice"
            told[event.seq] = details.basis
            details = details._replace(basis=told[details.basis_seq or event.seq], basis_seq=0)
        found.append(event._replace(details=details))
    return found
