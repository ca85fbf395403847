"""The proof: what shoppers and the warehouse were told, against what the service says afterwards."""

from collections.abc import Sequence

from inventory_service.demo.statement import Statement
from inventory_service.demo.told import Bookkeeping, Promise
from inventory_service.outside.orders import SOLD_STATUSES, Word
from inventory_service.outside.proof import Check, ledger_equals_redis, verified


def prove(book: Bookkeeping, said: Statement, hot_sku: str, units: int, overpromised_looks: int = 0) -> list[Check]:
    """Every line that has to hold; pure, so that a test can feed it lies."""
    return [
        _sold(book, said, hot_sku),
        _oversold(book, said, hot_sku, units, overpromised_looks),
        _conserved(book, said, hot_sku, units),
        _nothing_held(said, hot_sku),
        _acknowledged(book, said),
        _refused(book, said),
        _one_hold_each(book),
        _scanned(book, said),
        _contract(book),
        ledger_equals_redis(said.redis, said.ledger),
        verified(said.verify_exit_code, said.verify_output),
    ]


def _sold(book: Bookkeeping, said: Statement, hot_sku: str) -> Check:
    told = book.units([Word.CONFIRMED], hot_sku)
    sold = _sold_units(said)
    doubtful = sum(p.wanted.get(hot_sku, 0) for p in book.promises.values() if p.doubts & SOLD_STATUSES)
    wrong = [] if told <= sold <= told + doubtful else [f"shoppers were told {told:,}, the service sold {sold:,}"]
    return Check("sold: shoppers' receipts = the service's books", f"{told:,} = {sold:,}", wrong)


def _oversold(book: Bookkeeping, said: Statement, hot_sku: str, units: int, overpromised_looks: int) -> Check:
    sold = max(book.units([Word.CONFIRMED], hot_sku), _sold_units(said))
    wrong = [f"{sold - units:,} units were sold that do not exist"] if sold > units else []
    wrong += [f"{overpromised_looks} times more was promised than on the shelf"] if overpromised_looks else []
    return Check(f"oversold, of {units:,}", f"{max(0, sold - units):,}", wrong)


def _sold_units(said: Statement) -> int:
    return sum(said.quantities[name] for name, status in said.statuses.items() if status in SOLD_STATUSES)


def _conserved(book: Bookkeeping, said: Statement, hot_sku: str, units: int) -> Check:
    on_hand, shipped = said.redis[hot_sku]["on_hand"], book.shipped(hot_sku)
    wrong = [] if on_hand + shipped == units else [f"{on_hand:,} + {shipped:,} is not {units:,}"]
    return Check("on hand + shipped = delivered", f"{on_hand:,} + {shipped:,} = {units:,}", wrong)


def _nothing_held(said: Statement, hot_sku: str) -> Check:
    held = said.redis[hot_sku]["held"]
    return Check("held, after the last deadline", f"{held:,}", [f"{held:,} units are still held"] if held else [])


def _acknowledged(book: Bookkeeping, said: Statement) -> Check:
    told = [promise for promise in book.promises.values() if promise.word not in (Word.REFUSED, Word.SILENCE)]
    return _as_told("acknowledged and still so", told, said)


def _refused(book: Bookkeeping, said: Statement) -> Check:
    told = [promise for promise in book.promises.values() if promise.word in (Word.REFUSED, Word.SILENCE)]
    return _as_told("refused and holding nothing", told, said)


def _as_told(name: str, promises: Sequence[Promise], said: Statement) -> Check:
    wrong = [
        f"{promise.reservation_id}: told {promise.word}, is {said.statuses[promise.reservation_id]}"
        for promise in promises
        if said.statuses[promise.reservation_id] not in promise.may_be
    ]
    return Check(name, f"{len(promises) - len(wrong):,} of {len(promises):,}", wrong)


def _one_hold_each(book: Bookkeeping) -> Check:
    twice = (promise for promise in book.promises.values() if promise.times_created > 1)
    wrong = [f"{promise.reservation_id}: created {promise.times_created} times" for promise in twice]
    return Check("double-clicks and lost answers: one hold each", f"{book.repeats_answered_alike:,} repeats", wrong)


def _scanned(book: Bookkeeping, said: Statement) -> Check:
    """Every parcel left its shelf once, whatever was scanned twice: for every SKU, not the hot one alone."""
    shipped = dict.fromkeys(said.before, 0)
    for parcel in book.scans.values():
        shipped[parcel.sku] += parcel.quantity
    wrong = [
        f"{sku}: {said.before[sku]['on_hand']:,} - {left:,} scanned is not {said.redis[sku]['on_hand']:,}"
        for sku, left in shipped.items()
        if said.before[sku]["on_hand"] - left != said.redis[sku]["on_hand"]
    ]
    return Check("each scan deducted once", f"{len(book.scans):,} scans, {book.duplicate_scans:,} duplicates", wrong)


def _contract(book: Bookkeeping) -> Check:
    return Check("answers outside the contract", f"{len(book.claims)}", book.claims)
