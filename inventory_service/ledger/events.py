"""Entries of the stream, decoded. `domain.events` and the kernel's log define the layout."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from inventory_service.domain.events import (
    RESNAPSHOT,
    TRANSFERS,
    Correction,
    Entry,
    EventType,
    MovementDetails,
    ParkDetails,
    PolicyDetails,
    Position,
    ReacquireDetails,
    ReallocateDetails,
    ReleaseDetails,
    ReserveDetails,
    ResnapshotDetails,
    ReverseDetails,
    ScanDetails,
    ShortPickDetails,
    TransferDetails,
)
from inventory_service.domain.movements import MovementType
from inventory_service.domain.reservation import Reservation
from inventory_service.domain.stock import Change
from inventory_service.domain.transfer import Transfer

NIL = b"\xc0"

Details = (
    MovementDetails
    | ParkDetails
    | PolicyDetails
    | ReacquireDetails
    | ReallocateDetails
    | ReleaseDetails
    | ReserveDetails
    | ResnapshotDetails
    | ReverseDetails
    | ScanDetails
    | ShortPickDetails
    | TransferDetails
)


class LedgerEvent(NamedTuple):
    """One event as it came; `reservation` keeps the record's very bytes, so that a rebuild gives them back."""

    seq: int
    at_ms: int
    type: str
    client: str
    op_id: str
    subject: str
    changes: list[Change]
    reservation: msgspec.Raw
    details: msgspec.Raw

    @property
    def record(self) -> bytes:
        """The packed reservation after the event, b"" when none was touched."""
        packed = bytes(self.reservation)
        return b"" if packed == NIL else packed


_DETAILS: dict[str, type[Any]] = {
    EventType.RESERVE: ReserveDetails,
    EventType.REACQUIRE: ReacquireDetails,
    EventType.REALLOCATE: ReallocateDetails,
    EventType.SHORT_PICK: ShortPickDetails,
    EventType.RELEASE: ReleaseDetails,
    EventType.SCAN: ScanDetails,
    EventType.PARK: ParkDetails,
    EventType.REVERSE: ReverseDetails,
    EventType.POLICY: PolicyDetails,
    RESNAPSHOT: ResnapshotDetails,
    **dict.fromkeys(TRANSFERS, TransferDetails),
    **dict.fromkeys(MovementType, MovementDetails),
}
_DETAILS_DECODERS = {name: msgspec.msgpack.Decoder(layout).decode for name, layout in _DETAILS.items()}

decode_events = msgspec.msgpack.Decoder(list[LedgerEvent]).decode
decode_event = msgspec.msgpack.Decoder(LedgerEvent).decode
split_events = msgspec.msgpack.Decoder(list[msgspec.Raw]).decode
decode_anything = msgspec.msgpack.Decoder().decode
decode_transfer = msgspec.msgpack.Decoder(Transfer).decode
decode_record = msgspec.msgpack.Decoder(Reservation).decode


def decode_details(event: LedgerEvent) -> Details | None:
    """The details of the event's own type; None for the types that have none."""
    packed = bytes(event.details)
    if packed == NIL:
        return None
    details: Details = _DETAILS_DECODERS[event.type](packed)
    return details


def entry_of(corrections: Sequence[Correction], before: Position, epoch: int, at_ms: int) -> Entry:
    """An entry as the kernel would have written it behind `before`; at least one correction."""
    events = []
    for seq, each in enumerate(corrections, start=before.seq + 1):
        record = each.record._replace(changed_seq=seq) if each.record else None
        events.append((seq, at_ms, each.type, each.client, "", each.subject, each.changes, record, each.details))
    position = Position(epoch, before.seq + len(events))
    return Entry(position, before, at_ms, msgspec.msgpack.encode(events))


def event_id(seq: int) -> str:
    return f"evt_{seq:016d}"


def exception_id(seq: int) -> str:
    return f"exc_{seq:016d}"


def exception_seq(identifier: str) -> int:
    """The number in an exception id; 0, which no event has, for anything else."""
    return number_in(identifier, "exc_")


def alert_id(number: int) -> str:
    return f"alr_{number:016d}"


def number_in(identifier: str, prefix: str) -> int:
    digits = identifier.removeprefix(prefix)
    return int(digits) if identifier.startswith(prefix) and digits.isdecimal() and len(digits) == 16 else 0
