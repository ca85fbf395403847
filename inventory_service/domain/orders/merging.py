"""Which of two versions of an order holds. Late, repeated and reordered versions are harmless.

What is known of an order is three things: its newest version, per line the most units that any version said were
shipped, and the newest document of each refund. All are a maximum, so neither the order nor the repetition of what
arrives can matter.

The newest version wins in either direction: a refund can be withdrawn, a hold lifted, a line taken out. Of two versions
of the same instant (Taobao and Douyin tell seconds) the one further along wins, since an order seldom goes back within
a second, and stopping one for nothing costs less than shipping one that was cancelled. Where they are equally far, the
larger text does: it means nothing, and is the same everywhere.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple

from inventory_service.domain.orders import refunds
from inventory_service.domain.orders.order import LineRefund, Order, OrderLine, Vanished
from inventory_service.domain.orders.states import Fulfilment, Payment, Refund


class Change(NamedTuple):
    """One field before and after, in words. The receiver's are left out of it: whoever may see them asks the order."""

    field: str
    before: str
    after: str
    line_id: str = ""


_PERSONAL = ("receiver", "buyer_reference", "buyer_message", "seller_memo")
_PLAIN = ("payment", "fulfilment", "cash_on_delivery", "currency", "parent_order_id", "order_no")
_GROUPS = ("amounts", "times")
_IDENTITY = ("channel", "shop", "channel_order_id")


def merged(known: Order | None, arrived: Order) -> tuple[Order, tuple[Change, ...]]:
    """What is known once `arrived` is, and what that changed. Nothing, of an order that was not known."""
    if known is None:
        return refunds.applied(arrived), ()
    if any(getattr(known, name) != getattr(arrived, name) for name in _IDENTITY):
        raise ValueError("versions of two different orders were given")
    shipped = _shipped(known) | _shipped(arrived)
    newest = _as_told(_newest(known, arrived))
    lines = tuple(line._replace(shipped=shipped.pop(line.line_id, 0)) for line in newest.lines)
    vanished = tuple(Vanished(line_id, units) for line_id, units in sorted(shipped.items()))
    order_no = known.order_no or arrived.order_no
    told = refunds.together(known.refunds, arrived.refunds)
    result = refunds.applied(newest._replace(lines=lines, vanished=vanished, order_no=order_no, refunds=told))
    return result, tuple(_changes(known, result))


def refunded(known: Order, told: Sequence[LineRefund]) -> tuple[Order, tuple[Change, ...]]:
    """What is known once documents of its refunds arrived."""
    return merged(known, known._replace(refunds=tuple(told)))


def _shipped(order: Order) -> Counter[str]:
    """Units per line. The union of two counters is their maximum; what is 0 drops out of it."""
    counted = Counter({line.line_id: line.shipped for line in order.lines})
    return counted | Counter(dict(order.vanished))


def _newest(known: Order, arrived: Order) -> Order:
    if known.times.modified_ms != arrived.times.modified_ms:
        return max(known, arrived, key=lambda order: order.times.modified_ms)
    return max(known, arrived, key=_within_an_instant)


def _within_an_instant(order: Order) -> tuple[int, int, int, str]:
    told = _as_told(order)
    return (
        _rank(order.fulfilment, Fulfilment),
        _rank(order.payment, Payment),
        sum(_rank(line.refund, Refund) for line in told.lines),
        repr(told),
    )


def _as_told(order: Order) -> Order:
    """The version without what other versions and refunds have added to it."""
    lines = tuple(refunds.as_told(line)._replace(shipped=0) for line in order.lines)
    return order._replace(lines=lines, vanished=(), order_no="", refunds=())


def _rank(state: StrEnum, states: type[StrEnum]) -> int:
    return list(states).index(state)


def _changes(before: Order, after: Order) -> Iterator[Change]:
    for name in _PLAIN:
        yield from _change(name, getattr(before, name), getattr(after, name))
    for group in _GROUPS:
        yield from _group_changes(getattr(before, group), getattr(after, group))
    for name in _PERSONAL:
        if getattr(before, name) != getattr(after, name):
            yield Change(name, "", "")
    yield from _change("presale", _joined(before.presale), _joined(after.presale))
    yield from _change("parcels", ", ".join(map(_joined, before.parcels)), ", ".join(map(_joined, after.parcels)))
    yield from _line_changes(before, after)


def _line_changes(before: Order, after: Order) -> Iterator[Change]:
    old = {line.line_id: line for line in before.lines}
    new = {line.line_id: line for line in after.lines}
    for line_id in dict.fromkeys((*old, *new)):
        was, became = old.get(line_id), new.get(line_id)
        if was and became:
            yield from _group_changes(_shown(was), _shown(became), line_id)
        else:
            yield from _change("line", _line(was), _line(became), line_id)
    shipped_before, shipped_after = _shipped(before), _shipped(after)
    for line_id in shipped_after:
        yield from _change("shipped", shipped_before[line_id], shipped_after[line_id], line_id)


def _shown(line: OrderLine) -> OrderLine:
    return line._replace(shipped=0, as_told=None)


def _group_changes(before: tuple[object, ...], after: tuple[object, ...], line_id: str = "") -> Iterator[Change]:
    names: tuple[str, ...] = getattr(before, "_fields", ())
    for name, was, became in zip(names, before, after, strict=True):
        yield from _change(name, was, became, line_id)


def _change(field: str, before: object, after: object, line_id: str = "") -> Iterator[Change]:
    if before != after:
        yield Change(field, _words(before), _words(after), line_id)


def _words(value: object) -> str:
    return "" if value is None else str(value)


def _line(line: OrderLine | None) -> str | None:
    return f"{line.quantity} × {line.sku or line.channel_sku}" if line else None


def _joined(values: tuple[object, ...] | None) -> str:
    return " ".join(map(_words, values or ())).rstrip()
