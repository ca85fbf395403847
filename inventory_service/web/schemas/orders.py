"""Orders of channels."""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from inventory_service.domain.orders.intent import CaseCode
from inventory_service.domain.orders.order import Amounts, Order, OrderLine
from inventory_service.domain.orders.states import Fulfilment, Payment, PresaleStage, Refund
from inventory_service.domain.orders.stock_side import Hold, Part, reservation_id
from inventory_service.usecases.orders.arrive import Took
from inventory_service.usecases.orders.ports import Case, Failure, HistoryEntry, SkuCode, StoredOrder
from inventory_service.web.schemas.fields import Code, Label, Moment, Quantity, moment, moment_or_none
from inventory_service.web.schemas.lists import PageQuery

PARTS_MAX = 50

Name = Annotated[Label, Meta(min_length=1)]
Reference = Annotated[str, Meta(min_length=1, max_length=256, pattern=r"\A[^\x00-\x1f\x7f\uffff]*\Z")]
Minor = Annotated[int, Meta(description="In minor units of `currency`.")]
Masked = Annotated[str, Meta(description="Such as `138****8888` without the scope `pii:read`.")]


class OrderQuery(PageQuery, forbid_unknown_fields=True, frozen=True, kw_only=True):
    channel: Name | None = None
    shop: Name | None = None
    payment: Payment | None = None
    fulfilment: Fulfilment | None = None
    channel_order_id: Name | None = None
    case: CaseCode | None = None
    sku: Annotated[Name, Meta(description="The merchant's code of a line, or the platform's.")] | None = None


class AmountsBody(Struct, frozen=True, kw_only=True):
    """Null: the platform does not say."""

    total_minor: Minor | None
    discount_minor: Minor | None
    freight_minor: Minor | None
    paid_minor: Minor | None


class ReceiverBody(Struct, frozen=True, kw_only=True):
    """As the platform gives it: in clear, masked, or encrypted by it."""

    name: Masked
    phone: Masked
    country: str
    province: str
    city: str
    district: Masked
    town: Masked
    address: Masked
    postcode: Masked
    token: Masked


class PresaleBody(Struct, frozen=True, kw_only=True):
    stage: PresaleStage
    paid_minor: Minor | None
    final_payment_by: Moment | None


class OrderLineBody(Struct, frozen=True, kw_only=True):
    """`sku`: the merchant's code, which may stand for several of our SKUs. `refunded`: units, null: nobody says."""

    line_id: str
    sku: str
    channel_sku: str
    channel_item: str
    title: str
    quantity: int
    list_price_minor: Minor | None
    paid_minor: Minor | None
    fulfilment: Fulfilment
    refund: Refund
    refund_id: str | None
    refunded: int | None
    shipped: int
    is_gift: bool


class ParcelBody(Struct, frozen=True, kw_only=True):
    carrier: str
    tracking_number: str
    status: Annotated[str, Meta(description="The last one, in the platform's words.")]


class CaseBody(Struct, frozen=True, kw_only=True):
    """Why the order waits. `oversold` names what is missing and where more of it lies."""

    code: str
    detail: dict[str, Any]


class OrderView(Struct, frozen=True, kw_only=True):
    """An order as its newest version has it, and what the stock side has done for it."""

    order_no: str
    channel: str
    shop: str
    channel_order_id: str
    parent_order_id: str | None
    payment: Payment
    fulfilment: Fulfilment
    cash_on_delivery: bool
    currency: str
    amounts: AmountsBody
    created_at: Moment
    paid_at: Moment | None
    modified_at: Moment
    shipped_at: Moment | None
    ended_at: Moment | None
    ship_by: Moment | None
    seen_at: Annotated[Moment, Meta(description="By us, first.")]
    erased_at: Moment | None
    buyer_reference: Masked
    buyer_message: Masked
    seller_memo: Masked
    receiver: ReceiverBody
    presale: PresaleBody | None
    lines: list[OrderLineBody]
    parcels: list[ParcelBody]
    reservation_id: Annotated[str | None, Meta(description="The one that is open, or was confirmed.")]
    case: CaseBody | None


class HistoryBody(Struct, frozen=True, kw_only=True):
    """Nothing personal is in it: that the receiver changed is told, not to whom."""

    at: Moment
    kind: str
    detail: dict[str, Any]


class OrderHistoryView(OrderView, frozen=True, kw_only=True):
    """An order with what happened to it, oldest first."""

    history: list[HistoryBody]


class FailureQuery(PageQuery, forbid_unknown_fields=True, frozen=True, kw_only=True):
    state: Literal["open", "cured", "erased"] | None = None


class FailureBody(Struct, frozen=True, kw_only=True):
    """An arrival that could not be taken in: the field that does not fit, where its value stands, and why."""

    failure_id: str
    state: str
    channel: str
    shop: str
    channel_order_id: str
    field: str
    path: str
    reason: str
    attempts: int
    first_at: Moment
    last_at: Moment
    next_try_at: Moment | None


class RetriedBody(Struct, frozen=True, kw_only=True):
    """`failed`: it still does not fit. `unchanged`: it was no failure any more."""

    result: Took
    order_no: str | None


