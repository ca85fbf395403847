"""Problems as exceptions: every code of the service has its class, and a code of tomorrow has a base class."""

import pickle
import re

import pytest

from inventory_service.client import (
    AccessDenied,
    Conflict,
    InvalidRequest,
    InventoryError,
    NotFound,
    OutcomeUnknown,
    Problem,
    ServiceFault,
    Shortage,
    Unavailable,
    Unreachable,
    errors,
)
from inventory_service.web.problems import KINDS

BASES = {
    400: InvalidRequest, 401: AccessDenied, 403: AccessDenied, 404: NotFound, 405: InvalidRequest, 408: Unavailable,
    409: Conflict, 413: InvalidRequest, 415: InvalidRequest, 417: InvalidRequest, 422: InvalidRequest,
    429: Unavailable, 431: InvalidRequest, 500: ServiceFault, 503: Unavailable,
}  # fmt: skip


@pytest.mark.parametrize("code", KINDS)
def test_every_code_of_the_service_has_its_class(code: str) -> None:
    error = errors.error_of(Problem(code=code, status=KINDS[code].status, detail=""))
    assert isinstance(error, OutcomeUnknown if code == "outcome_unknown" else BASES[KINDS[code].status])
    own_class = "".join(word.title() for word in code.split("_"))
    assert type(error).__name__ == own_class or not hasattr(errors, own_class)


@pytest.mark.parametrize("status", BASES)
def test_a_code_of_tomorrow_has_the_class_of_its_status(status: int) -> None:
    error = errors.error_of(Problem(code="paused_by_the_moon", status=status, detail=""))
    assert type(error) is BASES[status]
    assert error.code == "paused_by_the_moon"


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    drawn: list[tuple[str, str]] = []
    families = ["InventoryError"]
    for line in str(errors.__doc__).splitlines():
        if found := re.match(r"([│ ]*)[├└]── (\w+)", line):
            depth = len(found[1]) // 4
            families[depth + 1 :] = [found[2]]
            drawn.append((found[2], families[depth]))
    there = [
        (name, kind.__mro__[1].__name__)
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, InventoryError) and kind is not InventoryError
    ]
    assert sorted(drawn) == sorted(there)


def test_everything_survives_a_trip_to_another_process() -> None:
    """As task queues send exceptions."""
    shortage = Shortage(sku="A", requested=2, available=1, reason="not_enough")
    problem = Problem(code="insufficient_stock", status=409, detail="d", shortages=(shortage,), request_id="req_1")
    arrived = pickle.loads(pickle.dumps(errors.error_of(problem)))  # noqa: S301
    assert (type(arrived), arrived.shortages) == (errors.InsufficientStock, (shortage,))
    unknown = pickle.loads(pickle.dumps(OutcomeUnknown(problem, ("a", "b"), "r")))  # noqa: S301
    assert (unknown.ids, unknown.reservation_id, unknown.problem) == (("a", "b"), "r", problem)


def test_it_reads_well() -> None:
    problem = Problem(code="validation_failed", status=422, detail="Expected …", pointer="/lines/0", request_id="req_1")
    assert str(errors.error_of(problem)) == "validation_failed at /lines/0: Expected … [request req_1]"
    assert str(Unreachable(Problem(code="unreachable", status=0, detail="No."))) == "unreachable: No."
