"""The lowest number first; equal ones by distance."""

from inventory_service.domain.strategy import Candidate, SortKey, Strategy


def order(candidate: Candidate) -> SortKey:
    return candidate.warehouse.priority, candidate.km


STRATEGY = Strategy("priority", order)