class PartBody(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Units of one of our SKUs in one unit of what the platform sells."""

    sku: Code
    quantity: Quantity


class SkuCodeQuery(PageQuery, forbid_unknown_fields=True, frozen=True, kw_only=True):
    channel: Name | None = None
    shop: Name | None = None
    state: Annotated[
        Literal["mapped", "unmapped"], Meta(description="`unmapped` is the to-do list: codes that orders wait for.")
    ] = "mapped"


class SkuCodeBody(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """What a platform's code stands for; a bundle has several parts. Without `shop`: in every shop of the channel."""

    channel: Name
    code: Name
    parts: Annotated[list[PartBody], Meta(min_length=1, max_length=PARTS_MAX, description="One per SKU.")]
    shop: Name | UnsetType = UNSET


class SkuCodeView(Struct, frozen=True, kw_only=True):
    """`orders`: so many wait for it, of a code that nobody has mapped; it has no `parts`."""

    channel: str
    shop: str | None
    code: str
    parts: list[PartBody]
    title: str | None
    orders: int


class EraseBody(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """The customer, by the platform's own reference."""

    channel: Name
    buyer_reference: Reference


class ErasedBody(Struct, frozen=True, kw_only=True):
    orders: int
    failures: int


def order_view(stored: StoredOrder) -> OrderView:
    return OrderView(**_order_fields(stored))


def order_with_history(stored: StoredOrder, history: list[HistoryBody]) -> OrderHistoryView:
    return OrderHistoryView(**_order_fields(stored), history=history)


def history_body(entry: HistoryEntry) -> HistoryBody:
    return HistoryBody(at=moment(entry.at_ms), kind=entry.kind, detail=dict(entry.detail))


def failure_body(failure: Failure) -> FailureBody:
    return FailureBody(
        failure_id=failure.failure_id,
        state=failure.state,
        channel=failure.key.channel,
        shop=failure.key.shop,
        channel_order_id=failure.key.channel_order_id,
        field=failure.misfit.field,
        path=failure.misfit.path,
        reason=failure.misfit.reason,
        attempts=failure.attempts,
        first_at=moment(failure.first_ms),
        last_at=moment(failure.last_ms),
        next_try_at=moment_or_none(failure.next_try_ms),
    )


def sku_code_of(body: SkuCodeBody) -> SkuCode:
    parts = [Part(part.sku, part.quantity) for part in body.parts]
    return SkuCode(body.channel, "" if body.shop is UNSET else body.shop, body.code, parts)


def sku_code_view(code: SkuCode) -> SkuCodeView:
    return SkuCodeView(
        channel=code.channel,
        shop=code.shop or None,
        code=code.code,
        parts=[PartBody(sku=part.sku, quantity=part.quantity) for part in code.parts],
        title=code.title or None,
        orders=code.orders,
    )


def _order_fields(stored: StoredOrder) -> dict[str, Any]:
    order, side = stored.order, stored.work.side
    is_held = side.hold is not Hold.NONE
    return _plain_fields(order) | {
        "amounts": amounts_body(order.amounts),
        "receiver": ReceiverBody(**order.receiver._asdict()),
        "presale": _presale(order),
        "lines": [_line(line) for line in order.lines],
        "parcels": [ParcelBody(**parcel._asdict()) for parcel in order.parcels],
        "seen_at": moment(stored.seen_ms),
        "erased_at": moment_or_none(stored.erased_ms),
        "reservation_id": reservation_id(order.order_no, side.attempt) if is_held else None,
        "case": _case(stored.work.case),
    }


def _plain_fields(order: Order) -> dict[str, Any]:
    times = order.times
    return {
        "order_no": order.order_no,
        "channel": order.channel,
        "shop": order.shop,
        "channel_order_id": order.channel_order_id,
        "parent_order_id": order.parent_order_id or None,
        "payment": order.payment,
        "fulfilment": order.fulfilment,
        "cash_on_delivery": order.cash_on_delivery,
        "currency": order.currency,
        "created_at": moment(times.created_ms),
        "paid_at": moment_or_none(times.paid_ms),
        "modified_at": moment(times.modified_ms),
        "shipped_at": moment_or_none(times.shipped_ms),
        "ended_at": moment_or_none(times.ended_ms),
        "ship_by": moment_or_none(times.ship_by_ms),
        "buyer_reference": order.buyer_reference,
        "buyer_message": order.buyer_message,
        "seller_memo": order.seller_memo,
    }


def amounts_body(amounts: Amounts) -> AmountsBody:
    return AmountsBody(**amounts._asdict())


def _presale(order: Order) -> PresaleBody | None:
    told = order.presale
    if told is None:
        return None
    by = moment_or_none(told.final_payment_by_ms)
    return PresaleBody(stage=told.stage, paid_minor=told.paid_minor, final_payment_by=by)


def _line(line: OrderLine) -> OrderLineBody:
    told = line._asdict()
    del told["as_told"]  # what is known is shown
    return OrderLineBody(**told | {"refund_id": line.refund_id or None})


def _case(case: Case) -> CaseBody | None:
    return CaseBody(code=case.code, detail=dict(case.detail)) if case.code else None
