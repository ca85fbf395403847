"""What a use case raises.

ServiceError
├── Refused             a definite no: nothing happened; `code` is the contract's problem code
│   ├── InsufficientStock
│   └── RateLimited
├── NotReady            503: the store is not reachable or its gate is closed; nothing happened
├── Overloaded          503: shed, nothing happened
├── OutcomeUnknown      503: may have happened; repeat with the same id
├── Fenced              the writer only: another owner took the ledger
└── Branched            the writer only: Redis and the ledger disagree about history
"""

from collections.abc import Sequence

from inventory_service.domain.outcomes import Shortage


class ServiceError(Exception):
    """Base of everything a use case raises on purpose."""


class Refused(ServiceError):
    """`pointer` is a JSON Pointer of the offending value, "": none."""

    def __init__(self, code: str, detail: str, pointer: str = "") -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.pointer = pointer


class InsufficientStock(Refused):
    """Every short line is named."""

    def __init__(self, shortages: Sequence[Shortage]) -> None:
        super().__init__("insufficient_stock", "Not enough stock for every line; nothing is held.")
        self.shortages = shortages


class RateLimited(Refused):
    """The client, or its customer, made as many new holds as it may in this time."""

    def __init__(self, retry_after_ms: int) -> None:
        super().__init__("rate_limited", "More new holds than this client, or this customer, may make in this time.")
        self.retry_after_ms = retry_after_ms


class NotReady(ServiceError):
    """The service cannot decide now. `retry_after_ms` is a hint."""

    def __init__(self, detail: str, retry_after_ms: int = 1000) -> None:
        super().__init__(detail)
        self.retry_after_ms = retry_after_ms


class Overloaded(ServiceError):
    """A queue is full or new holds are suspended; nothing happened."""

    def __init__(self, detail: str, retry_after_ms: int = 500) -> None:
        super().__init__(detail)
        self.retry_after_ms = retry_after_ms


class OutcomeUnknown(ServiceError):
    """The command may have been applied; repeating it with the same id is safe."""


class Fenced(ServiceError):
    """Another writer owns the ledger now; this one must stop."""


class Branched(ServiceError):
    """An entry does not continue where the ledger stands. Never merged: a rebuild decides."""
