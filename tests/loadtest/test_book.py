"""The book notes what was said, doubts only what was left open, and survives the way to another process."""

import pytest

from inventory_service.loadtest.book import Book, Order
from inventory_service.loadtest.handover import ENTRIES_PER_PART, Received, parts_of
from inventory_service.loadtest.series import Outcome, Series
from inventory_service.outside.answer import Answer
from inventory_service.outside.orders import Parcel, Word
from tests.loadtest.story import HOT, NO_ANSWER, NO_STOCK, TOO_LATE, agreed, honest_book, scanned, told


@pytest.fixture
def book() -> Book:
    return Book()


@pytest.fixture
def order() -> Order:
    return Order("order-1", {HOT: 2}, ttl_seconds=0)


def test_a_refusal_beside_a_hold_under_the_same_id_is_a_hold(book: Book, order: Order) -> None:
    for answer in (NO_STOCK, agreed("held", 201), NO_STOCK):
        told(book, order, "reserve", answer)
    assert order.word is Word.HELD
    assert not order.unanswered


def test_a_refused_repeat_leaves_its_lost_original_in_doubt_until_it_is_there(book: Book, order: Order) -> None:
    told(book, order, "reserve", Answer(409, {"code": "insufficient_stock"}, doubtful=True))
    assert (order.word, order.may_have_become) == (Word.REFUSED, {"held"})
    told(book, order, "reserve", agreed("held", 201))
    assert (order.word, order.may_have_become) == (Word.HELD, set())


@pytest.mark.parametrize(("call", "status"), [("confirm", "confirmed"), ("release", "released")])
def test_a_call_under_way_or_without_an_answer_may_have_happened(
    book: Book, order: Order, call: str, status: str
) -> None:
    told(book, order, "reserve", agreed("held", 201))
    book.asking(order, call)
    assert order.may_have_become == {status}
    book.heard(order, call, NO_ANSWER)
    assert order.may_have_become == {status}


def test_a_hold_that_ends_before_its_time_is_outside_the_contract(book: Book) -> None:
    order = Order("order-1", {HOT: 2}, ttl_seconds=900)
    told(book, order, "reserve", agreed("held", 201))
    told(book, order, "confirm", TOO_LATE)
    assert "before its deadline" in book.claims[0]


@pytest.mark.parametrize(
    ("expects", "result", "claims"),
    [
        ("", {"result": "applied"}, 0),
        ("", {"result": "applied", "code": "over_scan"}, 1),
        ("", {"result": "parked", "code": "unknown_reservation"}, 1),
        ("over_scan", {"result": "applied", "code": "over_scan"}, 0),
        ("over_scan", {"result": "applied"}, 1),
        ("unknown_reservation", {"result": "parked", "code": "unknown_reservation"}, 0),
        ("unknown_reservation", {"result": "applied", "code": "unknown_reservation"}, 1),
    ],
)
def test_a_scan_has_to_come_to_what_its_wms_provoked(
    book: Book, expects: str, result: dict[str, str], claims: int
) -> None:
    scanned(book, "scan-1", Parcel("order-1", "SHA", HOT, 1), result, expects)
    assert len(book.claims) == claims


def test_a_book_arrives_whole_in_parts() -> None:
    book, series = honest_book(), Series()
    book.orders |= {f"order-{number}": Order(f"order-{number}", {HOT: 1}, 5) for number in range(ENTRIES_PER_PART)}
    series.record("GET /v1/stock/{sku}", Outcome.DONE, 12.34, 1000.5)
    parts = list(parts_of(book, series, [40.0, 95.0]))
    assert len(parts) > 2

    received, arrived, arrived_series = Received(), Book(), Series()
    for part in parts[:-1]:
        received.take("worker-1", part)
    assert not received.complete
    received.take("worker-1", parts[-1])
    assert len(received.complete) == 1
    assert received.lay_together(arrived, arrived_series) == [[40.0, 95.0]]
    assert arrived == book
    assert arrived_series == series


def test_books_of_two_processes_are_laid_together(book: Book) -> None:
    other = Book()
    told(book, Order("one", {HOT: 1}, 5), "reserve", agreed("held", 201))
    told(other, Order("two", {HOT: 2}, 5), "reserve", agreed("held", 201, replayed=True))
    other.claim("odd")
    other.retries["not_ready"] = 2
    other.failed("GET /v1/stock", "500 internal_error")
    book.add(other)
    assert book.units([Word.HELD]) == 3
    assert book.failures == {"GET /v1/stock: 500 internal_error": 1}
    assert (book.counts["replays"], book.retries, book.claims) == (1, {"not_ready": 2}, ["odd"])
