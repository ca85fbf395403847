"""Orders that move while others are taken, paid, given back and picked short: nothing oversold, nothing leaked."""

from collections import Counter
from typing import Any

from tests.acceptance.shop import Shop
from tests.races.callers import Call, call_at_once

CALLERS = 60
BOTH: dict[str, Any] = {"allocation": {"strategy": "priority", "warehouses": ["SHA", "PEK"]}}


async def test_moving_orders_sells_nothing_twice(shop: Shop) -> None:
    await shop.stock_up({"A": {"SHA": 40, "PEK": 40}})
    held = [await shop.held(1, **BOTH) for _ in range(40)]
    orders = [shop.order(**BOTH) for _ in range(60)]
    calls: list[Call] = []
    for number, name in enumerate(held):
        pick = {
            "short_pick_id": shop.id("p"),
            "reservation_id": name,
            "warehouse": "SHA",
            "sku": shop.sku(),
            "quantity": 1,
        }
        path = f"/v1/reservations/{name}"
        calls += [Call(f"{path}/reallocate", {"excluded": ["SHA"]})] * 2
        calls += [Call("/v1/wms/short-picks", {"short_picks": [pick]})] * 2 if number % 2 else []
        calls += [
            Call(f"{path}/{'confirm' if number % 3 else 'release'}", {}),
            Call("/v1/reservations", orders[number]),
        ]
    calls += [Call("/v1/reservations", order) for order in orders]

    heard = await call_at_once(shop.api, calls, CALLERS)

    assert {answer.status for answer in heard} <= {200, 201, 409}
    results = Counter(
        result["result"] for answer in heard for result in answer.body.get("results", ()) if answer.status == 200
    )
    names = [*held, *(order["reservation_id"] for order in orders)]
    wanted = Counter[str]()
    for name in names:
        answer = await shop.api.get(f"/v1/reservations/{name}")
        body: dict[str, Any] = answer.body if answer.status == 200 else {"lines": [], "status": "refused"}
        open_ones = body["lines"] if body["status"] in {"held", "confirmed"} else []
        wanted.update({row["warehouse"]: row["quantity"] for line in open_ones for row in line["allocations"]})
    sha, pek = await shop.level(), await shop.level(warehouse="PEK")
    assert {level["warehouse"]: level["held"] + level["committed"] for level in (sha, pek)} == {
        code: wanted[code] for code in ("SHA", "PEK")
    }
    assert sha["on_hand"] == 40 - results["moved"] - results["not_moved"]
    assert pek["on_hand"] == 40
    assert pek["deficit"] == 0
    assert sha["deficit"] <= results["not_moved"]
