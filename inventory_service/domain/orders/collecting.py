"""What is to be taken at the door, parcel by parcel: by what is in each, and together all of it."""

from collections.abc import Mapping
from fractions import Fraction

from inventory_service.domain.orders.order import Order
from inventory_service.domain.orders.states import MONEY_IS_HERE
from inventory_service.domain.orders.stock_side import Backed, Telling, Units


def due_minor(order: Order) -> int | None:
    """Of the whole order; None: it is to be paid at the door, and the platform does not say how much."""
    if not order.cash_on_delivery or order.payment in MONEY_IS_HERE:
        return 0
    return order.amounts.paid_minor or None  # some tell what has been paid: nothing yet


def worth_of(order: Order, backed: tuple[Backed, ...]) -> Mapping[str, Fraction]:
    """One unit of each SKU. A bundle's units share alike; where any line has no price, all units are worth the same."""
    lines = {line.line_id: line for line in order.lines}
    prices = [line.paid_minor for each in backed if (line := lines.get(each.line_id))]
    is_priced = all(price is not None for price in prices) and any(prices)
    worth: dict[str, Fraction] = {}
    units: dict[str, int] = {}
    for each in backed:
        line = lines.get(each.line_id)
        price = Fraction(line.paid_minor or 0, line.quantity) if line else Fraction(0)
        in_one = sum(part.quantity for part in each.parts)
        for part in each.parts:
            count = part.quantity * each.units
            worth[part.sku] = worth.get(part.sku, Fraction(0)) + (price / in_one if is_priced else 1) * count
            units[part.sku] = units.get(part.sku, 0) + count
    return {sku: total / units[sku] for sku, total in worth.items() if units[sku]}


class Collecting:
    """What each warehouse is to have taken at the door, beside what parcels that left are to bring."""

    def __init__(
        self, due: int | None, seen: Mapping[str, Telling], wanted: Mapping[str, Units], worth: Mapping[str, Fraction]
    ) -> None:
        gone = [each.collect_minor for each in seen.values() if each.left] + [each.gone_minor for each in seen.values()]
        known = [minor for minor in gone if minor is not None]
        self._due = None if due is None or len(known) < len(gone) else max(0, due - sum(known))
        self._worth = worth
        self._gone = {code: each.gone for code, each in seen.items()}
        wanted = {code: units for code, units in wanted.items() if not (code in seen and seen[code].left)}
        self._wanted = {code: _without(units, self._gone.get(code, ())) for code, units in wanted.items()}
        self._total = sum((_weight(units, worth) for units in self._wanted.values()), Fraction(0))
        self._shares = self._shared()

    def of(self, code: str, units: Units) -> int | None:
        """Of a parcel with what has not gone of these units, which may be fewer than the warehouse is to ship in the
        end.
        """
        units = _without(units, self._gone.get(code, ()))
        if not units:
            return 0
        if units == self._wanted[code] or self._due is None:
            return self._shares[code]
        return int(self._due * _weight(units, self._worth) / self._total) if self._total else 0

    def _shared(self) -> Mapping[str, int | None]:
        """Rounded down where the parcels so far end, so that the last one has what is left."""
        due, so_far, given = self._due, Fraction(0), 0
        shares: dict[str, int | None] = {}
        for code, units in sorted(self._wanted.items()):
            if due is None:
                shares[code] = None
                continue
            so_far += _weight(units, self._worth)
            until = int(due * so_far / self._total) if self._total else due
            shares[code], given = until - given, until
        return shares


def _without(units: Units, gone: Units) -> Units:
    left = dict(gone)
    return tuple((sku, count - left.get(sku, 0)) for sku, count in units if count > left.get(sku, 0))


def _weight(units: Units, worth: Mapping[str, Fraction]) -> Fraction:
    return sum((worth.get(sku, Fraction(0)) * count for sku, count in units), Fraction(0))
