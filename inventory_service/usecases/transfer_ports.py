"""What the use cases need from outside about transfers. `bootstrap` alone knows who implements it."""

from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from inventory_service.domain.commands import TransferCommand
from inventory_service.domain.outcomes import TransferOutcome
from inventory_service.domain.transfer import Transfer


class StoredTransfer(NamedTuple):
    transfer_id: str
    transfer: Transfer


@dataclass(frozen=True, slots=True)
class TransferFilter:
    """Empty strings do not filter."""

    state: str = ""
    origin: str = ""
    destination: str = ""
    sku: str = ""


class TransferPage(NamedTuple):
    """One page of a list; `next_cursor` is "" on the last."""

    data: Sequence[StoredTransfer]
    next_cursor: str


class TransferEngine(Protocol):
    """The kernel behind its batcher, as `usecases.ports.StockEngine`."""

    def transfer(self, command: TransferCommand) -> Awaitable[TransferOutcome]: ...


class TransferReader(Protocol):
    """Reads of the ledger, as `usecases.ports.LedgerReader`: having waited for what was acknowledged.

    Raises NotReady.
    """

    async def transfer(self, transfer_id: str) -> Transfer | None: ...
    async def transfers(self, wanted: TransferFilter, limit: int, cursor: str) -> TransferPage: ...


class HotTransfers(Protocol):
    """Of Redis as a whole. Raises NotReady."""

    def transfers(self) -> AsyncIterator[tuple[str, Transfer]]:
        """All that are open; one may come twice."""


class OpenTransfers(Protocol):
    """Of one view of the ledger."""

    def transfers(self) -> AsyncIterator[tuple[str, Transfer]]:
        """All that are open, by their ids."""

    async def transfers_of(self, transfer_ids: Sequence[str]) -> Mapping[str, Transfer]:
        """Those that there are, open or ended."""
