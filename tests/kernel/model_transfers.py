"""The model's transfers between warehouses."""

from collections.abc import Sequence

from inventory_service.domain.commands import CancelTransfer, LineRequest, OpenTransfer, ReceiveTransfer, ShipTransfer
from inventory_service.domain.events import EventType, OnTheWay, TransferDetails
from inventory_service.domain.outcomes import Code, TransferOutcome
from inventory_service.domain.stock import ARRIVALS_MAX, ON_HAND_MAX, UNSET, Arrival, Level
from inventory_service.domain.transfer import RECEIPTS_MAX, Receipt, Transfer, TransferLine, TransferState
from tests.kernel.model_state import FINGERPRINT_KEPT, State, Subject

Refusal = tuple[int, Code] | None


def outcome(code: str, record: Transfer | None = None, line: int = -1) -> TransferOutcome:
    return TransferOutcome(code, record, line)


def open_transfer(state: State, command: OpenTransfer) -> TransferOutcome:
    seen = opened_before(state, command)
    if seen:
        return seen
    for index, line in enumerate(command.lines):
        if line.sku not in state.stock:
            return outcome(Code.UNKNOWN_SKU, line=index)
    record = Transfer(
        version=1,
        state=TransferState.DRAFT,
        created_ms=state.now_ms,
        shipped_ms=0,
        ended_ms=0,
        changed_seq=0,
        fingerprint=command.fingerprint,
        client=command.client,
        origin=command.origin,
        destination=command.destination,
        expected_ms=command.expected_ms,
        reference=command.reference,
        lines=[TransferLine(*line) for line in command.lines],
        receipts=[],
    )
    if not command.ships:
        return changed(state, EventType.TRANSFER_OPEN, command, record)
    refusal = unshippable(state, record, command.lines, command.force)
    if refusal:
        return outcome(refusal[1], line=refusal[0])
    return changed(state, EventType.TRANSFER_SHIP, command, shipped(state, record, command.lines))


def opened_before(state: State, command: OpenTransfer) -> TransferOutcome | None:
    record, kept = state.transfers.get(command.transfer_id), state.recall(command.digest)
    if record is None and kept is None:
        return None
    same = record.fingerprint == command.fingerprint if record else kept == command.fingerprint[:FINGERPRINT_KEPT]
    if not same:
        return outcome(Code.IDEMPOTENCY_MISMATCH)
    return outcome(Code.REPLAYED if record else Code.REMEMBERED, record)


def gone(state: State, command: ShipTransfer | ReceiveTransfer | CancelTransfer) -> TransferOutcome:
    return outcome(Code.ABSENT if state.recall(command.digest) is None else Code.REMEMBERED)


def ship_transfer(state: State, command: ShipTransfer) -> TransferOutcome:
    record = state.transfers.get(command.transfer_id)
    if record is None:
        return gone(state, command)
    if record.state != TransferState.DRAFT:
        given = dict(command.lines)
        same = not given or all(line.shipped == given.get(line.sku, 0) for line in record.lines)
        return outcome(Code.REPLAYED if same else Code.TRANSFER_STATE, record)
    lines = command.lines or [LineRequest(line.sku, line.quantity) for line in record.lines]
    refusal = unshippable(state, record, lines, command.force)
    if refusal:
        return outcome(refusal[1], record, refusal[0])
    return changed(state, EventType.TRANSFER_SHIP, command, shipped(state, record, lines))


def unshippable(state: State, record: Transfer, lines: Sequence[LineRequest], force: bool) -> Refusal:
    for index, (sku, units) in enumerate(lines):
        if sku not in {line.sku for line in record.lines}:
            return index, Code.UNKNOWN_SKU
        here, there = state.level(sku, record.origin), state.level(sku, record.destination)
        if abs(here.on_hand - units) > ON_HAND_MAX or there.incoming + units > ON_HAND_MAX:
            return index, Code.OUT_OF_RANGE
        if len(lots_with(there, units, record.expected_ms)) > ARRIVALS_MAX:
            return index, Code.TOO_MANY_ARRIVALS
        ahead = state.stock[sku].preorder_limit if sku in state.stock else UNSET
        after = here._replace(on_hand=here.on_hand - units)
        if not force and after.deficit(ahead) > here.deficit(ahead):
            return index, Code.WOULD_BREAK_COMMITMENTS
    return None


def shipped(state: State, record: Transfer, lines: Sequence[LineRequest]) -> Transfer:
    sent = dict(lines)
    for sku, units in lines:
        state.move(sku, record.origin, on_hand=-units)
        bring(state, record, sku, units)
    return record._replace(
        state=TransferState.IN_TRANSIT,
        shipped_ms=state.now_ms,
        lines=[line._replace(shipped=sent.get(line.sku, 0)) for line in record.lines],
    )


