"""A platform's document becomes an order, or everything about it that does not fit is told at once."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

from inventory_service.channels.mapping import paths, unified
from inventory_service.channels.mapping.paths import Path
from inventory_service.channels.mapping.table import FieldMapping, Row
from inventory_service.channels.mapping.transforms import transformed
from inventory_service.channels.mapping.unified import Kind
from inventory_service.channels.mapping.values import Manner, Unfit, is_nothing, keepable, kind_of, looked_up, read
from inventory_service.domain.orders.order import (
    Amounts,
    LineRefund,
    Order,
    OrderLine,
    Parcel,
    Presale,
    Receiver,
    Times,
)
from inventory_service.domain.orders.states import LEFT, Fulfilment, Payment, PresaleStage, Refund

ELEMENTS_MAX = 1000  # lines, or parcels, of one order
MISFITS_MAX = 100

_ABSENT = {Kind.ID: "", Kind.LABEL: "", Kind.TEXT: "", Kind.CURRENCY: "", Kind.TIME: 0, Kind.FLAG: False}


class Misfit(NamedTuple):
    """What does not fit: the order's field, where in the document its value stands, and the reason in words."""

    field: str
    path: str
    reason: str


class DoesNotFit(Exception):
    """The first of `misfits` is this error's `field`, `path` and `reason`. No reason repeats personal data."""

    def __init__(self, misfits: tuple[Misfit, ...]) -> None:
        self.misfits = misfits
        self.field, self.path, self.reason = misfits[0]
        super().__init__(f"{self.field} at {self.path or 'the top'}: {self.reason}")


def apply(mapping: FieldMapping, document: object) -> Order:
    """Raises DoesNotFit."""
    reading = _Reading(mapping)
    order = reading.order(document)
    if reading.misfits or order is None:
        raise DoesNotFit(tuple(reading.misfits))
    return order


def apply_refund(mapping: FieldMapping, document: object) -> tuple[LineRefund, ...]:
    """What a refund's document says of each line; nothing where the mapping reads no refunds. Raises DoesNotFit."""
    if not mapping.sections[unified.REFUND]:
        return ()
    reading = _Reading(mapping)
    refunds = reading.refunds(document)
    if reading.misfits:
        raise DoesNotFit(tuple(reading.misfits))
    return refunds


class _Reading:
    """One document being read. What does not fit is noted in `misfits`, and the field is absent meanwhile."""

    def __init__(self, mapping: FieldMapping) -> None:
        self._mapping = mapping
        self._manner = Manner("", mapping.utc_offset)
        self.misfits: list[Misfit] = []

    def order(self, document: object) -> Order | None:
        """None where something does not fit."""
        root = _unwrapped(document, self._mapping.envelopes)
        if not isinstance(root, Mapping):
            self._note(unified.ORDER, "", f"is {kind_of(root)}, not an object")
            return None
        order = self._section(unified.ORDER, root)
        self._manner = self._manner._replace(currency=order["currency"])
        groups = {
            name: self._section(name, root)
            for name in (unified.AMOUNTS, unified.TIMES, unified.RECEIVER, unified.PRESALE)
        }
        lines = self._list("lines", root)
        parcels = self._list("parcels", root)
        self._check_lines(lines)
        return None if self.misfits else _built(self._mapping, order, groups, lines, parcels)

    def refunds(self, document: object) -> tuple[LineRefund, ...]:
        """Of a refund without a list of lines the document itself is the line."""
        if not isinstance(document, Mapping):
            self._note(unified.REFUND, "", f"is {kind_of(document)}, not an object")
            return ()
        refund = self._section(unified.REFUND, document)
        self._manner = self._manner._replace(currency=refund["currency"])
        is_listed = bool(self._mapping.lists["refund_lines"])
        lines = self._list("refund_lines", document) if is_listed else [self._section(unified.REFUND_LINE, document)]
        return () if self.misfits else tuple(_line_refund(refund, line) for line in lines)

    def _note(self, field: str, path: str, reason: str) -> None:
        """A reason may repeat a value, and a path what a mapping calls it: a failure that cannot be kept blocks all."""
        if len(self.misfits) < MISFITS_MAX:
            self.misfits.append(Misfit(field, keepable(path), keepable(reason)))

    def _list(self, name: str, root: object) -> list[dict[str, Any]]:
        """The elements at the first path where there is such a list."""
        unfit: Misfit | None = None
        for path in self._mapping.lists[name]:
            try:
                found = paths.elements(path, root)
            except Unfit as error:
                unfit = unfit or Misfit(name, path.text, str(error))
                continue
            if found is not None:
                return self._elements(name, path, found)
        if unfit:
            self._note(*unfit)
        return []

    def _elements(self, name: str, path: Path, found: list[tuple[str, object]]) -> list[dict[str, Any]]:
        if len(found) > ELEMENTS_MAX:
            self._note(name, path.text, f"has {len(found):,} elements, more than {ELEMENTS_MAX:,}")
            return []
        section = unified.LISTS[name]
        return [self._section(section, node, place, f"{name}[{index}]") for index, (place, node) in enumerate(found)]

    def _check_lines(self, lines: list[dict[str, Any]]) -> None:
        where = " or ".join(path.text for path in self._mapping.lists["lines"])
        if not lines and not self.misfits:
            self._note("lines", where, "there is no line")
        for line_id, count in Counter(line["line_id"] for line in lines).items():
            if count > 1 and line_id:
                self._note("lines", where, f"line {line_id} stands there {count} times")

    def _section(self, section: str, node: object, place: str = "", name: str = "") -> dict[str, Any]:
        """Every field of the section: as read, or what stands for nothing."""
        values = {field: _ABSENT.get(each.kind) for field, each in unified.SECTIONS[section].items()}
        for row in self._mapping.sections[section]:
            value = self._value(row, node, place, f"{name or section}.{row.field}")
            values[row.field] = values[row.field] if value is None else value
        return values

    def _value(self, row: Row, node: object, place: str, field: str) -> object:
        for source in row.sources:
            try:
                value = transformed(paths.followed(source.path, node), row.transforms)
                if is_nothing(value):
                    continue
                if source.table is None:
                    told = self._read(row, value)
                    if row.unified.kind is Kind.TIME and not told:
                        continue  # not yet: of when an order was made that is nothing
                    return told
                meaning = looked_up(value, source.table.meanings, source.table.name)
            except Unfit as unfit:
                self._note(field, f"{place}.{source.path.text}".lstrip("."), str(unfit))
                return None
            if meaning != "":
                return meaning
        if row.required and row.default is None:
            self._note(
                field, " or ".join(f"{place}.{each.path.text}".lstrip(".") for each in row.sources), "is missing"
            )
        return row.default

    def _read(self, row: Row, value: object) -> object:
        """Money of a currency that did not fit either would only be told twice."""
        if row.unified.kind is Kind.MONEY and not self._manner.currency:
            return None
        return read(row.type, value, row.unified, self._manner)


