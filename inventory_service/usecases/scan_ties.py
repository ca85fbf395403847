"""What a scan is tied to: its reservation, by id or by the order's reference, and its warehouse."""

import asyncio
from collections.abc import Iterable, Mapping

from inventory_service.domain.outcomes import ParkCode
from inventory_service.domain.reservation import Reservation
from inventory_service.usecases.ports import LedgerReader, Warehouses

Order = tuple[str, str]  # order_ref and channel, "": any channel


class ScanTies:
    """Questions are asked side by side: each may wait for the ledger to catch up. All raise NotReady."""

    def __init__(self, ledger: LedgerReader, warehouses: Warehouses) -> None:
        self._ledger = ledger
        self._warehouses = warehouses

    async def reservations_of(self, orders: Iterable[Order]) -> Mapping[Order, str | ParkCode]:
        """The id of each order's reservation, or why there is none."""
        asked = list(dict.fromkeys(orders))
        found = await asyncio.gather(*(self._ledger.reservations_of_order(*order) for order in asked))
        return {
            order: ids[0] if len(ids) == 1 else ParkCode.AMBIGUOUS_ORDER_REF if ids else ParkCode.UNKNOWN_RESERVATION
            for order, ids in zip(asked, found, strict=True)
        }

    async def records(self, reservation_ids: Iterable[str]) -> Mapping[str, list[Reservation]]:
        """What the ledger has of reservations that Redis does not know: one record each, or none."""
        asked = list(dict.fromkeys(reservation_ids))
        found = await asyncio.gather(*(self._ledger.reservation(reservation_id) for reservation_id in asked))
        return {
            reservation_id: [stored.record] if stored else []
            for reservation_id, stored in zip(asked, found, strict=True)
        }

    async def unknown_warehouses(self, codes: Iterable[str]) -> frozenset[str]:
        """Those that do not exist."""
        known = self._warehouses.all()
        asked = [code for code in dict.fromkeys(codes) if code not in known]
        found = await asyncio.gather(*(self._warehouses.lookup(code) for code in asked))
        return frozenset(code for code, warehouse in zip(asked, found, strict=True) if warehouse is None)
