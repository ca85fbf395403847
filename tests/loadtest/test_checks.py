"""The proof holds for an honest service and fails, in the right lines, for every kind of lie."""

from collections.abc import Callable

import pytest

from inventory_service.loadtest.book import Book, Delivery, Order, Scan
from inventory_service.loadtest.checks import Listed, Statement, prove
from inventory_service.outside.answer import Answer
from inventory_service.outside.orders import Parcel
from tests.loadtest.story import CAP, HOT, NO_ANSWER, agreed, counters, honest_book, honest_words, scanned, told

LINES = {
    "requests": "requests that were answered",
    "books": "load processes that handed in their books",
    "oversold": "oversold",
    "sold": "sold: shoppers' receipts = the service's books",
    "acknowledged": "acknowledged and still so",
    "refused": "refused and holding nothing",
    "strangers": "reservations that nobody asked for",
    "twice": "the same id again: one hold each",
    "scans": "each scan deducted once",
    "equation": "held, committed = the reservations' units",
    "held": "held, after the last deadline",
    "contract": "answers outside the contract",
    "ledger": "ledger = Redis, every SKU of the run",
}


def failed(book: Book, said: Statement, books_received: int = 1) -> set[str]:
    """Short names of the lines that do not hold."""
    short = {name: key for key, name in LINES.items()}
    wrong = [check.name for check in prove(book, said, 1, books_received) if not check.holds]
    return {short["oversold" if name.startswith("oversold") else name] for name in wrong}


def both(said: Statement, sku: str, **known: int) -> None:
    """Redis and the ledger agree on another count."""
    said.stock[sku] = said.ledger[sku] = counters(**known)


def test_an_honest_service_is_proven() -> None:
    assert failed(honest_book(), honest_words()) == set()


def lost(said: Statement) -> None:
    said.reservations["clicker"].status = "expired"
    both(said, HOT, on_hand=3)


def forgotten(said: Statement) -> None:
    del said.reservations["clicker"]
    both(said, HOT, on_hand=3)


def other_units(said: Statement) -> None:
    said.reservations["clicker"].units = {HOT: 2}


def came_back(said: Statement) -> None:
    said.reservations["giver"].status = "held"
    both(said, HOT, on_hand=3, committed=1, held=1)


def refused_but_held(said: Statement) -> None:
    said.reservations["unlucky"] = Listed("expired", {HOT: 4}, {})


def sold_to_nobody(said: Statement) -> None:
    said.reservations["stranger"] = Listed("expired", {HOT: 1}, {})


def sold_twice(said: Statement) -> None:
    said.reservations["unlucky"] = Listed("confirmed", {HOT: 4}, {})
    both(said, HOT, on_hand=3, committed=5)


def counts_no_commitment(said: Statement) -> None:
    both(said, HOT, on_hand=3)


def promises_more_than_there_is(said: Statement) -> None:
    both(said, HOT, on_hand=0, committed=1)


def deducted_twice(said: Statement) -> None:
    both(said, CAP, on_hand=7, committed=1)


def ledger_behind(said: Statement) -> None:
    said.ledger[CAP] = counters(on_hand=9, committed=1)


def ledger_without(said: Statement) -> None:
    del said.ledger[CAP]


def sku_forgotten(said: Statement) -> None:
    del said.stock[CAP]


def never_expired(said: Statement) -> None:
    said.reservations["leaver"].status = "held"
    both(said, HOT, on_hand=3, committed=1, held=1)


SERVICE_LIES: list[tuple[Callable[[Statement], None], set[str]]] = [
    (lost, {"sold", "acknowledged"}),
    (forgotten, {"sold", "acknowledged"}),
    (other_units, {"sold", "acknowledged", "equation"}),
    (came_back, {"acknowledged", "held"}),
    (never_expired, {"acknowledged", "held"}),
    (refused_but_held, {"refused"}),
    (sold_to_nobody, {"strangers"}),
    (sold_twice, {"oversold", "sold", "refused", "equation"}),
    (counts_no_commitment, {"equation"}),
    (promises_more_than_there_is, {"scans", "equation"}),
    (deducted_twice, {"scans"}),
    (ledger_behind, {"ledger"}),
    (ledger_without, {"ledger"}),
    (sku_forgotten, {"scans"}),
]


@pytest.mark.parametrize(("lie", "lines"), SERVICE_LIES)
def test_a_service_that_lies_is_caught(lie: Callable[[Statement], None], lines: set[str]) -> None:
    said = honest_words()
    lie(said)
    assert failed(honest_book(), said) == lines