def _unwrapped(document: object, envelopes: tuple[Path, ...]) -> object:
    """The order in a platform's whole answer, or what is an order already."""
    for path in envelopes:
        try:
            found = paths.followed(path, document)
        except Unfit:
            continue
        if isinstance(found, Mapping):
            return found
    return document


def _built(
    mapping: FieldMapping,
    order: dict[str, Any],
    groups: dict[str, dict[str, Any]],
    lines: list[dict[str, Any]],
    parcels: list[dict[str, Any]],
) -> Order:
    times = Times(**groups[unified.TIMES])
    fulfilment = Fulfilment(order["fulfilment"])
    made = tuple(_line(line, fulfilment) for line in lines)
    told = order | {"fulfilment": fulfilment}
    told["payment"] = _payment(Payment(order["payment"]), fulfilment, times, made, order["cash_on_delivery"])
    return Order(
        channel=mapping.channel,
        shop=mapping.shop,
        amounts=Amounts(**groups[unified.AMOUNTS]),
        times=times,
        receiver=Receiver(**groups[unified.RECEIVER]),
        presale=_presale(groups[unified.PRESALE]),
        lines=made,
        parcels=_parcels(parcels),
        **told,
    )


def _line(line: dict[str, Any], of_order: Fulfilment) -> OrderLine:
    """A line without a state of its own goes the way of its order; what is said to have left has left as a whole."""
    fulfilment = Fulfilment(line["fulfilment"] or of_order)
    shipped = line["shipped"]
    if shipped is None:
        shipped = line["quantity"] if fulfilment in LEFT else 0
    return OrderLine(
        **line | {"fulfilment": fulfilment, "refund": Refund(line["refund"] or Refund.NONE), "shipped": shipped}
    )


def _line_refund(refund: dict[str, Any], line: dict[str, Any]) -> LineRefund:
    return LineRefund(
        refund_id=refund["refund_id"],
        line_id=line["line_id"],
        state=Refund(refund["state"]),
        units=line["units"] if refund["takes_units"] else 0,
        amount_minor=line["amount_minor"],
        modified_ms=refund["modified_ms"],
    )


def _payment(
    told: Payment, fulfilment: Fulfilment, times: Times, lines: tuple[OrderLine, ...], cash_on_delivery: bool
) -> Payment:
    """What follows on every platform: nobody pays at the door before the parcel is there; and with money back for a
    line the order is refunded in part, while only the platform knows when it is in full.
    """
    if told is not Payment.PAID:
        return told
    if cash_on_delivery and not times.paid_ms and fulfilment is not Fulfilment.DONE:
        return Payment.UNPAID
    return Payment.PART_REFUNDED if any(line.refund is Refund.SUCCEEDED for line in lines) else told


def _presale(told: dict[str, Any]) -> Presale | None:
    if not told["stage"]:
        return None
    return Presale(PresaleStage(told["stage"]), told["paid_minor"], told["final_payment_by_ms"])


def _parcels(told: list[dict[str, Any]]) -> tuple[Parcel, ...]:
    """Each once: some platforms tell of a parcel with every line in it."""
    return tuple(dict.fromkeys(Parcel(**each) for each in told if each["tracking_number"]))
