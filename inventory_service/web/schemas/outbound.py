"""What warehouses are told to ship, and what they answer."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from inventory_service.domain.orders.stock_side import Units
from inventory_service.domain.orders.telling import EntryKind, Saying
from inventory_service.usecases.orders.hear import Heard, Result
from inventory_service.usecases.orders.ports import Answer, OutboundEntry
from inventory_service.web.schemas.allocations import UnitsBody
from inventory_service.web.schemas.fields import (
    FEED_CURSOR_PATTERN,
    INTEGER_MAX,
    SAYING_PATTERN,
    Code,
    Id,
    Label,
    Limit,
    Moment,
    Text,
    moment,
    moment_or_none,
)
from inventory_service.web.schemas.orders import AmountsBody, Masked, Minor, ReceiverBody, amounts_body

WAIT_SECONDS_MAX = 30

SayingName = Annotated[
    str,
    Meta(
        pattern=SAYING_PATTERN,
        description=(
            "`ack`: read, and of a `ship` or `change` it will be done so. `picking`: in hand, edits become exceptions. "
            "`shipped`: it left; the scans deduct it. `not-shipped`: what the `cancel` or `change` takes back has not "
            "left and will not. `failed`: it cannot be done, a person sees to it."
        ),
        extra_json_schema={"enum": [str(each) for each in Saying]},
    ),
]
Position = Annotated[int, Meta(ge=1, le=INTEGER_MAX, description="Of the entry that is answered.")]
FeedCursor = Annotated[
    str,
    Meta(
        pattern=FEED_CURSOR_PATTERN,
        description="`next_cursor` of the page before, also of an empty one: the last position that was read.",
    ),
]


class FeedQuery(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    limit: Limit = 50
    cursor: FeedCursor = "0"
    warehouse: Code | None = None
    wait_seconds: Annotated[
        int, Meta(ge=0, le=WAIT_SECONDS_MAX, description="Where there is nothing yet, wait so long for it to come.")
    ] = 0


class AllottedBody(Struct, frozen=True, kw_only=True):
    warehouse: str
    lines: list[UnitsBody]


class OutboundEntryBody(Struct, frozen=True, kw_only=True):
    """`lines`: all that is to leave `warehouse` for the order, not what is new; nothing once it is cancelled.

    Beside kind, lines and reservation it shows the order as it is now; `allocations`: what all of its warehouses were
    told. `amounts` are the whole order's; `collect_minor` is what this warehouse's parcel is to bring from the door.
    """

    position: int
    kind: EntryKind
    at: Moment
    order_no: str
    reservation_id: Annotated[str, Meta(description="For the outbound scans.")]
    warehouse: str
    lines: list[UnitsBody]
    allocations: list[AllottedBody]
    channel: str
    shop: str
    channel_order_id: str
    cash_on_delivery: bool
    collect_minor: Annotated[
        Minor | None,
        Meta(description="This parcel's part of what is to be paid at the door; null: the platform does not say."),
    ]
    currency: str
    amounts: AmountsBody
    ship_by: Moment | None
    receiver: Annotated[ReceiverBody | None, Meta(description="Null in a `cancel`.")]
    buyer_message: Masked


class FeedBody(Struct, frozen=True):
    """`next_cursor` is always there: come back with it."""

    data: list[OutboundEntryBody]
    next_cursor: str


class OutboundAnswerBody(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Counts once by `answer_id`, which is the client's own."""

    answer_id: Id
    warehouse: Code
    position: Position
    by: Annotated[Label, Meta(description="Who says it, where that is not the client.")] | UnsetType = UNSET
    note: Text | UnsetType = UNSET


class AnsweredBody(Struct, frozen=True, kw_only=True):
    """`superseded`: of an entry that another one has replaced, so it changes nothing. `case`: why the order waits."""

    order_no: str
    result: Result
    case: str | None


def feed_body(entries: list[OutboundEntryBody], cursor: str) -> FeedBody:
    return FeedBody(entries, str(entries[-1].position) if entries else cursor)


def entry_body(entry: OutboundEntry) -> OutboundEntryBody:
    order, is_cancel = entry.stored.order, entry.kind == EntryKind.CANCEL
    tellings = entry.stored.work.side.tellings
    return OutboundEntryBody(
        position=entry.position,
        kind=EntryKind(entry.kind),
        at=moment(entry.at_ms),
        order_no=entry.order_no,
        reservation_id=entry.reservation,
        warehouse=entry.warehouse,
        lines=_units(entry.units),
        allocations=[AllottedBody(warehouse=each.warehouse, lines=_units(each.units)) for each in tellings],
        channel=order.channel,
        shop=order.shop,
        channel_order_id=order.channel_order_id,
        cash_on_delivery=order.cash_on_delivery,
        collect_minor=0 if is_cancel else _collect_minor(entry),
        currency=order.currency,
        amounts=amounts_body(order.amounts),
        ship_by=moment_or_none(order.times.ship_by_ms),
        receiver=None if is_cancel else ReceiverBody(**order.receiver._asdict()),
        buyer_message="" if is_cancel else order.buyer_message,
    )


def _collect_minor(entry: OutboundEntry) -> int | None:
    """Of what the warehouse is told now: another sum is another entry."""
    tellings = entry.stored.work.side.tellings
    return next((each.collect_minor for each in tellings if each.warehouse == entry.warehouse), 0)


def answer_of(client: str, order_no: str, saying: str, body: OutboundAnswerBody) -> Answer:
    return Answer(
        client=client,
        answer_id=body.answer_id,
        order_no=order_no,
        warehouse=body.warehouse,
        position=body.position,
        saying=Saying(saying),
        by="" if body.by is UNSET else body.by,
        note="" if body.note is UNSET else body.note,
    )


def answered_body(heard: Heard) -> AnsweredBody:
    stored = heard.stored
    return AnsweredBody(order_no=stored.order.order_no, result=heard.result, case=stored.work.case.code or None)


def _units(units: Units) -> list[UnitsBody]:
    return [UnitsBody(sku, quantity) for sku, quantity in units]
