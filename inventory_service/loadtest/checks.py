"""The proof of a load test: what its users were told, against what the service says once everything is over."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from inventory_service.loadtest.book import Book, Order
from inventory_service.outside.orders import SOLD_STATUSES, Word
from inventory_service.outside.proof import Check

SHELF_CODES = ("other_warehouse", "over_scan")  # scans that leave a shelf with less than was promised from it
COUNTERS = ("on_hand", "held", "committed", "unavailable", "incoming")


class Listed(msgspec.Struct):
    """A reservation as the service lists it: its units and those that were scanned out, by SKU."""

    status: str
    units: dict[str, int]
    shipped: dict[str, int] = {}


class Statement(msgspec.Struct):
    """What the service says about this run's SKUs. `stock` is Redis's answer, `ledger` what Postgres lists."""

    reservations: dict[str, Listed]
    stock: dict[str, dict[str, int]]
    ledger: dict[str, dict[str, int]]


def prove(book: Book, said: Statement, books_expected: int, books_received: int) -> list[Check]:
    """Every line that has to hold; pure, so that a test can feed it lies."""
    return [
        _asked(book),
        _handed_over(books_expected, books_received),
        _oversold(book, said),
        _sold(book, said),
        _acknowledged(book, said),
        _refused(book, said),
        _unknown(book, said),
        _one_hold_each(book),
        _scanned(book, said),
        _equation(book, said),
        _nothing_held(said),
        _contract(book),
        _ledger_equals_redis(said),
    ]


def _asked(book: Book) -> Check:
    asked = book.counts.get("requests", 0)
    return Check("requests that were answered", f"{asked:,}", [] if asked else ["nobody was answered anything"])


def _handed_over(expected: int, received: int) -> Check:
    wrong = [] if received == expected else [f"{expected - received} went away without: what it was told is unknown"]
    return Check("load processes that handed in their books", f"{received} of {expected}", wrong)


def _oversold(book: Book, said: Statement) -> Check:
    """For each SKU held + committed + shipped ≤ delivered, by what shoppers hold in hand and by the service's lists.

    A unit that the test itself scanned out elsewhere than promised still stands on the promised shelf, as far as one
    can know, and may be promised again: the contract alarms it, and it is no unit sold twice.
    """
    _, delivered = _delivered(book)
    misplaced = _scanned_oddly(book, "other_warehouse")
    told = _units(order.lines for order in book.orders.values() if order.word is Word.CONFIRMED)
    listed = _units(each.units for each in said.reservations.values() if each.status in SOLD_STATUSES | {"held"})
    wrong, oversold = [], 0
    for sku in sorted(delivered.keys() | told.keys() | listed.keys()):
        promised = max(told[sku], listed[sku])
        if promised > delivered[sku] + misplaced[sku]:
            oversold += promised - delivered[sku] - misplaced[sku]
            wrong.append(f"{sku}: {promised:,} promised of {delivered[sku]:,} delivered")
    looks = book.counts.get("overpromised looks", 0)
    if looks and not _scanned_oddly(book, *SHELF_CODES):
        wrong.append(f"{looks} times more was promised than on the shelf")
    return Check(f"oversold, of {sum(delivered.values()):,}", f"{oversold:,}", wrong)


def _sold(book: Book, said: Statement) -> Check:
    told = _units(order.lines for order in book.orders.values() if order.word is Word.CONFIRMED)
    doubtful = _units(order.lines for order in book.orders.values() if "confirmed" in order.may_have_become)
    sold = _units(each.units for each in said.reservations.values() if each.status in SOLD_STATUSES)
    wrong = [
        f"{sku}: shoppers were told {told[sku]:,}, the service sold {sold[sku]:,}"
        for sku in sorted(told.keys() | sold.keys())
        if not told[sku] <= sold[sku] <= told[sku] + doubtful[sku]
    ]
    return Check("sold: shoppers' receipts = the service's books", f"{told.total():,} = {sold.total():,}", wrong)


def _acknowledged(book: Book, said: Statement) -> Check:
    told = [order for order in book.orders.values() if order.word not in (Word.REFUSED, Word.SILENCE)]
    return _as_told("acknowledged and still so", told, book, said)


def _refused(book: Book, said: Statement) -> Check:
    told = [order for order in book.orders.values() if order.word in (Word.REFUSED, Word.SILENCE)]
    return _as_told("refused and holding nothing", told, book, said)


def _as_told(name: str, orders: Sequence[Order], book: Book, said: Statement) -> Check:
    least, most = _scanned_units(book)
    wrong = []
    for order in orders:
        listed = said.reservations.get(order.reservation_id)
        status = listed.status if listed else "absent"
        if status not in _may_be(order, least, most) or (listed and listed.units != order.lines):
            wrong.append(f"{order.reservation_id}: told {order.word}, is {status} {listed.units if listed else ''}")
    return Check(name, f"{len(orders) - len(wrong):,} of {len(orders):,}", wrong)


def _may_be(order: Order, least: Counter[tuple[str, str]], most: Counter[tuple[str, str]]) -> set[str]:
    """The statuses that the service may give it at the end, of what left of it at least and at most."""
    # What was held and not paid has expired by the time of asking.
    doubts = {"expired" if status == "held" else status for status in order.may_have_become}
    if order.word in (Word.REFUSED, Word.SILENCE):
        return {"absent", *doubts}
    if order.word is Word.HELD:
        return {"expired", *doubts}
    if order.word is not Word.CONFIRMED:
        return {str(order.word), *doubts}
    units = sum(order.lines.values())
    left_least, left_most = (
        sum(min(quantity, scanned[order.reservation_id, sku]) for sku, quantity in order.lines.items())
        for scanned in (least, most)
    )
    possible = {"confirmed": left_least == 0, "part_shipped": left_most > 0 and left_least < units}
    possible["shipped"] = left_most == units
    return {status for status, is_possible in possible.items() if is_possible} | doubts


def _scanned_units(book: Book) -> tuple[Counter[tuple[str, str]], Counter[tuple[str, str]]]:
    """(reservation, SKU) → units scanned, at least and at most: a scan that nobody answered may have been applied."""
    least, most = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for scan in book.scans.values():
        key = (scan.parcel.reservation_id, scan.parcel.sku)
        least[key] += scan.parcel.quantity if scan.result == "applied" else 0
        most[key] += scan.parcel.quantity if scan.result in ("applied", "") else 0
    return least, most


def _unknown(book: Book, said: Statement) -> Check:
    strangers = sorted(said.reservations.keys() - book.orders.keys())
    return Check(
        "reservations that nobody asked for", f"{len(strangers):,}", [f"{name}: unknown" for name in strangers]
    )


def _one_hold_each(book: Book) -> Check:
    twice = (order for order in book.orders.values() if order.times_created > 1)
    wrong = [f"{order.reservation_id}: created {order.times_created} times" for order in twice]
    return Check("the same id again: one hold each", f"{book.counts.get('replays', 0):,} repeats", wrong)


def _scanned(book: Book, said: Statement) -> Check:
    """On hand is delivered less scanned: each scan was deducted once, however often it was sent."""
    delivered_least, delivered_most = _delivered(book)
    least, most = (_of_skus(scanned) for scanned in _scanned_units(book))
    wrong = [
        f"{sku}: {delivered_least[sku]:,} delivered - {least[sku]:,} scanned is not {counters['on_hand']:,}"
        for sku, counters in said.stock.items()
        if not delivered_least[sku] - most[sku] <= counters["on_hand"] <= delivered_most[sku] - least[sku]
    ]
    wrong += [
        f"{sku}: delivered, and the service does not know it" for sku in delivered_least.keys() - said.stock.keys()
    ]
    duplicates = book.counts.get("duplicate scans", 0)
    applied = sum(scan.result == "applied" for scan in book.scans.values())
    return Check("each scan deducted once", f"{applied:,} scans, {duplicates:,} duplicates", wrong)


def _equation(book: Book, said: Statement) -> Check:
    """Held is the open holds, committed what is confirmed and not scanned out. Both stand on the shelf, less what
    the test itself took from it by odd scans.
    """
    odd = _scanned_oddly(book, *SHELF_CODES)
    held = _units(each.units for each in said.reservations.values() if each.status == "held")
    committed = _units(each.units for each in said.reservations.values() if each.status in SOLD_STATUSES)
    shipped = _units(each.shipped for each in said.reservations.values() if each.status in SOLD_STATUSES)
    wrong = []
    for sku, stock in said.stock.items():
        expected = (held[sku], committed[sku] - shipped[sku])
        if (stock["held"], stock["committed"]) != expected:
            wrong.append(f"{sku}: held, committed {stock['held'], stock['committed']}, by its reservations {expected}")
        if stock["held"] + stock["committed"] + stock["unavailable"] > stock["on_hand"] + odd[sku]:
            wrong.append(f"{sku}: more promised than the {stock['on_hand']:,} on hand")
    figure = f"{len(said.stock):,} SKUs"
    return Check("held, committed = the reservations' units", figure, wrong)


def _nothing_held(said: Statement) -> Check:
    held = sum(counters["held"] for counters in said.stock.values())
    return Check("held, after the last deadline", f"{held:,}", [f"{held:,} units are still held"] if held else [])


def _contract(book: Book) -> Check:
    return Check("answers outside the contract", f"{book.counts.get('outside the contract', 0):,}", book.claims)


def _ledger_equals_redis(said: Statement) -> Check:
    wrong = [
        f"{sku}: Redis {counters}, Postgres {said.ledger.get(sku, {})}"
        for sku, counters in said.stock.items()
        if said.ledger.get(sku) != counters
    ]
    agreeing = f"{len(said.stock) - len(wrong):,} of {len(said.stock):,}"
    return Check("ledger = Redis, every SKU of the run", agreeing, wrong)


def _delivered(book: Book) -> tuple[Counter[str], Counter[str]]:
    """Units per SKU, at least and at most: a receipt without a definite answer may have been applied."""
    least, most = Counter[str](), Counter[str]()
    for delivery in book.deliveries.values():
        least[delivery.sku] += delivery.quantity if delivery.applied else 0
        most[delivery.sku] += delivery.quantity if delivery.applied is not False else 0
    return least, most


def _scanned_oddly(book: Book, *codes: str) -> Counter[str]:
    """SKU → units of the scans by which the test provoked one of these exceptions, at most."""
    return _units(
        {scan.parcel.sku: scan.parcel.quantity}
        for scan in book.scans.values()
        if scan.expects in codes and scan.result in ("applied", "")
    )


def _of_skus(scanned: Mapping[tuple[str, str], int]) -> Counter[str]:
    return _units({sku: units} for (_, sku), units in scanned.items())


def _units(lines: Iterable[Mapping[str, int]]) -> Counter[str]:
    """The sum of many orders' lines, by SKU."""
    summed = Counter[str]()
    for each in lines:
        summed.update(each)
    return summed
