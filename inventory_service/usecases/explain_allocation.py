"""Why these warehouses and why not each other one: of a hold as it was then, or of one that is only thought of."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from inventory_service.domain.commands import LineRequest, Preview
from inventory_service.domain.geography import Destination, settled
from inventory_service.domain.outcomes import Code, PreviewOutcome, Shortage, Verdict
from inventory_service.domain.reservation import Allocation
from inventory_service.usecases.allocation_ports import AllocationEngine, Decisions
from inventory_service.usecases.lines import summed
from inventory_service.usecases.refusals import not_found, unknown_sku
from inventory_service.usecases.requests import AllocationWish
from inventory_service.usecases.routes import Routes

REASONS: Mapping[str, str] = {
    Verdict.USED: "used",
    Verdict.BEHIND: "ranked_behind",
    Verdict.PART: "not_enough",
    Verdict.NOTHING: "no_stock",
    Verdict.FULL: "capacity",
    Verdict.CLOSED: "closed",
    Verdict.NOT_LOOKED_AT: "ranked_behind",  # one before it shipped all
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One warehouse, by rank. `units` per SKU: taken from it by a hold, available in it for a preview."""

    warehouse: str
    rank: int
    reason: str  # one of REASONS
    km: float | None
    amount: int | None
    store: bool
    units: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Explanation:
    """`place`: where the order was taken to go; `excluded`: (warehouse, reason) of those that were not ranked."""

    strategy: str
    place: Mapping[str, Any] | None
    choices: Sequence[Choice]
    excluded: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Explained:
    """`decided_by`: the type of the event that put the units where they stand."""

    decided_by: str
    decided_ms: int
    explanation: Explanation


@dataclass(frozen=True, slots=True)
class PreviewRequest:
    lines: Sequence[LineRequest]  # as sent
    ship_to: Destination | None
    allocation: AllocationWish
    channel: str
    allow_partial: bool


@dataclass(frozen=True, slots=True)
class Previewed:
    """`allocations` are those of `lines`, one by one; all are empty where nothing would be held."""

    held: bool
    lines: Sequence[LineRequest]
    allocations: Sequence[Sequence[Allocation]]
    shortages: Sequence[Shortage]
    explanation: Explanation


class ExplainAllocation:
    def __init__(self, engine: AllocationEngine, routes: Routes, book: Decisions) -> None:
        self._engine = engine
        self._routes = routes
        self._book = book

    async def of(self, reservation_id: str) -> Explained:
        """Of a reservation, as at its newest hold. Raises Refused (`not_found`), NotReady."""
        decision = await self._book.decision(reservation_id)
        if decision is None:
            raise not_found(reservation_id)
        units: dict[str, dict[str, int]] = defaultdict(dict)
        for sku, warehouse, quantity in decision.units:
            units[warehouse][sku] = quantity
        basis = json.loads(decision.basis or "{}")
        ranked = [row["warehouse"] for row in basis.get("ranked", [])]
        verdicts = dict(zip(ranked, decision.verdicts, strict=False))
        verdicts |= dict.fromkeys(units, Verdict.USED)
        named = [*ranked, *(warehouse for warehouse in units if warehouse not in ranked)]
        choices = [(warehouse, verdicts.get(warehouse, Verdict.NOT_LOOKED_AT)) for warehouse in named]
        return Explained(decision.type, decision.at_ms, _explanation(basis, choices, units))

    async def preview(self, request: PreviewRequest) -> Previewed:
        """What would be held now. Raises Refused (`unknown_sku`, `unknown_warehouse`), NotReady, Overloaded."""
        lines = summed(request.lines)
        ship_to = settled(request.ship_to) if request.ship_to else None
        route = await self._routes.look_up(ship_to, request.allocation)
        outcome = await self._engine.preview(Preview(lines, request.allow_partial, request.channel, route))
        if outcome.code == Code.UNKNOWN_SKU:
            sku = lines[outcome.line].sku
            index = next(place for place, line in enumerate(request.lines) if line.sku == sku)
            raise unknown_sku(sku, f"/lines/{index}/sku")
        explanation = _explanation(json.loads(route.basis or "{}"), *_choices(lines, outcome))
        return Previewed(outcome.code == Code.FOUND, lines, outcome.allocations, outcome.shortages, explanation)


def _choices(
    lines: Sequence[LineRequest], outcome: PreviewOutcome
) -> tuple[list[tuple[str, str]], Mapping[str, Mapping[str, int]]]:
    units = {
        view.warehouse: {line.sku: number for line, number in zip(lines, view.available, strict=True)}
        for view in outcome.warehouses
    }
    return [(view.warehouse, view.verdict) for view in outcome.warehouses], units


def _explanation(
    basis: Mapping[str, Any], choices: Sequence[tuple[str, str]], units: Mapping[str, Mapping[str, int]]
) -> Explanation:
    told = {row["warehouse"]: row for row in basis.get("ranked", [])}
    return Explanation(
        strategy=basis.get("strategy", ""),
        place=basis.get("place"),
        choices=[
            Choice(
                warehouse=warehouse,
                rank=rank,
                reason=REASONS[verdict],
                km=told.get(warehouse, {}).get("km"),
                amount=told.get(warehouse, {}).get("amount"),
                store=bool(told.get(warehouse, {}).get("store")),
                units=units.get(warehouse, {}),
            )
            for rank, (warehouse, verdict) in enumerate(choices, start=1)
        ],
        excluded=[(row["warehouse"], row["reason"]) for row in basis.get("excluded", [])],
    )
