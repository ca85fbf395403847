"""What a scan is tied to: its reservation, by id or by the order's reference, and its warehouse."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence

from inventory_service.domain.orders.order_number import is_order_number
from inventory_service.domain.orders.stock_side import is_attempt
from inventory_service.domain.outcomes import ParkCode
from inventory_service.domain.reservation import Reservation
from inventory_service.usecases.ports import LedgerReader, Order, Warehouses


class ScanTies:
    """What a call asks is one question to the ledger, which may have to catch up first. All raise NotReady."""

    def __init__(self, ledger: LedgerReader, warehouses: Warehouses) -> None:
        self._ledger = ledger
        self._warehouses = warehouses

    async def reservations_of(self, orders: Iterable[Order]) -> Mapping[Order, str | ParkCode]:
        """The id of each order's reservation, or why there is none."""
        asked = list(dict.fromkeys(orders))
        found = await self._ledger.reservations_of(asked) if asked else {}
        return {order: _tie(order[0], found.get(order, ())) for order in asked}

    async def records(self, reservation_ids: Iterable[str]) -> Mapping[str, list[Reservation]]:
        """What the ledger has of reservations that Redis does not know: one record each, or none."""
        asked = list(dict.fromkeys(reservation_ids))
        found = await self._ledger.records_of(asked)
        return {reservation_id: [found[reservation_id]] if reservation_id in found else [] for reservation_id in asked}

    async def unknown_warehouses(self, codes: Iterable[str]) -> frozenset[str]:
        """Those that do not exist."""
        known = self._warehouses.all()
        asked = [code for code in dict.fromkeys(codes) if code not in known]
        found = await asyncio.gather(*(self._warehouses.lookup(code) for code in asked))
        return frozenset(code for code, warehouse in zip(asked, found, strict=True) if warehouse is None)


def _tie(order_ref: str, reservation_ids: Sequence[str]) -> str | ParkCode:
    """`reservation_ids`: newest first. An order of a channel has one open reservation, its newest."""
    if not reservation_ids:
        return ParkCode.UNKNOWN_RESERVATION
    newest = reservation_ids[0]
    is_of_channel = is_order_number(order_ref) and all(is_attempt(name, order_ref) for name in reservation_ids)
    return newest if len(reservation_ids) == 1 or is_of_channel else ParkCode.AMBIGUOUS_ORDER_REF
