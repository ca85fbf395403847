"""Transfers between warehouses."""

from datetime import datetime
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType, field

from inventory_service.domain.durability import Durability
from inventory_service.domain.stock import QUANTITY_MAX
from inventory_service.domain.transfer import Transfer, TransferLine, TransferState
from inventory_service.web.schemas.fields import Code, Id, Label, Moment, Quantity, Reached, moment, moment_or_none
from inventory_service.web.schemas.lists import PageQuery
from inventory_service.web.schemas.reservations import LineBody

LINES_MAX = 50

Lines = Annotated[list[LineBody], Meta(min_length=1, max_length=LINES_MAX, description="One per SKU.")]


class TransferBody(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Without `ship` it is a plan that moves no stock yet."""

    transfer_id: Id
    origin: Code = field(name="from")
    destination: Code = field(name="to")
    lines: Lines
    expected_at: (
        Annotated[datetime, Meta(tz=True, description="When it is to be there. RFC 3339 with an offset.")] | UnsetType
    ) = UNSET
    reference: Label | UnsetType = UNSET
    ship: Annotated[bool, Meta(description="It leaves at once.")] | UnsetType = UNSET
    force: Annotated[bool, Meta(description="With `ship`: even what is promised at the origin.")] | UnsetType = UNSET


class ShipBody(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Without `lines` it leaves as planned; with them, what they do not name stays."""

    lines: Lines | UnsetType = UNSET
    force: Annotated[bool, Meta(description="Even what is promised at the origin.")] | UnsetType = UNSET


class ReceivedLineBody(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    sku: Code
    quantity: Quantity
    damaged: Annotated[int, Meta(ge=0, le=QUANTITY_MAX, description="Of `quantity`; goes to `unavailable`.")] = 0


class ReceiptBody(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Booked once per `receipt_id`."""

    receipt_id: Id
    lines: Annotated[list[ReceivedLineBody], Meta(max_length=LINES_MAX, description="One per SKU.")]
    close: Annotated[bool, Meta(description="What is missing does not come any more: it is lost.")] | UnsetType = UNSET


class TransferLineView(Struct, frozen=True, kw_only=True):
    """`quantity` was planned; `discrepancy` is what was received beyond what was shipped, or (below 0) lost."""

    sku: str
    quantity: int
    shipped: int
    received: Annotated[int, Meta(description="Damaged ones included.")]
    damaged: int
    lost: int
    outstanding: Annotated[int, Meta(description="On its way: a part of `incoming` at the destination.")]
    discrepancy: int


class TransferView(Struct, frozen=True, kw_only=True):
    """A transfer as it is now."""

    transfer_id: str
    state: TransferState
    origin: str = field(name="from")
    destination: str = field(name="to")
    reference: str | None
    expected_at: Moment | None
    created_at: Moment
    shipped_at: Moment | None
    ended_at: Moment | None
    lines: list[TransferLineView]
    durability: Reached | UnsetType = UNSET


class TransferQuery(PageQuery, forbid_unknown_fields=True, frozen=True, kw_only=True):
    state: TransferState | None = None
    origin: Code | None = field(default=None, name="from")
    destination: Code | None = field(default=None, name="to")
    sku: Code | None = None


def transfer_view(transfer_id: str, transfer: Transfer, durability: str = "") -> TransferView:
    """The record as callers see it; `durability` "": it was only read."""
    return TransferView(
        transfer_id=transfer_id,
        state=TransferState(transfer.state),
        origin=transfer.origin,
        destination=transfer.destination,
        reference=transfer.reference or None,
        expected_at=moment_or_none(transfer.expected_ms),
        created_at=moment(transfer.created_ms),
        shipped_at=moment_or_none(transfer.shipped_ms),
        ended_at=moment_or_none(transfer.ended_ms),
        lines=[_line(line) for line in transfer.lines],
        durability=Durability(durability) if durability else UNSET,
    )


def _line(line: TransferLine) -> TransferLineView:
    return TransferLineView(
        sku=line.sku,
        quantity=line.quantity,
        shipped=line.shipped,
        received=line.received,
        damaged=line.damaged,
        lost=line.lost,
        outstanding=line.outstanding,
        discrepancy=line.discrepancy,
    )