def nobody_came(book: Book) -> None:
    book.counts.clear()


def receipts_for_more_than_there_is(book: Book) -> None:
    order = Order("sixth", {HOT: 3}, ttl_seconds=0)
    told(book, order, "reserve", agreed("held", 201))
    told(book, order, "confirm", agreed("confirmed"))


def created_twice(book: Book) -> None:
    told(book, book.orders["clicker"], "reserve", agreed("held", 201))
    told(book, book.orders["clicker"], "confirm", agreed("confirmed"))


def looked_oversold(book: Book) -> None:
    book.count("overpromised looks")


def scan_forgotten_by_the_service(book: Book) -> None:
    scanned(book, "scan-9", Parcel("clicker", "SHA", HOT, 1), {"result": "applied"})


def applied_twice(book: Book) -> None:
    scanned(book, "scan-0", Parcel("payer", "SHA", HOT, 2), {"result": "applied"})


def out_of_the_contract(book: Book) -> None:
    told(book, book.orders["unlucky"], "reserve", Answer(500, {"code": "internal_error"}))


TOLD: list[tuple[Callable[[Book], None], set[str]]] = [
    (nobody_came, {"requests"}),
    (receipts_for_more_than_there_is, {"oversold", "sold", "acknowledged"}),
    (created_twice, {"twice"}),
    (looked_oversold, {"oversold"}),
    (scan_forgotten_by_the_service, {"acknowledged", "scans"}),
    (applied_twice, {"contract"}),
    (out_of_the_contract, {"contract"}),
]


@pytest.mark.parametrize(("tell", "lines"), TOLD)
def test_what_users_were_told_counts(tell: Callable[[Book], None], lines: set[str]) -> None:
    book = honest_book()
    tell(book)
    assert failed(book, honest_words()) == lines


@pytest.mark.parametrize(("units", "lines"), [(3, set()), (4, {"oversold", "equation"})])
def test_a_unit_scanned_out_elsewhere_may_be_promised_once_more(units: int, lines: set[str]) -> None:
    """Of 5, 2 left, and a third from another warehouse than was told: its own still shows 3."""
    book, said, order = honest_book(), honest_words(), Order("again", {HOT: units}, ttl_seconds=0)
    elsewhere = {"result": "applied", "code": "other_warehouse"}
    scanned(book, "odd", Parcel("clicker", "PEK", HOT, 1), elsewhere, expects="other_warehouse")
    told(book, order, "reserve", agreed("held", 201))
    told(book, order, "confirm", agreed("confirmed"))
    looked_oversold(book)
    said.reservations["clicker"] = Listed("shipped", {HOT: 1}, {HOT: 1})
    said.reservations["again"] = Listed("confirmed", {HOT: units}, {HOT: 0})
    both(said, HOT, on_hand=2, committed=units)
    assert failed(book, said) == lines


def test_a_load_process_that_kept_its_book_is_missed() -> None:
    assert failed(honest_book(), honest_words(), books_received=0) == {"books"}


def test_what_nobody_answered_may_have_happened_or_not() -> None:
    book, silent = honest_book(), Order("silent", {CAP: 1}, ttl_seconds=0)
    told(book, silent, "reserve", NO_ANSWER)
    book.scans["lost"] = Scan(Parcel("clicker", "SHA", HOT, 1))
    book.deliveries["lost"] = Delivery(CAP, 3)
    assert failed(book, honest_words()) == set()

    happened = honest_words()
    happened.reservations["silent"] = Listed("expired", {CAP: 1}, {})
    happened.reservations["clicker"] = Listed("shipped", {HOT: 1}, {HOT: 1})
    both(happened, HOT, on_hand=2)
    both(happened, CAP, on_hand=11, committed=1)
    assert failed(book, happened) == set()

    happened.reservations["silent"].status = "confirmed"  # nobody asked for that
    both(happened, CAP, on_hand=11, committed=2)
    assert failed(book, happened) == {"sold", "refused"}


def test_an_over_scan_takes_its_excess_from_the_shelf_alone() -> None:
    book, said = honest_book(), honest_words()
    scanned(book, "over", Parcel("clicker", "SHA", HOT, 2), {"result": "applied", "code": "over_scan"}, "over_scan")
    said.reservations["clicker"] = Listed("shipped", {HOT: 1}, {HOT: 1})
    both(said, HOT, on_hand=1)
    assert failed(book, said) == set()


def test_every_line_fails_in_one_of_these_tests() -> None:
    caught = {"books"}.union(*(lines for _, lines in SERVICE_LIES), *(lines for _, lines in TOLD))
    assert caught == LINES.keys()
