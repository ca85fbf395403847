"""Sold out was only said when it was true."""

import bisect
from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tests.faults.goods import GOODS
from tests.faults.lives import UNITS
from tests.faults.load import Load

if TYPE_CHECKING:
    from tests.faults.checker import Event


def check_sold_out(load: Load, events: "Sequence[Event]") -> list[str]:
    """Of a SKU that only ever gets less, all must have been asked for before a refusal was answered.

    Those of which there is plenty are never refused. Orders that a fault was allowed to lose had been there.
    """
    reserved = {event.subject for event in events if event.type == "reserve"}
    asked_s: dict[str, list[float]] = defaultdict(list)
    for life in load.lives:
        if life.subject in reserved:
            asked_s[life.sku].append(life.sent_s[0])
    units = {load.sku(goods.name): goods.for_sale for goods in GOODS.values()}
    for times in asked_s.values():
        times.sort()
    findings = []
    for sku, answered_s in load.refusals:
        sold = UNITS * (bisect.bisect(asked_s[sku], answered_s) + load.forgotten[sku])
        if sold < units[sku]:
            findings.append(f"refused too early: {sold} of {units[sku]} {sku} may have been sold when it was sold out")
    return findings
