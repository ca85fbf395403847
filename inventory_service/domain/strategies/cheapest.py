"""The lowest freight first, then the shortest way; a warehouse without a price comes behind all that have one."""

from math import inf

from inventory_service.domain.strategy import Candidate, SortKey, Strategy
from inventory_service.domain.target import Target


def order(candidate: Candidate) -> SortKey:
    amount = inf if candidate.amount is None else candidate.amount
    return amount, candidate.km, candidate.warehouse.priority


def needs(target: Target) -> bool:
    return bool(target.region) or target.position is not None


STRATEGY = Strategy("cheapest", order, needs)
