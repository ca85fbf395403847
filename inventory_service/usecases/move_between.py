"""Goods move from one warehouse to another: planned, sent, received, with what went missing on the way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from inventory_service.domain import ids
from inventory_service.domain.commands import (
    CancelTransfer,
    LineRequest,
    OpenTransfer,
    ReceivedLine,
    ReceiveTransfer,
    ShipTransfer,
    TransferCommand,
)
from inventory_service.domain.errors import OutcomeUnknown, Refused
from inventory_service.domain.outcomes import Code, TransferOutcome
from inventory_service.domain.transfer import ENDED, Transfer, TransferState
from inventory_service.usecases.ports import Warehouses
from inventory_service.usecases.refusals import unknown_sku
from inventory_service.usecases.transfer_ports import TransferEngine, TransferFilter, TransferPage, TransferReader

# A look waits a second for what is on its way; a call is answered within 4.5 s.
_LEDGER_LOOKS_MAX = 3
_GONE = frozenset({Code.ABSENT, Code.REMEMBERED})  # from Redis
_DETAILS = {
    Code.IDEMPOTENCY_MISMATCH: "This id was used before with other content.",
    Code.OUT_OF_RANGE: "A counter would leave its range, or the transfer has too many receipts.",
    Code.TOO_MANY_ARRIVALS: "Too many dated lots are on their way to the destination.",
    Code.WOULD_BREAK_COMMITMENTS: "The origin would have less than it has promised; `force` sends it all the same.",
}


@dataclass(frozen=True, slots=True)
class TransferRequest:
    """`expected_ms` 0: not said. `content` is the caller's fields as sent."""

    transfer_id: str
    origin: str
    destination: str
    lines: Sequence[LineRequest]
    expected_ms: int = 0
    reference: str = ""
    ships: bool = False
    force: bool = False
    content: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReceiptRequest:
    """`close`: what is missing does not come any more. `content` is the caller's fields as sent."""

    receipt_id: str
    lines: Sequence[ReceivedLine]
    close: bool = False
    content: Mapping[str, object] = field(default_factory=dict)


class TransferResult(NamedTuple):
    """`code`: applied or replayed; the transfer as it is now."""

    code: str
    transfer_id: str
    transfer: Transfer
    durability: str = ""


class MoveBetween:
    """Every call is one atomic step of the kernel. Raises NotReady, Overloaded, OutcomeUnknown beside what is named."""

    def __init__(self, engine: TransferEngine, ledger: TransferReader, warehouses: Warehouses) -> None:
        self._engine = engine
        self._ledger = ledger
        self._warehouses = warehouses

    async def open(self, client: str, request: TransferRequest) -> TransferResult:
        """Plan it, or with `ships` send it at once.

        Raises Refused (`validation_failed`, `unknown_sku`, `unknown_warehouse`, `idempotency_mismatch`,
        `would_break_commitments`).
        """
        _refuse_repeats([line.sku for line in request.lines])
        if request.origin == request.destination:
            raise Refused("validation_failed", "Goods move from one warehouse to another.", "/to")
        await self._require_warehouse(request.origin, "/from")
        await self._require_warehouse(request.destination, "/to")
        command = OpenTransfer(
            transfer_id=request.transfer_id,
            digest=_digest(request.transfer_id),
            fingerprint=ids.fingerprint(request.content),
            client=client,
            origin=request.origin,
            destination=request.destination,
            lines=list(request.lines),
            expected_ms=request.expected_ms,
            reference=request.reference,
            ships=request.ships,
            force=request.force,
        )
        outcome = await self._engine.transfer(command)
        if outcome.code == Code.REMEMBERED:
            return await self._ended_before(command)
        return _result(command, outcome, [line.sku for line in request.lines])

    async def ship(self, client: str, transfer_id: str, lines: Sequence[LineRequest], force: bool) -> TransferResult:
        """The goods of a draft left: as planned, or what `lines` say.

        Raises Refused (`not_found`, `transfer_state`, `validation_failed`, `would_break_commitments`).
        """
        _refuse_repeats([line.sku for line in lines])
        command = ShipTransfer(transfer_id, _digest(transfer_id), client, list(lines), force)
        outcome = await self._engine.transfer(command)
        if outcome.code in _GONE:
            ended = await self._of_ledger(transfer_id, outcome.code)
            given = dict(lines)
            same = all(line.shipped == given.get(line.sku, 0) for line in ended.lines) if given else True
            return _ended(transfer_id, ended, ended.state == TransferState.RECEIVED and same)
        return _result(command, outcome, [line.sku for line in lines])

    async def receive(self, client: str, transfer_id: str, request: ReceiptRequest) -> TransferResult:
        """Goods came, booked once per receipt; more or less than was sent is told, not refused.

        Raises Refused (`not_found`, `transfer_state`, `validation_failed`, `idempotency_mismatch`).
        """
        _refuse_repeats([line.sku for line in request.lines])
        for index, line in enumerate(request.lines):
            if line.damaged > line.quantity:
                raise Refused("validation_failed", "More damaged than received.", f"/lines/{index}/damaged")
        fingerprint = ids.fingerprint(request.content)
        command = ReceiveTransfer(
            transfer_id=transfer_id,
            digest=_digest(transfer_id),
            client=client,
            receipt_id=request.receipt_id,
            fingerprint=fingerprint,
            lines=list(request.lines),
            close=request.close,
        )
        outcome = await self._engine.transfer(command)
        if outcome.code in _GONE:
            ended = await self._of_ledger(transfer_id, outcome.code)
            booked = {receipt.receipt_id: receipt.fingerprint for receipt in ended.receipts}
            if booked.get(request.receipt_id, fingerprint) != fingerprint:
                raise _refusal(Code.IDEMPOTENCY_MISMATCH, "", "/receipt_id")
            return _ended(transfer_id, ended, request.receipt_id in booked)
        return _result(command, outcome, [line.sku for line in request.lines])

    async def cancel(self, client: str, transfer_id: str) -> TransferResult:
        """Give up a draft. Raises Refused (`not_found`, `transfer_state`)."""
        command = CancelTransfer(transfer_id, _digest(transfer_id), client)
        outcome = await self._engine.transfer(command)
        if outcome.code in _GONE:
            ended = await self._of_ledger(transfer_id, outcome.code)
            return _ended(transfer_id, ended, ended.state == TransferState.CANCELLED)
        return _result(command, outcome, [])

    async def read(self, transfer_id: str) -> Transfer:
        """Raises Refused (`not_found`)."""
        found = await self._ledger.transfer(transfer_id)
        if found is None:
            raise Refused("not_found", f"There is no transfer {transfer_id}.")
        return found

    async def list(self, wanted: TransferFilter, limit: int, cursor: str) -> TransferPage:
        """Newest first."""
        return await self._ledger.transfers(wanted, limit, cursor)

    async def _of_ledger(self, transfer_id: str, code: str) -> Transfer:
        """As the ledger has one that left Redis. It lags: a repeat of the call that ended it, asked for a moment after
        its reply was lost, found it open there and was refused.
        """
        for _ in range(_LEDGER_LOOKS_MAX):
            stored = await self._ledger.transfer(transfer_id)
            if code != Code.REMEMBERED or (stored is not None and stored.state in ENDED):
                break
        else:
            raise OutcomeUnknown("The ledger does not show yet how this transfer ended.")
        if stored is None:
            raise Refused("not_found", f"There is no transfer {transfer_id}.")
        return stored

    async def _ended_before(self, command: OpenTransfer) -> TransferResult:
        """A repeat of one that left Redis is compared in full with what the ledger has of it."""
        stored = await self._of_ledger(command.transfer_id, Code.REMEMBERED)
        if stored.fingerprint != command.fingerprint:
            raise _refusal(Code.IDEMPOTENCY_MISMATCH)
        return TransferResult(Code.REPLAYED, command.transfer_id, stored)

    async def _require_warehouse(self, code: str, pointer: str) -> None:
        if code not in self._warehouses.all() and await self._warehouses.lookup(code) is None:
            raise Refused("unknown_warehouse", f"There is no warehouse {code}.", pointer)


