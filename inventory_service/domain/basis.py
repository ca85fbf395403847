"""What a ranking was made of, as the text that travels with the order and is kept in its history."""

import json
from collections.abc import Mapping, Sequence
from math import inf

from inventory_service.domain.eligibility import Exclusion
from inventory_service.domain.strategy import Candidate
from inventory_service.domain.target import Target
from inventory_service.domain.warehouse import WarehouseKind

NAMED_MAX = 30  # of each list; the rest is counted

_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


def basis(
    strategy: str,
    fallback: str,
    target: Target,
    ranked: Sequence[Candidate],
    excluded: Mapping[str, Exclusion],
) -> str:
    """JSON text; same arguments, same text. `fallback`: the strategy that stood in, "": none.

    {"strategy", "fallback"?, "place": {"region", "name", "confidence"} | null,
     "ranked": [{"warehouse", "km" | null, "amount"?, "store"?}], "currency"?,
     "excluded": [{"warehouse", "reason"}], "more"?: {"ranked", "excluded"}}
    """
    named = ranked[:NAMED_MAX]
    told: dict[str, object] = {"strategy": strategy}
    if fallback:
        told["fallback"] = fallback
    told["place"] = _place(target)
    told["ranked"] = [_candidate(candidate) for candidate in named]
    told |= _currency(named)
    told["excluded"] = [{"warehouse": code, "reason": why} for code, why in list(excluded.items())[:NAMED_MAX]]
    if len(ranked) > NAMED_MAX or len(excluded) > NAMED_MAX:
        told["more"] = {"ranked": len(ranked) - len(named), "excluded": max(0, len(excluded) - NAMED_MAX)}
    return _encode(told)


def _currency(named: Sequence[Candidate]) -> dict[str, str]:
    """Of the amounts that are told: they all have the same."""
    for candidate in named:
        if candidate.amount is not None and candidate.warehouse.freight:
            return {"currency": candidate.warehouse.freight.currency}
    return {}


def _place(target: Target) -> dict[str, str] | None:
    if not target.region and target.position is None:
        return None
    return {"region": target.region, "name": target.name, "confidence": target.confidence}


def _candidate(candidate: Candidate) -> dict[str, object]:
    told: dict[str, object] = {
        "warehouse": candidate.warehouse.code,
        "km": None if candidate.km == inf else round(candidate.km),
    }
    if candidate.amount is not None:
        told["amount"] = candidate.amount
    if candidate.warehouse.kind is WarehouseKind.STORE:
        told["store"] = True
    return told
