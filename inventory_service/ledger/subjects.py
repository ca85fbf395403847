"""Whose rows an event writes. What cannot be projected is set aside subject by subject, so that the others go on."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple

import msgspec

from inventory_service.domain.events import Entry, EventType
from inventory_service.domain.stock import Change
from inventory_service.ledger.events import (
    NIL,
    LedgerEvent,
    decode_anything,
    decode_event,
    decode_events,
    decode_record,
    event_id,
    split_events,
)
from inventory_service.ledger.texts import storable
from inventory_service.usecases.ledger_ports import SubjectKind

_NAME_MAX = 256  # a name is at most 64 characters; a longer one is a part of what went wrong
_NONE, _SOME = msgspec.Raw(NIL), msgspec.Raw(b"\x90")
_OF_RESERVATIONS = frozenset({EventType.SCAN, EventType.REVERSE})


class Subject(NamedTuple):
    """`event`: one that touches neither a SKU nor a reservation; `entry`: nobody can tell what it touches."""

    kind: SubjectKind
    name: str


Takes = Callable[[Subject], bool]  # whether rows are written for it


def everything(subject: Subject) -> bool:
    """Takes every subject."""
    del subject
    return True


class PlacedEvent(NamedTuple):
    epoch: int
    event: LedgerEvent


class Poison(NamedTuple):
    """What cannot be projected from `seq` on, and why. `skus`: whose promises it counts in, as far as can be told."""

    seq: int
    subjects: Sequence[Subject]
    skus: Sequence[str]
    reason: str


def sku_subject(sku: str) -> Subject:
    return Subject(SubjectKind.SKU, storable(sku)[:_NAME_MAX])


def reservation_subject(reservation_id: str) -> Subject:
    return Subject(SubjectKind.RESERVATION, storable(reservation_id)[:_NAME_MAX])


def owner_of(event: LedgerEvent) -> Subject:
    """Whose the event itself is, with its row, the ids it used up and the case it opened."""
    if event.record or (event.type in _OF_RESERVATIONS and event.subject):
        return reservation_subject(event.subject)
    if event.type == EventType.POLICY:
        return sku_subject(event.subject)
    if event.changes:
        return sku_subject(event.changes[0].sku)
    return Subject(SubjectKind.EVENT, event_id(event.seq))


def subjects_of(event: LedgerEvent) -> list[Subject]:
    """Its owner, then the SKUs that it changed."""
    return list(dict.fromkeys((owner_of(event), *(sku_subject(change.sku) for change in event.changes))))


def skus_of(event: LedgerEvent) -> list[str]:
    """What it changed and what its reservation holds, as far as the record can be read."""
    skus = {change.sku for change in event.changes}
    if event.record:
        with suppress(msgspec.DecodeError):
            skus |= {line.sku for line in decode_record(event.record).lines}
    return sorted(map(storable, skus))


def placed_events(entries: Iterable[Entry]) -> Iterator[PlacedEvent | Poison]:
    """Every event of the entries, in order."""
    for entry in entries:
        try:
            for event in decode_events(entry.events):
                yield PlacedEvent(entry.position.epoch, event)
        except msgspec.DecodeError as error:
            yield from _readable_part(entry, error)


def _readable_part(entry: Entry, error: Exception) -> Iterator[PlacedEvent | Poison]:
    try:
        parts = split_events(entry.events)
    except msgspec.DecodeError:
        yield _unreadable_entry(entry, error)
        return
    for part in parts:
        try:
            yield PlacedEvent(entry.position.epoch, decode_event(part))
        except msgspec.DecodeError as reason:
            yield _unreadable_event(entry, bytes(part), reason)


def _unreadable_entry(entry: Entry, error: Exception) -> Poison:
    seq = entry.before.seq + 1
    return Poison(seq, [Subject(SubjectKind.ENTRY, f"{entry.position.epoch}-{entry.position.seq}")], (), str(error))


def _unreadable_event(entry: Entry, packed: bytes, error: Exception) -> Poison:
    """Its number and its names are where they always are, unless they are what is wrong."""
    try:
        seq, _, kind, _, _, subject, changes, record, *_ = decode_anything(packed)
        names = (seq, kind, subject, [change[0] for change in changes])
        seq, kind, subject, skus = msgspec.convert(names, tuple[int, str, str, list[str]])
    except (msgspec.DecodeError, TypeError, ValueError, LookupError):
        return _unreadable_entry(entry, error)
    touched = [Change(sku, "", *(0,) * 10) for sku in skus]
    outline = LedgerEvent(seq, 0, kind, "", "", subject, touched, _NONE if record is None else _SOME, _NONE)
    return Poison(seq, subjects_of(outline), sorted({storable(sku) for sku in skus}), str(error))
