"""Transfers between warehouses in the ledger: their rows, the alarm that something is missing, and the lists."""

import msgspec

from inventory_service.domain.transfer import ENDED, Transfer
from inventory_service.ledger.alarms import raise_all
from inventory_service.ledger.arrival import Arrival
from inventory_service.ledger.circuit import Circuit
from inventory_service.ledger.cursors import NEWEST, decode_cursor, page
from inventory_service.ledger.events import decode_transfer
from inventory_service.ledger.pool import Connection, Pool
from inventory_service.ledger.queries import QUERIES
from inventory_service.ledger.rows import Alarm, Flush, TransferRow
from inventory_service.usecases.transfer_ports import StoredTransfer, TransferFilter, TransferPage

DISCREPANCY = "transfer_discrepancy"


async def set_transfers(connection: Connection, flush: Flush) -> None:
    """The rows, event by event: there are few of them."""
    for transfer_id, seq, transfer in flush.transfers:
        skus = sorted({line.sku for line in transfer.lines})
        ends = (transfer.state, transfer.origin, transfer.destination)
        record = msgspec.msgpack.encode(transfer)
        await connection.execute(QUERIES["set_transfer"], transfer_id, seq, *ends, skus, record)
    await raise_all(connection, flush, [_discrepancy(row) for row in flush.transfers if _differs(row.transfer)])


def _differs(transfer: Transfer) -> bool:
    """Told when it has ended: until then the rest may still come."""
    return transfer.state in ENDED and any(line.discrepancy or line.damaged for line in transfer.lines)


def _discrepancy(row: TransferRow) -> Alarm:
    lines = [
        {"sku": line.sku, "shipped": line.shipped, "received": line.received, "damaged": line.damaged}
        for line in row.transfer.lines
        if line.discrepancy or line.damaged
    ]
    detail = {"from": row.transfer.origin, "to": row.transfer.destination, "lines": lines}
    return Alarm(DISCREPANCY, row.transfer_id, 1, detail)


class PostgresTransfers:
    """Implements `usecases.transfer_ports.TransferReader`."""

    def __init__(self, pool: Pool, arrival: Arrival) -> None:
        self._pool = pool
        self._arrival = arrival
        self._circuit = Circuit()

    async def transfer(self, transfer_id: str) -> Transfer | None:
        async with self._circuit.answering():
            await self._arrival.wait()
            rows = await self._pool.fetch(QUERIES["transfers_of"], [transfer_id])
        return decode_transfer(rows[0]["record"]) if rows else None

    async def transfers(self, wanted: TransferFilter, limit: int, cursor: str) -> TransferPage:
        before = decode_cursor("transfers", cursor, int) if cursor else NEWEST
        conditions = (wanted.state, wanted.origin, wanted.destination, wanted.sku)
        async with self._circuit.answering():
            await self._arrival.wait()
            rows = await self._pool.fetch(QUERIES["list_transfers"], before, limit + 1, *conditions)
        found = page(
            "transfers",
            rows,
            limit,
            lambda row: row["opened_seq"],
            lambda row: StoredTransfer(row["transfer_id"], decode_transfer(row["record"])),
        )
        return TransferPage(found.data, found.next_cursor)
