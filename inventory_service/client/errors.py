"""What a call may raise. Everything but `OutcomeUnknown` means that nothing happened, save one case: when the first
answer to a reserve was lost and its repeat refused, the first may still arrive, and hold stock until its deadline.

InventoryError              code, status, detail, pointer, retryable, retry_after_ms, shortages, request_id
├── OutcomeUnknown          it may have happened: repeat it with the same `ids`, or ask what became of it
├── Unreachable             nothing was sent, or a question was asked that changes nothing; no answer
├── Unavailable             408, 429, 5xx: later perhaps; it was repeated as long as `Retry` allows
│   ├── RateLimited
│   ├── NotReady            a store is away; `problem.reasons` of `ready()`
│   └── Overloaded          turned away to keep the rest fast
├── Conflict                409: the state of stock, reservation or transfer says no
│   ├── InsufficientStock   `shortages` names every short line
│   ├── LimitExceeded       scarce: `detail` says how many units one order may have
│   ├── ReservationExpired  its deadline passed
│   ├── ReservationReleased
│   ├── ReservationShipped
│   └── NotHeld             only a running hold can be extended (or used as one)
├── NotFound                404
│   └── UnknownSku
├── AccessDenied            401, 403
│   ├── Unauthenticated     no valid key or signature
│   └── Forbidden           the key lacks the scope
├── InvalidRequest          the other 4xx: `pointer` and `detail` say which value is wrong, and how
│   ├── IdempotencyMismatch the id was used for something else
│   └── UnknownWarehouse
├── UnexpectedAnswer        whoever answered is not the service: a wrong URL, a proxy, a captive portal
└── ServiceFault            500: a fault of the service; its log has the request id

A code that this version does not know becomes the class of its status.
"""

from collections.abc import Sequence

from inventory_service.client.answers import Problem, Shortage


class InventoryError(Exception):
    """Base of everything that a call raises on purpose. `status` 0: there was no HTTP answer."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem

    def __str__(self) -> str:
        where = f" at {self.pointer}" if self.pointer else ""
        request = f" [request {self.request_id}]" if self.request_id else ""
        return f"{self.code}{where}: {self.detail}{request}"

    @property
    def code(self) -> str:
        """The stable problem code; decide by this or by the class."""
        return self.problem.code

    @property
    def status(self) -> int:
        return self.problem.status

    @property
    def detail(self) -> str:
        return self.problem.detail

    @property
    def pointer(self) -> str:
        """JSON Pointer of the offending value, "": none."""
        return self.problem.pointer

    @property
    def retryable(self) -> bool:
        """Whether the same request may succeed later."""
        return self.problem.retryable

    @property
    def retry_after_ms(self) -> int | None:
        return self.problem.retry_after_ms

    @property
    def shortages(self) -> Sequence[Shortage]:
        return self.problem.shortages

    @property
    def request_id(self) -> str:
        """Under which the service's log tells about it."""
        return self.problem.request_id


class OutcomeUnknown(InventoryError):
    """It may have happened.

    `ids` are the ids that were sent: the reservation id, release id, transfer id, receipt id or idempotency key of a
    single call, all movement, scan or short pick ids of a list, all ids of a batch in its order. Passing them again
    makes it the same operation, which is never done twice. `reservation_id` "": it was about no reservation, or about
    several.
    """

    def __init__(self, problem: Problem, ids: tuple[str, ...] = (), reservation_id: str = "") -> None:
        super().__init__(problem)
        self.args = (problem, ids, reservation_id)  # what pickle makes it from again
        self.ids = ids
        self.reservation_id = reservation_id


class Unreachable(InventoryError): ...


class Unavailable(InventoryError): ...


class RateLimited(Unavailable): ...


class NotReady(Unavailable): ...


class Overloaded(Unavailable): ...


class Conflict(InventoryError): ...


class InsufficientStock(Conflict): ...


class LimitExceeded(Conflict): ...


class ReservationExpired(Conflict): ...


class ReservationReleased(Conflict): ...


class ReservationShipped(Conflict): ...


class NotHeld(Conflict): ...


class NotFound(InventoryError): ...


class UnknownSku(NotFound): ...


class AccessDenied(InventoryError): ...


class Unauthenticated(AccessDenied): ...


class Forbidden(AccessDenied): ...


class InvalidRequest(InventoryError): ...


class IdempotencyMismatch(InvalidRequest): ...


class UnknownWarehouse(InvalidRequest): ...


class UnexpectedAnswer(InventoryError): ...


class ServiceFault(InventoryError): ...


_BY_CODE: dict[str, type[InventoryError]] = {
    "outcome_unknown": OutcomeUnknown,
    "rate_limited": RateLimited,
    "not_ready": NotReady,
    "overloaded": Overloaded,
    "insufficient_stock": InsufficientStock,
    "limit_exceeded": LimitExceeded,
    "reservation_expired": ReservationExpired,
    "reservation_released": ReservationReleased,
    "reservation_shipped": ReservationShipped,
    "not_held": NotHeld,
    "unknown_sku": UnknownSku,
    "unauthenticated": Unauthenticated,
    "forbidden": Forbidden,
    "idempotency_mismatch": IdempotencyMismatch,
    "unknown_warehouse": UnknownWarehouse,
}
_BY_STATUS: dict[int, type[InventoryError]] = {
    401: AccessDenied,
    403: AccessDenied,
    404: NotFound,
    408: Unavailable,
    409: Conflict,
    429: Unavailable,
    500: ServiceFault,
}


def error_of(problem: Problem) -> InventoryError:
    """The exception for a problem body."""
    kind = _BY_CODE.get(problem.code) or _BY_STATUS.get(problem.status)
    if kind is None:
        kind = InvalidRequest if problem.status < 500 else Unavailable
    return kind(problem)
