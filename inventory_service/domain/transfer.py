"""Goods that move from one warehouse to another, as the kernel stores them (`lua/lib/transfer.lua`)."""

from enum import StrEnum
from typing import NamedTuple

RECEIPTS_MAX = 100


class TransferState(StrEnum):
    """draft → in_transit → received; draft → cancelled."""

    DRAFT = "draft"
    IN_TRANSIT = "in_transit"
    RECEIVED = "received"
    CANCELLED = "cancelled"


ENDED = frozenset({TransferState.RECEIVED, TransferState.CANCELLED})


class TransferLine(NamedTuple):
    """One SKU: what was planned, and what became of it. `received` includes `damaged`."""

    sku: str
    quantity: int
    shipped: int = 0
    received: int = 0
    damaged: int = 0
    lost: int = 0  # shipped and not received when the transfer was closed

    @property
    def outstanding(self) -> int:
        """On its way: a part of `incoming` at the destination."""
        return max(0, self.shipped - self.received - self.lost)

    @property
    def discrepancy(self) -> int:
        """More or less received than shipped, as far as that is certain."""
        return self.received - self.shipped if self.received > self.shipped else -self.lost


class Receipt(NamedTuple):
    receipt_id: str
    fingerprint: str


class Transfer(NamedTuple):
    """The packed record. Times are milliseconds of the kernel's clock, 0 where there is none."""

    version: int
    state: str
    created_ms: int
    shipped_ms: int
    ended_ms: int
    changed_seq: int
    fingerprint: str  # of what it was opened with
    client: str
    origin: str
    destination: str
    expected_ms: int
    reference: str
    lines: list[TransferLine]
    receipts: list[Receipt]