def _digest(transfer_id: str) -> str:
    return ids.digest("transfer", transfer_id)


def _refuse_repeats(skus: Sequence[str]) -> None:
    for index, sku in enumerate(skus):
        if sku in skus[:index]:
            raise Refused("validation_failed", f"{sku} is named twice.", f"/lines/{index}/sku")


def _result(command: TransferCommand, outcome: TransferOutcome, skus: Sequence[str]) -> TransferResult:
    if outcome.code in (Code.APPLIED, Code.REPLAYED) and outcome.transfer is not None:
        return TransferResult(outcome.code, command.transfer_id, outcome.transfer, outcome.durability)
    if outcome.code == Code.TRANSFER_STATE and outcome.transfer is not None:
        raise _wrong_state(command.transfer_id, outcome.transfer)
    sku = skus[outcome.line] if 0 <= outcome.line < len(skus) else ""
    if outcome.code == Code.UNKNOWN_SKU and isinstance(command, OpenTransfer):
        raise unknown_sku(sku, f"/lines/{outcome.line}/sku")
    if outcome.code == Code.UNKNOWN_SKU:
        raise Refused("validation_failed", f"The transfer has no line of {sku}.", f"/lines/{outcome.line}/sku")
    if outcome.code == Code.IDEMPOTENCY_MISMATCH:
        raise _refusal(outcome.code, "", "/receipt_id" if isinstance(command, ReceiveTransfer) else "/transfer_id")
    raise _refusal(outcome.code, sku, f"/lines/{outcome.line}/quantity" if sku else "")


def _ended(transfer_id: str, transfer: Transfer, done: bool) -> TransferResult:
    """What is asked of a transfer that has ended was done before, or cannot be done any more."""
    if not done:
        raise _wrong_state(transfer_id, transfer)
    return TransferResult(Code.REPLAYED, transfer_id, transfer)


def _wrong_state(transfer_id: str, transfer: Transfer) -> Refused:
    return Refused("transfer_state", f"Transfer {transfer_id} is {transfer.state}.")


def _refusal(code: str, sku: str = "", pointer: str = "") -> Refused:
    detail = _DETAILS.get(Code(code), code)
    told = "validation_failed" if code in (Code.OUT_OF_RANGE, Code.TOO_MANY_ARRIVALS) else code
    return Refused(told, f"{sku}: {detail}" if sku else detail, pointer)
