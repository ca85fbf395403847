"""Every line of the channels' proof fails on the lie that it is there for, and on nothing else."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from inventory_service.demo.channels.proof import prove
from inventory_service.demo.channels.scene import SHOPS, articles, case_sku, hot_sku
from inventory_service.demo.channels.statement import Statement
from inventory_service.outside.proof import Check

ARTICLES = articles("1")
HOT, CASE = hot_sku("1"), case_sku("1")
SET = next(article.code for article in ARTICLES if len(article.parts) > 1)
DELIVERED = {HOT: 4, CASE: 9}
TMALL = SHOPS[0].name
STATES = {"paid": ("paid", "open"), "unpaid": ("unpaid", "open"), "refunded": ("refunded", "cancelled")}


def sold(order_id: str, state: str, code: str, quantity: int = 1) -> dict[str, Any]:
    paid_minor = 0 if state == "unpaid" else 13_700
    return {"order_id": order_id, "state": state, "created_ms": 1, "paid_minor": paid_minor, "lines": {code: quantity}}


def here(there: dict[str, Any]) -> dict[str, Any]:
    payment, fulfilment = STATES[there["state"]]
    return {
        "channel_order_id": there["order_id"],
        "order_no": f"no-{there['order_id']}",
        "payment": payment,
        "fulfilment": fulfilment,
        "amounts": {"paid_minor": there["paid_minor"]},
        "lines": [{"sku": sku, "quantity": quantity} for sku, quantity in there["lines"].items()],
    }


def reservation(status: str, **units: int) -> dict[str, Any]:
    names = {"hot": HOT, "case": CASE}
    lines = [{"sku": names[name], "quantity": quantity, "released": 0} for name, quantity in units.items()]
    return {"status": status, "lines": lines}


def entry(order_id: str, kind: str, *lines: tuple[str, int]) -> dict[str, Any]:
    told = [{"sku": sku, "quantity": quantity} for sku, quantity in lines]
    return {"order_no": f"no-{order_id}", "kind": kind, "warehouse": "SHA", "lines": told}


def honest() -> Statement:
    """A set is paid at Tmall, an article held at Douyin, and one given back in the own shop after it was told."""
    orders = [[sold("t", "paid", SET)], [sold("d", "unpaid", HOT, 2)], [sold("o", "refunded", HOT)]]
    counters = {
        HOT: {"on_hand": 4, "held": 2, "committed": 1, "unavailable": 0, "incoming": 0},
        CASE: {"on_hand": 9, "held": 0, "committed": 1, "unavailable": 0, "incoming": 0},
    }
    left = {HOT: 1, CASE: 8}
    counted = {"orders": 1, "paid_minor": 13_700}
    return Statement(
        sold={shop.name: each for shop, each in zip(SHOPS, orders, strict=True)},
        orders={shop.name: [here(order) for order in each] for shop, each in zip(SHOPS, orders, strict=True)},
        reservations={
            "no-t": reservation("confirmed", hot=1, case=1),
            "no-d": reservation("held", hot=2),
            "no-o": reservation("released", hot=1),
        },
        entries=[entry("t", "ship", (HOT, 1), (CASE, 1)), entry("o", "ship", (HOT, 1)), entry("o", "cancel")],
        shown={shop.name: {each.code: each.makeable(left) for each in ARTICLES} for shop in SHOPS},
        checks={shop.name: {"differences": {}, "theirs": counted, "ours": dict(counted)} for shop in SHOPS},
        redis=counters,
        ledger=deepcopy(counters),
        verify_exit_code=0,
        verify_output="",
    )


def proven(said: Statement) -> list[Check]:
    return prove(said, SHOPS, ARTICLES, DELIVERED)


def failed(said: Any) -> set[str]:
    return {check.name.split(",")[0] for check in proven(said) if not check.holds}


ARRIVED, AS_SOLD = "Tmall: each order here exactly once", "… with its state"
COMMITTED, GIVEN_BACK = "each paid order committed once", "cancelled and refunded ones keep no stock"
OVERSOLD, TOLD = "oversold", "each told to the warehouse once"
SHOWN, CHECKED = "each shop's page shows what is left", "the service's own check of each shop"
LEDGER, VERIFIED = "ledger = Redis", "`verify`: every invariant"

# Each takes the statement, whose dictionaries may be bent.
LIES: dict[str, tuple[Callable[[Any], object], set[str]]] = {
    "one never came": (lambda said: said.orders[TMALL].clear(), {ARRIVED, COMMITTED}),
    "one is here twice": (lambda said: said.orders[TMALL].append(said.orders[TMALL][0]), {ARRIVED}),
    "one is nobody's": (lambda said: said.sold[TMALL].clear(), {ARRIVED, COMMITTED}),
    "another state": (lambda said: said.orders[TMALL][0].update(payment="unpaid"), {AS_SOLD}),
    "another amount": (lambda said: said.orders[TMALL][0]["amounts"].update(paid_minor=1), {AS_SOLD}),
    "other lines": (lambda said: said.orders[TMALL][0]["lines"].clear(), {AS_SOLD}),
    "only held": (lambda said: said.reservations["no-t"].update(status="held"), {COMMITTED}),
    "half a set": (lambda said: said.reservations["no-t"]["lines"].pop(), {COMMITTED}),
    "a second one": (lambda said: said.redis[HOT].update(committed=2), {COMMITTED, SHOWN, LEDGER}),
    "kept": (lambda said: said.reservations["no-o"].update(status="confirmed"), {GIVEN_BACK}),
    "told twice": (lambda said: said.entries.append(said.entries[0]), {TOLD}),
    "never told": (lambda said: said.entries.pop(0), {TOLD}),
    "not called back": (lambda said: said.entries.pop(), {TOLD}),
    "an old page": (lambda said: said.shown[TMALL].update({HOT: 3}), {SHOWN}),
    "no check": (lambda said: said.checks.update({TMALL: None}), {CHECKED}),
    "a difference": (lambda said: said.checks[TMALL].update(differences={"missing_here": 1}), {CHECKED}),
    "fewer than theirs": (lambda said: said.checks[TMALL].update(ours={"orders": 0}), {CHECKED}),
    "an old ledger": (lambda said: said.ledger[HOT].update(held=0), {LEDGER}),
}


def test_the_truth_is_proven() -> None:
    assert failed(honest()) == set()


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_seen_where_it_belongs(lie: str) -> None:
    said = honest()
    bend, seen = LIES[lie]
    bend(said)
    assert failed(said) == seen


def test_what_verify_finds_is_shown() -> None:
    assert failed(replace(honest(), verify_exit_code=1, verify_output="deficit")) == {VERIFIED}


def test_five_of_four_are_oversold() -> None:
    said: Any = honest()
    said.sold[TMALL][0]["lines"][SET] = 5
    assert OVERSOLD in failed(said)
