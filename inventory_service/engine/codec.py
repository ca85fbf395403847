"""Commands to the kernel's bytes and its replies to outcomes. The tuples of `domain` are the layout."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

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
    Route,
    Scan,
    SetPolicy,
    ShipTransfer,
    ShortPick,
)
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


class Header(NamedTuple):
    """What the kernel says of a batch as a whole. `more_due`: holds are due that this batch had no room to expire."""

    status: str
    now_ms: int
    epoch: int
    seq: int
    more_due: bool
    echo: str = ""  # the word that was sent with the batch


_KINDS: dict[type[Any], str] = {
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
    Movement: "move",
    SetPolicy: "policy",
    OpenTransfer: "transfer_open",
    ShipTransfer: "transfer_ship",
    ReceiveTransfer: "transfer_receive",
    CancelTransfer: "transfer_cancel",
    ReadReservation: "read_reservation",
    ReadStock: "read_stock",
}
_ROUTED = (Reserve, Confirm, Extend, Reallocate, ShortPick, Preview)
_DEFERRED = msgspec.msgpack.encode(["deferred"])

_encode = msgspec.msgpack.Encoder().encode
_decode_header = msgspec.msgpack.Decoder(Header).decode
_reservation = msgspec.msgpack.Decoder(ReservationOutcome).decode
_movement = msgspec.msgpack.Decoder(MovementOutcome).decode
_stock = msgspec.msgpack.Decoder(StockOutcome).decode
_scan = msgspec.msgpack.Decoder(ScanOutcome).decode
_transfer = msgspec.msgpack.Decoder(TransferOutcome).decode
_DECODERS: dict[type[Any], Any] = {
    **dict.fromkeys((Reserve, Confirm, Extend, Release, Reallocate, ReadReservation), _reservation),
    **dict.fromkeys((Scan, Park, Reverse), _scan),
    **dict.fromkeys((SetPolicy, ReadStock), _stock),
    **dict.fromkeys((OpenTransfer, ShipTransfer, ReceiveTransfer, CancelTransfer), _transfer),
    Movement: _movement,
    ShortPick: msgspec.msgpack.Decoder(ShortPickOutcome).decode,
    Preview: msgspec.msgpack.Decoder(PreviewOutcome).decode,
}


def encode_batch(commands: Sequence[Command]) -> bytes:
    """[routes, commands]; a route is sent once per batch, since in a sale thousands of shoppers share a few."""
    routes: list[Route] = []
    places: dict[int, int] = {}
    encoded: list[tuple[Any, ...]] = []
    for command in commands:
        kind = _KINDS[type(command)]
        if isinstance(command, _ROUTED):
            place = places.get(id(command.route))
            if place is None:
                routes.append(command.route)
                place = places[id(command.route)] = len(routes)
            encoded.append((kind, *command[:-1], place))
        else:
            encoded.append((kind, *command))
    return _encode((routes, encoded))


def decode_header(reply: bytes) -> Header:
    return _decode_header(reply)


def decode_outcome(command: Command, reply: bytes) -> Outcome | None:
    """The outcome of one command; None when the batch had no room for it."""
    if reply == _DEFERRED:
        return None
    outcome: Outcome = _DECODERS[type(command)](reply)
    return outcome


def line_count(command: Command) -> int:
    """How many order lines the command itself carries."""
    return max(1, len(getattr(command, "lines", ())))
