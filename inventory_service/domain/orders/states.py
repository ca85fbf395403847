"""The three states of an order. Each is listed in the order in which an order goes through it (`merging`)."""

from enum import StrEnum


class Payment(StrEnum):
    UNPAID = "unpaid"
    DEPOSIT_PAID = "deposit_paid"
    PAID = "paid"
    PART_REFUNDED = "part_refunded"
    REFUNDED = "refunded"


class Fulfilment(StrEnum):
    """Of an order, and of each of its lines. CANCELLED: nothing more of it leaves, whatever has left already."""

    OPEN = "open"
    ON_HOLD = "on_hold"  # paid, and the platform forbids to ship
    PART_SHIPPED = "part_shipped"
    SHIPPED = "shipped"
    DONE = "done"
    CANCELLED = "cancelled"


class Refund(StrEnum):
    """Of a line. A request can be withdrawn (CLOSED), and made again."""

    NONE = "none"
    CLOSED = "closed"
    REFUSED = "refused"
    REQUESTED = "requested"
    AGREED = "agreed"  # the money, or the goods, are still to come back
    RETURNING = "returning"
    SUCCEEDED = "succeeded"


class PresaleStage(StrEnum):
    DEPOSIT_DUE = "deposit_due"
    DEPOSIT_PAID = "deposit_paid"
    FINAL_PAID = "final_paid"
    FORFEITED = "forfeited"  # the final payment was missed, and the deposit is kept


STILL_TO_SHIP = frozenset({Fulfilment.OPEN, Fulfilment.PART_SHIPPED})
NOT_LEFT = STILL_TO_SHIP | {Fulfilment.ON_HOLD}
LEFT = frozenset({Fulfilment.SHIPPED, Fulfilment.DONE})
REFUND_ASKED_FOR = frozenset({Refund.REQUESTED, Refund.AGREED, Refund.RETURNING})
REFUND_ALLOWS_SHIPPING = frozenset({Refund.NONE, Refund.CLOSED, Refund.REFUSED})
MONEY_IS_HERE = frozenset({Payment.PAID, Payment.PART_REFUNDED})
