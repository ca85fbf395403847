"""The shortest way first, over the great circle; equally far ones by priority."""

from inventory_service.domain.strategy import Candidate, SortKey, Strategy
from inventory_service.domain.target import Target


def order(candidate: Candidate) -> SortKey:
    return candidate.km, candidate.warehouse.priority


def needs(target: Target) -> bool:
    return target.position is not None


STRATEGY = Strategy("nearest", order, needs)
