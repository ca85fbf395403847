"""The one place where the kernel's codes become errors."""

from collections.abc import Sequence
from typing import NoReturn

from inventory_service.domain.commands import LineRequest
from inventory_service.domain.errors import InsufficientStock, Overloaded, RateLimited, Refused
from inventory_service.domain.outcomes import Code, ReservationOutcome

ACCEPTED = frozenset(
    {
        Code.REPLAYED,
        Code.REMEMBERED,
        Code.HELD,
        Code.CONFIRMED,
        Code.REACQUIRED,
        Code.RELEASED,
        Code.EXTENDED,
        Code.REALLOCATED,
        Code.APPLIED,
        Code.FOUND,
    }
)

_DETAILS = {
    Code.IDEMPOTENCY_MISMATCH: "This id was used before with other content.",
    Code.RESERVATION_SHIPPED: "Everything in this reservation has left the warehouse.",
    Code.RESERVATION_RELEASED: "This reservation was released; that is final.",
    Code.RESERVATION_EXPIRED: "This reservation expired before the call reached the stock; `reacquire` takes it again.",
    Code.NOT_HELD: "Only a held reservation can be extended.",
}


def check(outcome: ReservationOutcome, lines: Sequence[LineRequest] = (), sent: Sequence[LineRequest] = ()) -> None:
    """Return when the kernel did what it was asked, else raise what the caller is told.

    `lines` are the command's (one per SKU, sorted) and `sent` the caller's, so that a pointer names a line of his.
    Raises Refused, InsufficientStock, RateLimited, Overloaded.
    """
    if outcome.code in ACCEPTED:
        return
    if outcome.code == Code.INSUFFICIENT_STOCK:
        raise InsufficientStock(outcome.shortages)
    if outcome.code == Code.RATE_LIMITED:
        raise RateLimited(outcome.retry_after_ms)
    if outcome.code == Code.OVERLOADED:
        raise Overloaded("New holds are suspended until the ledger has caught up or memory is free again.")
    raise _refusal(outcome, lines, sent)


def not_found(reservation_id: str) -> Refused:
    return Refused("not_found", f"There is no reservation {reservation_id}.")


def unknown_sku(sku: str, pointer: str = "") -> Refused:
    return Refused("unknown_sku", f"There is no SKU {sku}: it comes to exist with its first movement.", pointer)


def _refusal(outcome: ReservationOutcome, lines: Sequence[LineRequest], sent: Sequence[LineRequest]) -> Refused:
    line = lines[outcome.line] if 0 <= outcome.line < len(lines) else None
    if outcome.code == Code.UNKNOWN_SKU:
        return unknown_sku(line.sku if line else "", _pointer(line, sent, "sku"))
    if outcome.code == Code.RELEASE_EXCEEDS_OPEN:
        detail = f"More of {line.sku if line else 'a SKU'} than is open in this reservation."
        return Refused("validation_failed", detail, _pointer(line, sent, "quantity"))
    if outcome.code == Code.LIMIT_EXCEEDED and line:
        detail = f"At most {outcome.shortages[0].available} of {line.sku} in one order, while there are so few of it."
        return Refused(outcome.code, detail, _pointer(line, sent, "quantity"))
    return Refused(outcome.code, _DETAILS.get(Code(outcome.code), outcome.code))


def _pointer(line: LineRequest | None, sent: Sequence[LineRequest], member: str) -> str:
    for index, request in enumerate(sent):
        if line is not None and request.sku == line.sku:
            return f"/lines/{index}/{member}"
    return ""


async def refused(error: Refused) -> NoReturn:
    """Raise `error` where the answer is awaited, as every other refusal is."""
    raise error
