"""A small sale, told in full: five units, six shoppers, and a service that says just what it told them."""

from collections.abc import Mapping
from typing import Any

from inventory_service.demo.statement import COUNTERS, Statement
from inventory_service.demo.told import Bookkeeping, Promise
from inventory_service.outside.answer import Answer
from inventory_service.outside.orders import Parcel

HOT = "NOVA-X1"
CAP = "CAP-RED-M"
UNITS = 5
NO_STOCK = Answer(409, {"code": "insufficient_stock"})
TOO_LATE = Answer(409, {"code": "reservation_expired"})


def promised(book: Bookkeeping, name: str, wanted: Mapping[str, int]) -> Promise:
    promise = Promise(name, "310000", wanted, hold_seconds=5)
    book.opened(promise)
    return promise


def agreed(promise: Promise, status: str, http_status: int = 200, *, replayed: bool = False) -> Answer:
    """A reservation as the service answers it."""
    lines = [
        {"sku": sku, "quantity": quantity, "allocations": [{"warehouse": "SHA", "quantity": quantity, "shipped": 0}]}
        for sku, quantity in promise.wanted.items()
    ]
    return Answer(http_status, {"status": status, "lines": lines}, replayed)


def honest_book() -> Bookkeeping:
    """payer: 2 units and a cap, shipped. clicker: 1, paid. giver: released. leaver, late: expired. unlucky: refused."""
    book = Bookkeeping()
    wants: dict[str, dict[str, int]] = {"payer": {HOT: 2, CAP: 1}, "unlucky": {HOT: 2}}
    for name in ("payer", "clicker", "giver", "leaver", "late", "unlucky"):
        promise = promised(book, name, wants.get(name, {HOT: 1}))
        book.heard(promise, "reserve", NO_STOCK if name == "unlucky" else agreed(promise, "held", 201))
    clicker = book.promises["clicker"]
    book.heard(clicker, "reserve", agreed(clicker, "held", replayed=True))
    for name in ("payer", "clicker"):
        book.heard(book.promises[name], "confirm", agreed(book.promises[name], "confirmed"))
    book.heard(book.promises["giver"], "release", agreed(book.promises["giver"], "released"))
    book.heard(book.promises["late"], "confirm", TOO_LATE)
    for number, parcel in enumerate(book.promises["payer"].parcels):
        book.scan_heard(f"scan-{number}", parcel, {"result": "applied"})
    book.scan_heard("scan-0", Parcel("payer", "SHA", HOT, 2), {"result": "duplicate"})
    return book


def counters(**known: int) -> dict[str, int]:
    return dict.fromkeys(COUNTERS, 0) | known


def honest_words(**lies: Any) -> Statement:
    """What the service says to `honest_book`; `lies` replace parts of it."""
    after = {HOT: counters(on_hand=3, committed=1), CAP: counters(on_hand=9)}
    words: dict[str, Any] = {
        "statuses": {
            "payer": "shipped",
            "clicker": "confirmed",
            "giver": "released",
            "leaver": "expired",
            "late": "expired",
            "unlucky": "absent",
        },
        "quantities": {"payer": 2, "clicker": 1, "giver": 1, "leaver": 1, "late": 1, "unlucky": 0},
        "before": {HOT: counters(on_hand=UNITS), CAP: counters(on_hand=10)},
        "redis": after,
        "ledger": {sku: dict(of_sku) for sku, of_sku in after.items()},
        "verify_exit_code": 0,
        "verify_output": "",
    }
    return Statement(**words | lies)
