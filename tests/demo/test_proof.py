"""The proof holds for an honest service and fails, in the right line, for every kind of lie."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from inventory_service.demo.proof import prove
from inventory_service.demo.statement import Statement
from inventory_service.demo.told import Bookkeeping
from inventory_service.outside.answer import Answer
from inventory_service.outside.orders import Parcel
from tests.demo.story import CAP, HOT, UNITS, agreed, counters, honest_book, honest_words


def failed(book: Bookkeeping, said: Statement, units: int = UNITS, overpromised_looks: int = 0) -> set[str]:
    """Names of the lines that do not hold, up to the first comma or colon."""
    checks = prove(book, said, HOT, units, overpromised_looks)
    return {check.name.split(",")[0].split(":")[0] for check in checks if not check.holds}


def test_an_honest_service_is_proven() -> None:
    assert failed(honest_book(), honest_words()) == set()


HONEST = honest_words()

LIES: list[tuple[str, dict[str, Any], set[str]]] = [
    (
        "a paid order was lost",
        {"statuses": {**HONEST.statuses, "clicker": "expired"}},
        {"sold", "acknowledged and still so"},
    ),
    (
        "a paid order is unknown",
        {"statuses": {**HONEST.statuses, "payer": "absent"}},
        {"sold", "acknowledged and still so"},
    ),
    (
        "a shipped order is not",
        {"statuses": {**HONEST.statuses, "payer": "part_shipped"}},
        {"acknowledged and still so"},
    ),
    ("a hold never expired", {"statuses": {**HONEST.statuses, "leaver": "held"}}, {"acknowledged and still so"}),
    ("a released order came back", {"statuses": {**HONEST.statuses, "giver": "held"}}, {"acknowledged and still so"}),
    (
        "a refused shopper holds stock",
        {"statuses": {**HONEST.statuses, "unlucky": "held"}},
        {"refused and holding nothing"},
    ),
    (
        "a refused shopper was sold stock",
        {"statuses": {**HONEST.statuses, "unlucky": "confirmed"}, "quantities": {**HONEST.quantities, "unlucky": 2}},
        {"sold", "refused and holding nothing"},
    ),
    (
        "a read failed",
        {"statuses": {**HONEST.statuses, "payer": "503 not_ready"}},
        {"sold", "acknowledged and still so"},
    ),
    ("other quantities", {"quantities": {**HONEST.quantities, "payer": 1}}, {"sold"}),
    (
        "a unit vanished",
        {"redis": {**HONEST.redis, HOT: counters(on_hand=2)}, "ledger": {**HONEST.ledger, HOT: counters(on_hand=2)}},
        {"on hand + shipped = delivered", "each scan deducted once"},
    ),
    (
        "a cap was deducted twice",
        {"redis": {**HONEST.redis, CAP: counters(on_hand=8)}, "ledger": {**HONEST.ledger, CAP: counters(on_hand=8)}},
        {"each scan deducted once"},
    ),
    (
        "stock is still held",
        {
            "redis": {**HONEST.redis, HOT: counters(on_hand=3, held=1)},
            "ledger": {**HONEST.ledger, HOT: counters(on_hand=3, held=1)},
        },
        {"held"},
    ),
    ("the ledger differs", {"ledger": {**HONEST.ledger, CAP: counters(on_hand=10)}}, {"ledger = Redis"}),
    ("the ledger lacks a SKU", {"ledger": {HOT: HONEST.ledger[HOT]}}, {"ledger = Redis"}),
    ("verify found something", {"verify_exit_code": 1, "verify_output": "CAP: differs"}, {"`verify`"}),
]


@pytest.mark.parametrize(("lies", "lines"), [row[1:] for row in LIES], ids=[row[0] for row in LIES])
def test_a_service_that_lies_is_caught(lies: Mapping[str, Any], lines: set[str]) -> None:
    assert failed(honest_book(), honest_words(**lies)) == lines


def sold_more_than_there_is(book: Bookkeeping) -> None:
    leaver = book.promises["leaver"]
    book.heard(leaver, "confirm", agreed(leaver, "confirmed"))


def created_twice(book: Bookkeeping) -> None:
    clicker = book.promises["clicker"]
    book.heard(clicker, "reserve", agreed(clicker, "held", 201))
    book.heard(clicker, "confirm", agreed(clicker, "confirmed"))


def scanned_but_not_applied(book: Bookkeeping) -> None:
    book.scan_heard("scan-9", Parcel("clicker", "SHA", HOT, 1), {"result": "parked", "code": "unknown_reservation"})


def applied_twice(book: Bookkeeping) -> None:
    book.scan_heard("scan-0", Parcel("payer", "SHA", HOT, 2), {"result": "applied"})


def scan_forgotten_by_the_service(book: Bookkeeping) -> None:
    book.scan_heard("scan-9", Parcel("clicker", "SHA", HOT, 1), {"result": "applied"})


def server_error(book: Bookkeeping) -> None:
    book.heard(book.promises["unlucky"], "reserve", Answer(500, {"code": "internal_error"}))


@pytest.mark.parametrize(
    ("told", "lines"),
    [
        (sold_more_than_there_is, {"sold", "acknowledged and still so"}),
        (created_twice, {"double-clicks and lost answers"}),
        (scanned_but_not_applied, {"answers outside the contract"}),
        (applied_twice, {"answers outside the contract"}),
        (
            scan_forgotten_by_the_service,
            {"acknowledged and still so", "on hand + shipped = delivered", "each scan deducted once"},
        ),
        (server_error, {"answers outside the contract"}),
    ],
)
def test_what_shoppers_were_told_counts(told: Callable[[Bookkeeping], None], lines: set[str]) -> None:
    book = honest_book()
    told(book)
    assert failed(book, honest_words()) == lines


def test_overselling_is_named_even_when_all_books_agree() -> None:
    said = honest_words(before={**HONEST.before, HOT: counters(on_hand=2)})
    assert "oversold" in failed(honest_book(), said, units=2)


def test_more_promised_than_on_the_shelf_during_the_sale_is_overselling() -> None:
    assert failed(honest_book(), honest_words(), overpromised_looks=1) == {"oversold"}
