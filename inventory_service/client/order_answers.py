"""What is answered about orders of channels."""

from datetime import datetime
from typing import Any

from msgspec import Struct


class OrderAmounts(Struct, frozen=True, kw_only=True):
    """In minor units; None: the platform does not say."""

    total_minor: int | None = None
    discount_minor: int | None = None
    freight_minor: int | None = None
    paid_minor: int | None = None


class Receiver(Struct, frozen=True, kw_only=True):
    """As the platform gives it, masked without the scope `pii:read`."""

    name: str = ""
    phone: str = ""
    country: str = ""
    province: str = ""
    city: str = ""
    district: str = ""
    town: str = ""
    address: str = ""
    postcode: str = ""
    token: str = ""


class Presale(Struct, frozen=True, kw_only=True):
    stage: str
    paid_minor: int | None = None
    final_payment_by: datetime | None = None


class OrderLine(Struct, frozen=True, kw_only=True):
    """`sku`: the merchant's code. `refunded`: units, None: the platform does not say."""

    line_id: str
    sku: str
    quantity: int
    fulfilment: str
    refund: str
    channel_sku: str = ""
    channel_item: str = ""
    title: str = ""
    list_price_minor: int | None = None
    paid_minor: int | None = None
    refund_id: str | None = None
    refunded: int | None = None
    shipped: int = 0
    is_gift: bool = False


class Parcel(Struct, frozen=True, kw_only=True):
    carrier: str
    tracking_number: str
    status: str = ""


class OrderCase(Struct, frozen=True, kw_only=True):
    """Why an order waits: oversold, unknown_sku, amendment_refused, edited_after_picking, refund_unclear, …"""

    code: str
    detail: dict[str, Any] = {}


class OrderEvent(Struct, frozen=True, kw_only=True):
    """One entry of an order's history."""

    at: datetime
    kind: str
    detail: dict[str, Any] = {}


class Order(Struct, frozen=True, kw_only=True):
    """An order of a channel as its newest version has it. `history` is there where one order was asked for."""

    order_no: str
    channel: str
    shop: str
    channel_order_id: str
    payment: str
    fulfilment: str
    currency: str
    created_at: datetime
    modified_at: datetime
    seen_at: datetime
    lines: list[OrderLine]
    amounts: OrderAmounts = OrderAmounts()
    receiver: Receiver = Receiver()
    parent_order_id: str | None = None
    cash_on_delivery: bool = False
    paid_at: datetime | None = None
    shipped_at: datetime | None = None
    ended_at: datetime | None = None
    ship_by: datetime | None = None
    erased_at: datetime | None = None
    buyer_reference: str = ""
    buyer_message: str = ""
    seller_memo: str = ""
    presale: Presale | None = None
    parcels: tuple[Parcel, ...] = ()
    reservation_id: str | None = None
    case: OrderCase | None = None
    history: tuple[OrderEvent, ...] = ()


class OrderFailure(Struct, frozen=True, kw_only=True):
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
    first_at: datetime
    last_at: datetime
    next_try_at: datetime | None = None


class RetriedFailure(Struct, frozen=True, kw_only=True):
    """`result`: new, changed, unchanged, or failed once more."""

    result: str
    order_no: str | None = None


class SkuPart(Struct, frozen=True, kw_only=True):
    sku: str
    quantity: int


class SkuCode(Struct, frozen=True, kw_only=True):
    """What a platform's code stands for. `shop` None: in every shop. No parts: so many `orders` wait for it."""

    channel: str
    code: str
    shop: str | None = None
    parts: tuple[SkuPart, ...] = ()
    title: str | None = None
    orders: int = 0


class ErasedCustomer(Struct, frozen=True, kw_only=True):
    """Of how many orders, and of how many failures, everything personal went."""

    orders: int
    failures: int


class OutboundAllocation(Struct, frozen=True, kw_only=True):
    warehouse: str
    lines: tuple[SkuPart, ...] = ()


class OutboundEntry(Struct, frozen=True, kw_only=True):
    """What a warehouse is told of an order: `kind` ship, change or cancel. `lines`: all that is to leave it.

    `collect_minor`: what its parcel is to bring from the door, None: the platform does not say.
    """

    position: int
    kind: str
    at: datetime
    order_no: str
    reservation_id: str
    warehouse: str
    lines: list[SkuPart]
    channel: str
    shop: str
    channel_order_id: str
    currency: str
    allocations: tuple[OutboundAllocation, ...] = ()
    cash_on_delivery: bool = False
    collect_minor: int | None = 0
    amounts: OrderAmounts = OrderAmounts()
    ship_by: datetime | None = None
    receiver: Receiver | None = None
    buyer_message: str = ""


class OutboundPage(Struct, frozen=True, kw_only=True):
    """`next_cursor` is always there, also on an empty page."""

    data: list[OutboundEntry]
    next_cursor: str


class OutboundAnswered(Struct, frozen=True, kw_only=True):
    """`result`: noted, replayed, or superseded: of an entry that another one has replaced."""

    order_no: str
    result: str
    case: str | None = None
