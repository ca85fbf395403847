"""What the handlers call, handed in by `bootstrap`."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from inventory_service.usecases.accept_scans import AcceptScans
from inventory_service.usecases.alerts import Alerts
from inventory_service.usecases.confirm_reservation import ConfirmReservation
from inventory_service.usecases.exceptions import Exceptions
from inventory_service.usecases.explain_allocation import ExplainAllocation
from inventory_service.usecases.extend_reservation import ExtendReservation
from inventory_service.usecases.manage_warehouses import ManageWarehouses
from inventory_service.usecases.move_between import MoveBetween
from inventory_service.usecases.move_stock import MoveStock
from inventory_service.usecases.orders.desk import OrderDesk
from inventory_service.usecases.ports import ClientRegistry, Readiness
from inventory_service.usecases.read_reservations import ReadReservations
from inventory_service.usecases.read_stock import ReadStock
from inventory_service.usecases.reallocate import ReallocateReservations
from inventory_service.usecases.release_reservation import ReleaseReservation
from inventory_service.usecases.reserve_stock import ReserveStock
from inventory_service.usecases.set_policy import SetPolicy
from inventory_service.usecases.shops.manage_credentials import ManageCredentials
from inventory_service.usecases.shops.manage_mappings import ManageMappings
from inventory_service.usecases.shops.manage_shops import ManageShops
from inventory_service.usecases.shops.probe_shop import ProbeShop
from inventory_service.usecases.short_picks import AcceptShortPicks
from inventory_service.usecases.sync.push import TakePush
from inventory_service.usecases.sync.read_sync import ReadSync
from inventory_service.usecases.sync.runs import ManageRuns
from inventory_service.usecases.sync.write_back import ManageItems
from inventory_service.web.admission import Admission
from inventory_service.web.waiting import WaitingRoom


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    clients: ClientRegistry
    readiness: Readiness
    reserve: ReserveStock
    confirm: ConfirmReservation
    release: ReleaseReservation
    extend: ExtendReservation
    reservations: ReadReservations
    allocations: ExplainAllocation
    reallocate: ReallocateReservations
    short_picks: AcceptShortPicks
    stock: ReadStock
    movements: MoveStock
    policy: SetPolicy
    transfers: MoveBetween
    warehouses: ManageWarehouses
    orders: OrderDesk
    scans: AcceptScans
    exceptions: Exceptions
    alerts: Alerts
    shops: ManageShops
    credentials: ManageCredentials
    mappings: ManageMappings
    probe_shop: ProbeShop
    push: TakePush
    runs: ManageRuns
    items: ManageItems
    sync: ReadSync
    retention_days: int


@dataclass(slots=True)
class Process:
    """What this process is in the middle of. `draining`: finish what was begun, then end."""

    document: bytes  # the OpenAPI document
    admission: Admission
    waiting: WaitingRoom
    draining: bool = False
    in_flight: "set[asyncio.Task[Any]]" = field(default_factory=set)


PROCESS = web.AppKey("process", Process)
