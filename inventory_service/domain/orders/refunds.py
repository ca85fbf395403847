"""What the documents of refunds say of an order's lines. Repeated, late and reordered ones are harmless.

Of each refund the newest document counts, of two of the same instant the one further along. A line's state is what the
newer one says, its order or its refunds; the units that are not to be sent any more are told by those that succeeded.
An order that tells of no refund says nothing: many never do, and what has ended is told by the refund's own document.
"""

from collections.abc import Iterable, Sequence

from inventory_service.domain.orders.order import LineRefund, Order, OrderLine, RefundAsTold
from inventory_service.domain.orders.states import REFUND_ASKED_FOR, Refund

_STATES = list(Refund)


def together(*refunds: Iterable[LineRefund]) -> tuple[LineRefund, ...]:
    newest: dict[tuple[str, str], LineRefund] = {}
    for refund in (each for some in refunds for each in some):
        key = refund.refund_id, refund.line_id
        newest[key] = max(newest.get(key, refund), refund, key=_version)
    return tuple(newest[key] for key in sorted(newest))


def applied(order: Order) -> Order:
    """With what its refunds say of each line. `order` as it was told."""
    by_line: dict[str, list[LineRefund]] = {}
    for refund in order.refunds:
        by_line.setdefault(refund.line_id, []).append(refund)
    lines = tuple(_applied(line, by_line.get(line.line_id, []), order.times.modified_ms) for line in order.lines)
    return order._replace(lines=lines)


def as_told(line: OrderLine) -> OrderLine:
    """By the order's own document."""
    return line if line.as_told is None else line._replace(**line.as_told._asdict(), as_told=None)


def _version(refund: LineRefund) -> tuple[int, int, str]:
    return refund.modified_ms, _STATES.index(refund.state), repr(refund)


def _applied(line: OrderLine, refunds: Sequence[LineRefund], modified_ms: int) -> OrderLine:
    if not refunds:
        return line
    state = _state(line, refunds, modified_ms)
    told = RefundAsTold(line.refund, line.refunded)
    return line._replace(refund=state, refunded=_refunded(line, refunds, state), as_told=told)


def _state(line: OrderLine, refunds: Sequence[LineRefund], modified_ms: int) -> Refund:
    newest = max(refunds, key=_version)
    if newest.modified_ms < modified_ms and line.refund is not Refund.NONE:
        return line.refund
    asked_for = [each.state for each in refunds if each.state in REFUND_ASKED_FOR]
    is_granted = any(each.state is Refund.SUCCEEDED for each in refunds)
    state = max(asked_for, key=_STATES.index) if asked_for else Refund.SUCCEEDED if is_granted else newest.state
    return max(state, line.refund, key=_STATES.index) if newest.modified_ms == modified_ms else state


def _refunded(line: OrderLine, refunds: Sequence[LineRefund], state: Refund) -> int | None:
    """Units of all refunds that succeeded; None where one of them does not say, or has sent no document yet."""
    if line.refunded is not None:
        return line.refunded
    granted = [each for each in refunds if each.state is Refund.SUCCEEDED]
    if not granted or (state is Refund.SUCCEEDED and _awaits_document(line, refunds)):
        return None
    units = [_taken(line, each) for each in granted]
    known = [each for each in units if each is not None]
    return min(line.quantity, sum(known)) if len(known) == len(units) else None


def _awaits_document(line: OrderLine, refunds: Sequence[LineRefund]) -> bool:
    """The order says that one more has succeeded than documents do."""
    if line.refund is not Refund.SUCCEEDED:
        return False
    granted = {each.refund_id for each in refunds if each.state is Refund.SUCCEEDED}
    is_another = bool(line.refund_id) and line.refund_id not in granted
    return is_another or any(each.state in REFUND_ASKED_FOR for each in refunds)


def _taken(line: OrderLine, refund: LineRefund) -> int | None:
    """By its count; else by its amount where that leaves no doubt: all of the line's money is all of its units, and
    less than one unit has cost is no unit.
    """
    if refund.units is not None:
        return refund.units
    if refund.amount_minor is None or not line.paid_minor:
        return None
    if refund.amount_minor >= line.paid_minor:
        return line.quantity
    return 0 if refund.amount_minor * line.quantity < line.paid_minor else None
