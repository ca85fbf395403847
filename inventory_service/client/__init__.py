"""The client of the inventory service, for asyncio and, with the same methods, without it.

    async with InventoryClient("https://inventory.example", api_key) as client:
        async with client.hold({"TEE-RED-M": 2}) as hold:
            ...  # the shopper pays
            await hold.confirm()

    with SyncInventoryClient("https://inventory.example", api_key) as client:
        for reservation in client.reservations(status="held"):
            ...

A call is repeated when its answer is lost or when the service asks for patience, always with the same id, so that
nothing is done twice (`Retry` says how long). What then is still not known is an `OutcomeUnknown` with that id; every
other exception means that nothing happened (`errors` names the one case in which a hold may linger until its deadline).
The tree of exceptions stands in `inventory_service.client.errors`, what may be sent in `requests`, what is answered in
`answers`.

Needs aiohttp and msgspec, nothing else of the service. Each attempt is a DEBUG record of the logger
`inventory_service.client`, with its `request_id`.
"""

from inventory_service.client.answers import (
    Alert,
    Allocation,
    BatchResult,
    Counters,
    MovementResult,
    Page,
    Problem,
    Readiness,
    Reservation,
    ReservedLine,
    ScanException,
    ScanResult,
    Shortage,
    Stock,
    StockEvent,
    WarehouseStock,
)
from inventory_service.client.asynchronous import InventoryClient
from inventory_service.client.errors import (
    AccessDenied,
    Conflict,
    Forbidden,
    IdempotencyMismatch,
    InsufficientStock,
    InvalidRequest,
    InventoryError,
    NotFound,
    NotHeld,
    NotReady,
    OutcomeUnknown,
    Overloaded,
    RateLimited,
    ReservationExpired,
    ReservationReleased,
    ReservationShipped,
    ServiceFault,
    Unauthenticated,
    Unavailable,
    UnexpectedAnswer,
    UnknownSku,
    UnknownWarehouse,
    Unreachable,
)
from inventory_service.client.hold import Hold
from inventory_service.client.listing import Listing
from inventory_service.client.requests import (
    AllocationRule,
    Closure,
    Confirm,
    Extend,
    Freight,
    Lines,
    Movement,
    Operation,
    Outbound,
    Release,
    Reserve,
    ReserveOptions,
    Scan,
    ShipTo,
    Warehouse,
)
from inventory_service.client.retries import Retry
from inventory_service.client.synchronous import SyncHold, SyncInventoryClient, SyncListing

__all__ = [
    "AccessDenied",
    "Alert",
    "Allocation",
    "AllocationRule",
    "BatchResult",
    "Closure",
    "Confirm",
    "Conflict",
    "Counters",
    "Extend",
    "Forbidden",
    "Freight",
    "Hold",
    "IdempotencyMismatch",
    "InsufficientStock",
    "InvalidRequest",
    "InventoryClient",
    "InventoryError",
    "Lines",
    "Listing",
    "Movement",
    "MovementResult",
    "NotFound",
    "NotHeld",
    "NotReady",
    "Operation",
    "Outbound",
    "OutcomeUnknown",
    "Overloaded",
    "Page",
    "Problem",
    "RateLimited",
    "Readiness",
    "Release",
    "Reservation",
    "ReservationExpired",
    "ReservationReleased",
    "ReservationShipped",
    "Reserve",
    "ReserveOptions",
    "ReservedLine",
    "Retry",
    "Scan",
    "ScanException",
    "ScanResult",
    "ServiceFault",
    "ShipTo",
    "Shortage",
    "Stock",
    "StockEvent",
    "SyncHold",
    "SyncInventoryClient",
    "SyncListing",
    "Unauthenticated",
    "Unavailable",
    "UnexpectedAnswer",
    "UnknownSku",
    "UnknownWarehouse",
    "Unreachable",
    "Warehouse",
    "WarehouseStock",
]
