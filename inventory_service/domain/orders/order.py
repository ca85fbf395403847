"""An order as every channel's orders are seen here.

Amounts are minor units of the order's currency, None where the platform does not say. Times are milliseconds since
1970, 0 where there is none. Texts are "" where there is none, and ids stay texts: many are beyond 2**53.
"""

from typing import NamedTuple

from inventory_service.domain.orders.states import (
    MONEY_IS_HERE,
    REFUND_ALLOWS_SHIPPING,
    STILL_TO_SHIP,
    Fulfilment,
    Payment,
    PresaleStage,
    Refund,
)


class LineRefund(NamedTuple):
    """What the newest document of one refund says of one line. `units`: that are not to be sent any more because of it,
    0: none is (money alone, or it is about what has left), None: the platform does not say.
    """

    refund_id: str
    line_id: str
    state: Refund
    units: int | None
    amount_minor: int | None
    modified_ms: int


class RefundAsTold(NamedTuple):
    """Of a line, by the order's own document."""

    refund: Refund
    refunded: int | None


class OrderLine(NamedTuple):
    """One variant in an order. `sku`: the merchant's own code, which may stand for several of our SKUs, or none."""

    line_id: str
    sku: str
    channel_sku: str  # the platform's ids of the variant and of what it is a variant of
    channel_item: str
    title: str
    quantity: int
    list_price_minor: int | None  # of one unit
    paid_minor: int | None  # for all units, without freight
    fulfilment: Fulfilment
    refund: Refund
    refund_id: str
    shipped: int  # units; never falls
    is_gift: bool
    refunded: int | None = None  # units that refunds took out, 0: it was money alone; None: the platform does not say
    as_told: RefundAsTold | None = None  # where the documents of refunds say more than the order's does

    @property
    def variant(self) -> str:
        """By which it is known that a line is of another article than it was."""
        return self.channel_sku or self.sku or self.channel_item

    @property
    def wanted(self) -> int:
        """Units that the buyer still wants or has."""
        return self.quantity - (self.refunded or 0)

    @property
    def may_ship(self) -> bool:
        """Never a line that is closed inside a live order, nor one whose refund is asked for, nor one whose refund was
        granted without saying for how many units.
        """
        is_known = self.refund is Refund.SUCCEEDED and self.refunded is not None
        allows = self.refund in REFUND_ALLOWS_SHIPPING or is_known
        return self.fulfilment in STILL_TO_SHIP and allows and self.wanted > self.shipped


class Parcel(NamedTuple):
    carrier: str
    tracking_number: str
    status: str  # the last one, in the platform's words


class Amounts(NamedTuple):
    total_minor: int | None  # before discounts; some platforms count the freight in
    discount_minor: int | None
    freight_minor: int | None
    paid_minor: int | None  # by the buyer, or by him to be paid: `payment` tells which


class Times(NamedTuple):
    created_ms: int
    paid_ms: int
    modified_ms: int  # which version of the order this is
    shipped_ms: int
    ended_ms: int  # done or cancelled
    ship_by_ms: int  # what was promised to the buyer


class Receiver(NamedTuple):
    """Personal data, as the platform gives them: in clear, masked, or encrypted by it."""

    name: str = ""
    phone: str = ""
    country: str = ""
    province: str = ""
    city: str = ""
    district: str = ""
    town: str = ""
    address: str = ""
    postcode: str = ""
    token: str = ""  # by which the platform knows the same receiver again, and decrypts


class Presale(NamedTuple):
    """Sold before it is there: a deposit first, and the rest by a date."""

    stage: PresaleStage
    paid_minor: int | None  # so far
    final_payment_by_ms: int


class Vanished(NamedTuple):
    """What has shipped of a line that the newest version does not name any more."""

    line_id: str
    shipped: int


class Order(NamedTuple):
    """One order of one shop, as its newest known version has it."""

    channel: str
    shop: str
    channel_order_id: str
    parent_order_id: str  # of which this one was split off
    payment: Payment
    fulfilment: Fulfilment
    cash_on_delivery: bool
    currency: str
    buyer_reference: str  # the platform's, opaque
    buyer_message: str
    seller_memo: str
    amounts: Amounts
    times: Times
    receiver: Receiver
    presale: Presale | None
    lines: tuple[OrderLine, ...]
    parcels: tuple[Parcel, ...]
    vanished: tuple[Vanished, ...] = ()  # in the order of their ids
    order_no: str = ""  # ours; "": not stored yet
    refunds: tuple[LineRefund, ...] = ()  # by their ids and lines

    @property
    def lines_to_ship(self) -> tuple[OrderLine, ...]:
        """What a warehouse may be told to send: none before the money is here or is to be taken at the door."""
        is_covered = self.payment in MONEY_IS_HERE or self.cash_on_delivery
        if self.fulfilment not in STILL_TO_SHIP or not is_covered:
            return ()
        return tuple(line for line in self.lines if line.may_ship)
