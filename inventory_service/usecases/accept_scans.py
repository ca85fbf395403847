"""Parcels left: the final deduction."""

from collections.abc import Mapping, Sequence

from inventory_service.domain.commands import Park, Scan
from inventory_service.domain.outcomes import Code, ParkCode, ScanOutcome
from inventory_service.domain.reservation import Reservation
from inventory_service.usecases import scan_commands
from inventory_service.usecases.all_or_unknown import settled
from inventory_service.usecases.ports import Order, StockEngine
from inventory_service.usecases.requests import MalformedScan, ScanRequest, ScanResult
from inventory_service.usecases.scan_ties import ScanTies

Sent = ScanRequest | MalformedScan

_POINTERS = {
    ParkCode.SCAN_ID_REUSED: "/scan_id",
    ParkCode.AMBIGUOUS_ORDER_REF: "/order_ref",
    ParkCode.UNKNOWN_WAREHOUSE: "/warehouse",
    ParkCode.UNKNOWN_SKU: "/sku",
}


class AcceptScans:
    def __init__(self, engine: StockEngine, ties: ScanTies) -> None:
        self._engine = engine
        self._ties = ties

    async def __call__(self, client: str, scans: Sequence[Sent]) -> list[ScanResult]:
        """Apply each scan once by its id, in order, or park what cannot be tied to anything; results in the same order.

        Everything that must be asked is asked before the first command is queued. Raises NotReady or Overloaded when
        nothing happened, OutcomeUnknown when some may have: repeat all of them, the applied ones are duplicates then.
        """
        commands = await self._commands(client, scans)
        outcomes = await settled(self._engine.scan(command) for command in commands)
        final = await self._send_again(commands, outcomes)
        return [
            _result(scan, final.get(index, outcome))
            for index, (scan, outcome) in enumerate(zip(scans, outcomes, strict=True))
        ]

    async def _commands(self, client: str, scans: Sequence[Sent]) -> list[Scan | Park]:
        readable = [scan for scan in scans if isinstance(scan, ScanRequest)]
        orders = await self._ties.reservations_of(_order(scan) for scan in readable if not scan.reservation_id)
        unknown = await self._ties.unknown_warehouses(scan.warehouse for scan in readable)
        return [_command(client, scan, orders, unknown) for scan in scans]

    async def _send_again(
        self, commands: Sequence[Scan | Park], outcomes: Sequence[ScanOutcome]
    ) -> Mapping[int, ScanOutcome]:
        """What Redis did not know goes again, with the ledger's record or to be parked; outcomes by index."""
        absent = {
            index: command
            for index, (command, outcome) in enumerate(zip(commands, outcomes, strict=True))
            if outcome.code == Code.ABSENT and isinstance(command, Scan)
        }
        if not absent:
            return {}
        others_applied = len(absent) < len(commands)
        asked = self._ties.records(command.reservation_id for command in absent.values())
        [records] = await settled([asked], applied_before=others_applied)
        again = [_with_record(command, records[command.reservation_id]) for command in absent.values()]
        answers = await settled((self._engine.scan(command) for command in again), applied_before=others_applied)
        return dict(zip(absent, answers, strict=True))


def _order(scan: ScanRequest) -> Order:
    return scan.order_ref, scan.channel


def _command(
    client: str, scan: Sent, orders: Mapping[Order, str | ParkCode], unknown_warehouses: frozenset[str]
) -> Scan | Park:
    if isinstance(scan, MalformedScan):
        return scan_commands.park_malformed(client, scan)
    tie = scan.reservation_id or orders[_order(scan)]
    if isinstance(tie, ParkCode):
        return scan_commands.park(client, scan, tie)
    if scan.warehouse in unknown_warehouses:
        return scan_commands.park(client, scan, ParkCode.UNKNOWN_WAREHOUSE)
    return scan_commands.scan(client, scan, tie)


def _with_record(command: Scan, carried: list[Reservation]) -> Scan | Park:
    if carried:
        return command._replace(carried=carried)
    return Park(
        scan_id=command.scan_id,
        digest=command.digest,
        reuse_digest=command.reuse_digest,
        fingerprint=command.fingerprint,
        client=command.client,
        code=ParkCode.UNKNOWN_RESERVATION,
        payload=command.payload,
    )


def _result(sent: Sent, outcome: ScanOutcome) -> ScanResult:
    code = outcome.reasons[0] if outcome.reasons else ""
    pointer = _pointer(sent, code) if outcome.code == Code.PARKED else ""
    return ScanResult(sent.scan_id, outcome.code, code, pointer, outcome.durability)


def _pointer(sent: Sent, code: str) -> str:
    if isinstance(sent, MalformedScan):
        return sent.pointer
    if code == ParkCode.UNKNOWN_RESERVATION:
        return "/reservation_id" if sent.reservation_id else "/order_ref"
    return _POINTERS.get(ParkCode(code), "")
