"""The fields of an order that a mapping may fill: their names, and what may stand in them."""

from enum import Enum, StrEnum, auto
from typing import NamedTuple

from inventory_service.domain.orders.order import Receiver
from inventory_service.domain.orders.states import Fulfilment, Payment, PresaleStage, Refund

ID_CHARACTERS_MAX = 64
LABEL_CHARACTERS_MAX = 128
TEXT_CHARACTERS_MAX = 10_000  # a buyer's message; a receiver's name that the platform has encrypted


class Kind(Enum):
    ID = auto()  # no whitespace, nothing unprintable
    LABEL = auto()  # one line, nothing unprintable
    TEXT = auto()  # what people wrote: nobody loses a sale to a stray control character in it
    COUNT = auto()
    MONEY = auto()
    CURRENCY = auto()
    TIME = auto()
    FLAG = auto()
    STATE = auto()


class Unified(NamedTuple):
    """`required`: no order, or no line, is one without it. `states`: of a STATE."""

    kind: Kind
    required: bool = False
    states: type[StrEnum] | None = None
    characters_max: int = LABEL_CHARACTERS_MAX
    least: int = 0
    signed: bool = False


_ID = Unified(Kind.ID, characters_max=ID_CHARACTERS_MAX)
_LABEL = Unified(Kind.LABEL)
_TEXT = Unified(Kind.TEXT, characters_max=TEXT_CHARACTERS_MAX)
_MONEY = Unified(Kind.MONEY)
_TIME = Unified(Kind.TIME)
_FLAG = Unified(Kind.FLAG)

ORDER = "order"
AMOUNTS = "amounts"
TIMES = "times"
RECEIVER = "receiver"
PRESALE = "presale"
LINE = "line"
PARCEL = "parcel"
REFUND = "refund"
REFUND_LINE = "refund_line"
SECTIONS: dict[str, dict[str, Unified]] = {
    ORDER: {
        "channel_order_id": _ID._replace(required=True),
        "parent_order_id": _ID,
        "payment": Unified(Kind.STATE, required=True, states=Payment),
        "fulfilment": Unified(Kind.STATE, required=True, states=Fulfilment),
        "cash_on_delivery": _FLAG,
        "currency": Unified(Kind.CURRENCY, required=True),
        "buyer_reference": _LABEL._replace(characters_max=256),
        "buyer_message": _TEXT,
        "seller_memo": _TEXT,
    },
    AMOUNTS: {
        "total_minor": _MONEY,
        "discount_minor": _MONEY._replace(signed=True),  # a price raised by hand is a discount below nothing
        "freight_minor": _MONEY,
        "paid_minor": _MONEY,
    },
    TIMES: {
        "created_ms": _TIME._replace(required=True),
        "paid_ms": _TIME,
        "modified_ms": _TIME._replace(required=True),
        "shipped_ms": _TIME,
        "ended_ms": _TIME,
        "ship_by_ms": _TIME,
    },
    RECEIVER: dict.fromkeys(Receiver._fields, _TEXT),
    PRESALE: {
        "stage": Unified(Kind.STATE, states=PresaleStage),
        "paid_minor": _MONEY,
        "final_payment_by_ms": _TIME,
    },
    LINE: {
        "line_id": _ID._replace(required=True),
        "sku": _LABEL,
        "channel_sku": _LABEL,
        "channel_item": _LABEL,
        "title": _TEXT,
        "quantity": Unified(Kind.COUNT, required=True, least=1),
        "list_price_minor": _MONEY,
        "paid_minor": _MONEY,
        "fulfilment": Unified(Kind.STATE, states=Fulfilment),
        "refund": Unified(Kind.STATE, states=Refund),
        "refund_id": _LABEL,
        "shipped": Unified(Kind.COUNT),
        "is_gift": _FLAG,
        "refunded": Unified(Kind.COUNT),
    },
    PARCEL: {"carrier": _LABEL, "tracking_number": _LABEL, "status": _LABEL},
    # A refund's document is one of its own. `takes_units`: of what is still to be sent; false: it is money alone.
    REFUND: {
        "refund_id": _ID._replace(required=True),
        "state": Unified(Kind.STATE, required=True, states=Refund),
        "takes_units": _FLAG,
        "currency": Unified(Kind.CURRENCY, required=True),
        "modified_ms": _TIME._replace(required=True),
    },
    REFUND_LINE: {"line_id": _ID._replace(required=True), "units": Unified(Kind.COUNT), "amount_minor": _MONEY},
}
OPTIONAL = {REFUND, REFUND_LINE}  # without them a refund is a hint to look at its order, and nothing more
LISTS = {"lines": LINE, "parcels": PARCEL, "refund_lines": REFUND_LINE}

# How a platform writes it → what it can be here.
TYPES: dict[str, tuple[Kind, ...]] = {
    "text": (Kind.ID, Kind.LABEL, Kind.TEXT, Kind.CURRENCY),  # a whole number, however large, is taken as its digits
    "count": (Kind.COUNT,),
    "money": (Kind.MONEY,),  # in the currency: 12.30
    "minor": (Kind.MONEY,),  # in its minor unit: 1230
    "unix_seconds": (Kind.TIME,),
    "unix_ms": (Kind.TIME,),
    "local_time": (Kind.TIME,),  # 2026-01-01 12:00:00, at the mapping's utc_offset
    "iso_time": (Kind.TIME,),
    "flag": (Kind.FLAG,),
    "state": (Kind.STATE,),
}
