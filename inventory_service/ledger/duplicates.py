"""Ids that were applied again because Redis had forgotten them: noted and alarmed here, compensated by the worker."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from inventory_service.domain.events import RESNAPSHOT, EventType
from inventory_service.domain.movements import MovementType
from inventory_service.domain.transfer import ENDED, TransferState
from inventory_service.ledger.alarms import DUPLICATE_ID, raise_all
from inventory_service.ledger.events import decode_transfer
from inventory_service.ledger.pool import Connection
from inventory_service.ledger.queries import QUERIES
from inventory_service.ledger.rows import Alarm, AppliedId, Flush, TransferRow, columns
from inventory_service.usecases.ledger_ports import DuplicateState

RETENTION_MS = 7 * 24 * 60 * 60 * 1000  # the default of the setting
_COMPENSATED = frozenset({*MovementType, EventType.SCAN})


class Duplicate(NamedTuple):
    """One row of `duplicate_ids`, which tells the columns."""

    seq: int
    kind: str
    name: str
    cause: str  # of its alarm
    first_seq: int
    age_ms: int
    promised: bool
    state: DuplicateState

    @property
    def detail(self) -> Mapping[str, object]:
        names = ("kind", "seq", "first_seq", "age_ms", "promised", "state")
        return {"id": self.name, **{name: getattr(self, name) for name in names}}


async def note_duplicates(connection: Connection, flush: Flush, retention_ms: int) -> None:
    """Write the ids that the flush used up. What was used up before becomes a row and an alarm."""
    repeated = await _repeated(connection, flush, retention_ms)
    reopened = await _reopened(connection, flush, retention_ms)
    flush.reopened.update(duplicate.name for duplicate in reopened)
    flush.parked_again += [duplicate.seq for duplicate in repeated if duplicate.kind == EventType.PARK]
    duplicates = sorted(repeated + reopened + await _sent_again(connection, flush, retention_ms))
    if duplicates:
        await connection.execute(QUERIES["add_duplicate_ids"], *columns(duplicates))
        await raise_all(connection, flush, [Alarm(DUPLICATE_ID, each.cause, 1, each.detail) for each in duplicates])


async def _repeated(connection: Connection, flush: Flush, retention_ms: int) -> list[Duplicate]:
    if not flush.applied_ids:
        return []
    in_order = sorted(flush.applied_ids, key=lambda applied: (applied.digest, applied.seq))
    rows = [applied[:5] for applied in in_order]
    added = {tuple(row) for row in await connection.fetch(QUERIES["add_applied_ids"], *columns(rows))}
    used = (applied for applied in in_order if applied.kind != RESNAPSHOT)  # that one only tells what was used before
    known = [applied for applied in used if (applied.digest, applied.seq) not in added]
    if not known:
        return []
    first: dict[str, Any] = {
        row["digest"]: row for row in await connection.fetch(QUERIES["first_uses"], [a.digest for a in known])
    }
    # The very same event again is no second use: a subject that was set aside is being replayed.
    again = [(applied, first[applied.digest]) for applied in known if first[applied.digest]["seq"] != applied.seq]
    return [_duplicate(applied, earlier, retention_ms) for applied, earlier in again]


def _duplicate(applied: AppliedId, earlier: Mapping[str, Any], retention_ms: int) -> Duplicate:
    age_ms = applied.at_ms - earlier["at_ms"]
    return Duplicate(
        seq=applied.seq,
        kind=applied.kind,
        name=applied.subject,
        cause=f"{applied.kind} {applied.digest}",
        first_seq=earlier["seq"],
        age_ms=age_ms,
        promised=age_ms < retention_ms,
        state=_first_state(applied, same_content=applied.fingerprint == earlier["fingerprint"]),
    )


def _first_state(applied: AppliedId, *, same_content: bool) -> DuplicateState:
    """Other content is a new wish under an old id, which was answered as done: it stands."""
    if not same_content:
        return DuplicateState.STANDS
    if applied.kind == EventType.PARK:
        return DuplicateState.COMPENSATED  # its case is closed with it
    return DuplicateState.OPEN if applied.kind in _COMPENSATED else DuplicateState.STANDS


async def _reopened(connection: Connection, flush: Flush, retention_ms: int) -> list[Duplicate]:
    """A reservation id that began a second life. The hold was acknowledged, so it stands."""
    if not flush.opened:
        return []
    rows = await connection.fetch(QUERIES["known_reservations"], *columns(flush.opened))
    found = []
    for name, seq, first_seq, ended_ms in rows:
        age_ms = flush.reservations[name].created_ms - ended_ms if ended_ms else 0
        place = (seq, EventType.RESERVE, name, f"reserve {name}", first_seq, age_ms)
        found.append(Duplicate(*place, age_ms < retention_ms, DuplicateState.STANDS))
    return found


async def _sent_again(connection: Connection, flush: Flush, retention_ms: int) -> list[Duplicate]:
    """A transfer id that began a second life. Its use is written when it ends, and that may be long after."""
    begun: dict[str, TransferRow] = {}
    for row in flush.transfers:
        begun.setdefault(row.transfer_id, row)
    if not begun:
        return []
    found = []
    for name, first_seq, record in await connection.fetch(QUERIES["known_transfers"], sorted(begun)):
        (_, seq, transfer), stored = begun[name], decode_transfer(record)
        if stored.state in ENDED and stored.changed_seq < seq:
            age_ms = transfer.created_ms - stored.ended_ms
            is_draft = transfer.state == TransferState.DRAFT
            kind = EventType.TRANSFER_OPEN if is_draft else EventType.TRANSFER_SHIP
            place = (seq, kind, name, f"{kind} {name}", first_seq, age_ms)
            found.append(Duplicate(*place, age_ms < retention_ms, DuplicateState.STANDS))
    return found
