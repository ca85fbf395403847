"""The bookkeeping notes what was said, and doubts only what was left open."""

import pytest

from inventory_service.demo.told import Bookkeeping, Promise
from inventory_service.outside.answer import Answer
from inventory_service.outside.orders import Word
from tests.demo.story import HOT, NO_STOCK, TOO_LATE, agreed, promised

NO_ANSWER = Answer(0, {})


@pytest.fixture
def book() -> Bookkeeping:
    return Bookkeeping()


@pytest.fixture
def promise(book: Bookkeeping) -> Promise:
    return promised(book, "order-1", {HOT: 2})


def test_a_refusal_beside_a_hold_under_the_same_id_is_a_hold(book: Bookkeeping, promise: Promise) -> None:
    book.heard(promise, "reserve", NO_STOCK)
    book.heard(promise, "reserve", agreed(promise, "held", 201))
    book.heard(promise, "reserve", NO_STOCK)
    assert promise.word is Word.HELD
    assert promise.may_be == {"expired"}


def test_a_refused_repeat_leaves_its_lost_original_in_doubt(book: Bookkeeping, promise: Promise) -> None:
    book.heard(promise, "reserve", Answer(409, {"code": "insufficient_stock"}, doubtful=True))
    assert promise.may_be == {"absent", "expired"}
    book.heard(promise, "reserve", agreed(promise, "held", 201))
    assert promise.may_be == {"expired"}


@pytest.mark.parametrize(
    ("call", "may_be"),
    [("confirm", {"expired", "confirmed"}), ("release", {"expired", "released"})],
)
def test_no_answer_leaves_a_doubt(book: Bookkeeping, promise: Promise, call: str, may_be: set[str]) -> None:
    book.heard(promise, "reserve", agreed(promise, "held", 201))
    book.heard(promise, call, NO_ANSWER)
    assert promise.may_be == may_be


def test_paid_too_late_and_got_it_again(book: Bookkeeping, promise: Promise) -> None:
    book.heard(promise, "reserve", agreed(promise, "held", 201))
    book.heard(promise, "confirm", TOO_LATE)
    assert promise.word is Word.EXPIRED
    answer = agreed(promise, "confirmed")
    book.heard(promise, "confirm", Answer(200, {**answer.body, "outcome": "reacquired"}))
    assert (promise.word, book.paid_late, book.reacquired) == (Word.CONFIRMED, 1, 1)


def test_parcels_decide_between_confirmed_part_shipped_and_shipped(book: Bookkeeping, promise: Promise) -> None:
    book.heard(promise, "reserve", agreed(promise, "held", 201))
    book.heard(promise, "confirm", agreed(promise, "confirmed"))
    seen = [promise.may_be]
    for scan_id in ("scan-1", "scan-2"):
        book.scan_heard(scan_id, promise.parcels[0].of(1), {"result": "applied"})
        book.scan_heard(scan_id, promise.parcels[0].of(1), {"result": "duplicate"})
        seen.append(promise.may_be)
    assert seen == [{"confirmed"}, {"part_shipped"}, {"shipped"}]
    assert (book.shipped(HOT), book.duplicate_scans) == (2, 2)
