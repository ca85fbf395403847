"""The kinds of stock movement and the quantities each takes."""

from enum import StrEnum


class MovementType(StrEnum):
    RECEIVE = "receive"
    ADJUST = "adjust"
    COUNT = "count"
    QUARANTINE = "quarantine"
    RESTORE = "restore"
    WRITE_OFF = "write_off"
    RETURN = "return"
    EXPECT = "expect"
    ARRIVE = "arrive"
    CANCEL_EXPECTED = "cancel_expected"


# Of these a lot may be named by its date.
ABOUT_ARRIVALS = frozenset({MovementType.EXPECT, MovementType.ARRIVE, MovementType.CANCEL_EXPECTED})


def quantity_allowed(movement_type: str, quantity: int) -> bool:
    """adjust: anything but 0; count: 0 or more; every other type: more than 0."""
    if movement_type == MovementType.ADJUST:
        return quantity != 0
    if movement_type == MovementType.COUNT:
        return quantity >= 0
    return quantity > 0