def bring(state: State, record: Transfer, sku: str, units: int, on_hand: int = 0, damaged: int = 0) -> None:
    """Units come on their way to the destination, or (below zero) are on their way no more."""
    before = state.level(sku, record.destination)
    lots, in_transit = lots_with(before, units, record.expected_ms), before.in_transit + units
    state.put_level(sku, before._replace(arrivals=lots, in_transit=in_transit))
    state.move(sku, record.destination, on_hand=on_hand, unavailable=damaged, incoming=units)


def lots_with(level: Level, units: int, expected_ms: int) -> tuple[Arrival, ...]:
    lots = {lot.expected_ms: lot.quantity for lot in level.arrivals}
    if expected_ms:
        lots[expected_ms] = max(0, lots.get(expected_ms, 0) + units)
    beyond = sum(lots.values()) - (level.incoming + units)
    for earliest in sorted(lots):
        taken = max(0, min(beyond, lots[earliest]))
        lots[earliest] -= taken
        beyond -= taken
    return tuple(Arrival(date_ms, lots[date_ms]) for date_ms in sorted(lots) if lots[date_ms])


def receive_transfer(state: State, command: ReceiveTransfer) -> TransferOutcome:
    record = state.transfers.get(command.transfer_id)
    if record is None:
        return gone(state, command)
    for receipt in record.receipts:
        if receipt.receipt_id == command.receipt_id:
            same = receipt.fingerprint == command.fingerprint
            return outcome(Code.REPLAYED if same else Code.IDEMPOTENCY_MISMATCH, record)
    if record.state != TransferState.IN_TRANSIT:
        return outcome(Code.TRANSFER_STATE, record)
    refusal = unreceivable(state, record, command)
    if refusal:
        return outcome(refusal[1], record, refusal[0])
    lines = received(state, record, command)
    receipts = [*record.receipts, Receipt(command.receipt_id, command.fingerprint)]
    after = record._replace(lines=lines, receipts=receipts)
    if not any(line.outstanding for line in lines):
        after = after._replace(state=TransferState.RECEIVED, ended_ms=state.now_ms)
    return changed(state, EventType.TRANSFER_RECEIVE, command, after)


def unreceivable(state: State, record: Transfer, command: ReceiveTransfer) -> Refusal:
    if len(record.receipts) >= RECEIPTS_MAX and not command.close:
        return 0, Code.OUT_OF_RANGE
    for index, (sku, quantity, damaged) in enumerate(command.lines):
        if sku not in {line.sku for line in record.lines}:
            return index, Code.UNKNOWN_SKU
        there = state.level(sku, record.destination)
        if abs(there.on_hand + quantity) > ON_HAND_MAX or there.unavailable + damaged > ON_HAND_MAX:
            return index, Code.OUT_OF_RANGE
    return None


def received(state: State, record: Transfer, command: ReceiveTransfer) -> list[TransferLine]:
    got = {line.sku: line for line in command.lines}
    lines = []
    for line in record.lines:
        after = line
        if line.sku in got:
            _, quantity, damaged = got[line.sku]
            bring(state, record, line.sku, -min(quantity, line.outstanding), quantity, damaged)
            after = line._replace(received=line.received + quantity, damaged=line.damaged + damaged)
        if command.close and after.outstanding:
            bring(state, record, line.sku, -after.outstanding)
            after = after._replace(lost=after.lost + after.outstanding)
        lines.append(after)
    return lines


def cancel_transfer(state: State, command: CancelTransfer) -> TransferOutcome:
    record = state.transfers.get(command.transfer_id)
    if record is None:
        return gone(state, command)
    if record.state != TransferState.DRAFT:
        return outcome(Code.TRANSFER_STATE, record)
    after = record._replace(state=TransferState.CANCELLED, ended_ms=state.now_ms)
    return changed(state, EventType.TRANSFER_CANCEL, command, after)


def changed(
    state: State,
    kind: str,
    command: OpenTransfer | ShipTransfer | ReceiveTransfer | CancelTransfer,
    record: Transfer,
) -> TransferOutcome:
    """Close the event; one that has ended leaves, and its id is remembered."""
    record = record._replace(changed_seq=state.seq + 1)
    digest = ""
    if record.ended_ms:
        digest = command.digest
        state.remember(digest, record.fingerprint)
        state.transfers.pop(command.transfer_id, None)
    else:
        state.transfers[command.transfer_id] = record
    levels = [(line.sku, state.level(line.sku, record.destination)) for line in record.lines]
    on_the_way = [OnTheWay(sku, level.warehouse, level.arrivals, level.in_transit) for sku, level in levels]
    op_id = command.receipt_id if isinstance(command, ReceiveTransfer) else command.transfer_id
    about = Subject(command.client, op_id, command.transfer_id)
    state.log(kind, about, None, TransferDetails(digest, record, on_the_way))
    return outcome(Code.APPLIED, record)
