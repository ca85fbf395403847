"""What allocation needs from outside."""

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from inventory_service.domain.commands import Preview, ReservationCommand, ShortPick
from inventory_service.domain.outcomes import PreviewOutcome, ReservationOutcome, ShortPickOutcome
from inventory_service.domain.reservation import Dispatch


class AllocationEngine(Protocol):
    """As `ports.StockEngine`, which has the same `reservation`."""

    def reservation(self, command: ReservationCommand) -> Awaitable[ReservationOutcome]: ...
    def short_pick(self, command: ShortPick) -> Awaitable[ShortPickOutcome]: ...
    def preview(self, command: Preview) -> Awaitable[PreviewOutcome]: ...


class HotPlaces(Protocol):
    async def places(self) -> Mapping[Dispatch, int]:
        """Places taken per warehouse and day, as Redis counts them. Raises NotReady."""


class LedgerPlaces(Protocol):
    async def places(self, since_day: int) -> Mapping[Dispatch, int]:
        """The same as the orders' records have them, of `since_day` and the days behind it. Raises NotReady."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Why a reservation's units stand where they do, as at the moment of the event `type` that put them there.

    `basis` is of the route, JSON text, "": none was kept; `verdicts`: a `Verdict` per warehouse of the basis. `units`:
    (SKU, warehouse, units) that it put there.
    """

    type: str
    at_ms: int
    basis: str
    verdicts: str
    units: Sequence[tuple[str, str, int]]


@dataclass(frozen=True, slots=True)
class OpenAt:
    """Ids of reservations with open units in a warehouse, the oldest first; `next_cursor` "": there are no more."""

    reservation_ids: Sequence[str]
    next_cursor: str


class Decisions(Protocol):
    """Reads of the ledger; they wait for it as `ports.LedgerReader` does. Each raises NotReady."""

    async def decision(self, reservation_id: str) -> Decision | None:
        """The newest one, None: there is no such reservation."""

    async def open_at(self, warehouse: str, limit: int, cursor: str) -> OpenAt: ...
