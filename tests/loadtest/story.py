"""A small sale, told in full: two SKUs, seven orders, and a service that says just what it told."""

from collections.abc import Mapping
from typing import Any

from inventory_service.loadtest.book import Book, Delivery, Order, Scan
from inventory_service.loadtest.checks import COUNTERS, Listed, Statement
from inventory_service.outside.answer import Answer
from inventory_service.outside.orders import Parcel

HOT, CAP = "LT-1-0000", "LT-1-0001"
NO_STOCK = Answer(409, {"code": "insufficient_stock"})
TOO_LATE = Answer(409, {"code": "reservation_expired"})
NO_ANSWER = Answer(0, {})
WANTED: dict[str, dict[str, int]] = {
    "payer": {HOT: 2, CAP: 1},
    "clicker": {HOT: 1},
    "carton": {CAP: 2},
    "giver": {HOT: 1},
    "leaver": {HOT: 1},
    "late": {HOT: 1},
    "unlucky": {HOT: 4},
}


def agreed(status: str, http_status: int = 200, *, replayed: bool = False) -> Answer:
    return Answer(http_status, {"status": status}, replayed)


def told(book: Book, order: Order, call: str, answer: Answer) -> None:
    """One call with its last answer."""
    book.asking(order, call)
    book.heard(order, call, answer)


def honest_book() -> Book:
    """payer: shipped, 2 and a cap. clicker: paid. carton: one of two caps left. giver: released. unlucky: refused."""
    book = Book()
    for number, (sku, quantity) in enumerate([(HOT, 5), (CAP, 10)]):
        book.deliveries[f"delivery-{number}"] = Delivery(sku, quantity, applied=True)
    for name, lines in WANTED.items():
        told(book, Order(name, lines, ttl_seconds=0), "reserve", NO_STOCK if name == "unlucky" else agreed("held", 201))
    told(book, book.orders["clicker"], "reserve", agreed("held", replayed=True))
    for name in ("payer", "clicker", "carton"):
        told(book, book.orders[name], "confirm", agreed("confirmed"))
    told(book, book.orders["giver"], "release", agreed("released"))
    told(book, book.orders["late"], "confirm", TOO_LATE)
    for number, (name, sku, quantity) in enumerate([("payer", HOT, 2), ("payer", CAP, 1), ("carton", CAP, 1)]):
        scanned(book, f"scan-{number}", Parcel(name, "SHA", sku, quantity), {"result": "applied"})
    scanned(book, "scan-0", book.scans["scan-0"].parcel, {"result": "duplicate"})
    book.count("requests", 20)
    return book


def scanned(book: Book, scan_id: str, parcel: Parcel, result: Mapping[str, Any], expects: str = "") -> None:
    scan = book.scans.setdefault(scan_id, Scan(parcel, expects))
    book.scan_heard(scan_id, scan, result)


def counters(**known: int) -> dict[str, int]:
    return dict.fromkeys(COUNTERS, 0) | known


def honest_words() -> Statement:
    """What the service says to `honest_book`."""
    statuses = {
        "payer": ("shipped", {HOT: 2, CAP: 1}),
        "clicker": ("confirmed", {HOT: 0}),
        "carton": ("part_shipped", {CAP: 1}),
        "giver": ("released", {HOT: 0}),
        "leaver": ("expired", {HOT: 0}),
        "late": ("expired", {HOT: 0}),
    }
    return Statement(
        {name: Listed(status, dict(WANTED[name]), shipped) for name, (status, shipped) in statuses.items()},
        {HOT: counters(on_hand=3, committed=1), CAP: counters(on_hand=8, committed=1)},
        {HOT: counters(on_hand=3, committed=1), CAP: counters(on_hand=8, committed=1)},
    )
