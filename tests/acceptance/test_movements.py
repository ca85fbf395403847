"""POST /v1/stock/movements: every type, exactly once, each judged on its own."""

from typing import Any

import pytest

from tests.acceptance.keys import MakeKey
from tests.acceptance.malformed import NO_BOOLEANS, NO_CODES, NO_IDS, NO_QUANTITIES, NO_TEXTS
from tests.acceptance.paging import all_rows
from tests.acceptance.shop import Shop
from tests.acceptance.waiting import eventually

# type → (prepared by, quantity, counters after: on_hand, held, committed, unavailable, incoming)
EFFECTS: dict[str, tuple[list[tuple[str, int]], int, tuple[int, ...]]] = {
    "receive": ([], 4, (14, 0, 0, 0, 0)),
    "adjust": ([], -4, (6, 0, 0, 0, 0)),
    "count": ([], 7, (7, 0, 0, 0, 0)),
    "quarantine": ([], 4, (10, 0, 0, 4, 0)),
    "restore": ([("quarantine", 5)], 4, (10, 0, 0, 1, 0)),
    "write_off": ([("quarantine", 5)], 4, (6, 0, 0, 1, 0)),
    "return": ([], 4, (14, 0, 0, 4, 0)),
    "expect": ([], 4, (10, 0, 0, 0, 4)),
    "arrive": ([("expect", 5)], 4, (14, 0, 0, 0, 1)),
}
REJECTED: dict[str, tuple[str, int, str]] = {
    "adjust below what is promised": ("adjust", -6, "would_break_commitments"),
    "count below what is promised": ("count", 4, "would_break_commitments"),
    "quarantine what is promised": ("quarantine", 6, "would_break_commitments"),
    "restore more than there is": ("restore", 1, "not_enough"),
    "write off more than there is": ("write_off", 1, "not_enough"),
    "arrive more than expected": ("arrive", 1, "not_enough"),
}


@pytest.mark.parametrize("kind", EFFECTS)
async def test_the_effect_of_each_type_once(shop: Shop, kind: str) -> None:
    before, quantity, after = EFFECTS[kind]
    await shop.stocked(10)
    for earlier, units in before:
        await shop.move(earlier, units)
    movement = shop.movement(kind, quantity, reason="why", reference="ref-1")
    (result,) = await shop.movements([movement])
    assert (result["movement_id"], result["result"]) == (movement["movement_id"], "applied")
    assert await shop.counters() == after
    (again,) = await shop.movements([movement])
    assert again["result"] == "duplicate"
    assert await shop.counters() == after


async def test_an_adjustment_may_go_up_and_a_count_may_be_zero(shop: Shop) -> None:
    await shop.stocked(10)
    await shop.move("adjust", 3)
    assert await shop.counters() == (13, 0, 0, 0, 0)
    await shop.move("count", 0)
    assert await shop.counters() == (0, 0, 0, 0, 0)


async def test_the_result_shows_the_stock(shop: Shop) -> None:
    (result,) = await shop.movements([shop.movement("receive", 4)])
    assert result["stock"]["on_hand"] == 4


@pytest.mark.parametrize("case", REJECTED)
async def test_what_would_break_a_promise_or_a_counter_is_rejected(shop: Shop, case: str) -> None:
    kind, quantity, code = REJECTED[case]
    await shop.stocked(10)
    await shop.held(3)
    await shop.confirmed(2)
    (result,) = await shop.movements([shop.movement(kind, quantity)])
    assert (result["result"], result["code"]) == ("rejected", code)
    assert await shop.counters() == (10, 3, 2, 0, 0)


async def test_a_rejected_id_is_judged_afresh(shop: Shop) -> None:
    await shop.stocked(10)
    reservation_id = await shop.held(8)
    movement = shop.movement("adjust", -5)
    (result,) = await shop.movements([movement])
    assert result["result"] == "rejected"
    (await shop.act(reservation_id, "release")).ok()
    (result,) = await shop.movements([movement])
    assert result["result"] == "applied"


@pytest.mark.parametrize(("kind", "quantity"), [("adjust", -7), ("count", 3), ("quarantine", 7)])
async def test_force_applies_it_and_alarms(shop: Shop, kind: str, quantity: int) -> None:
    await shop.stocked(10)
    await shop.held(5)
    await shop.move(kind, quantity, force=True)
    level = await shop.level()
    assert (level["deficit"], level["available"]) == (2, 0)

    async def alarmed() -> bool:
        return any(shop.sku() in str(row) for row in await all_rows(shop.api, "/v1/alerts", [("state", "open")]))

    await eventually(alarmed, "an alarm names the SKU")


@pytest.mark.parametrize("kind", ["restore", "write_off", "arrive"])
async def test_force_does_not_make_other_counters_negative(shop: Shop, kind: str) -> None:
    await shop.stocked(10)
    (result,) = await shop.movements([shop.movement(kind, 1, force=True)])
    assert (result["result"], result["code"]) == ("rejected", "not_enough")


async def test_an_existing_deficit_may_shrink_without_force(shop: Shop) -> None:
    await shop.stocked(10)
    await shop.held(10)
    await shop.move("adjust", -4, force=True)
    await shop.move("receive", 1)
    assert (await shop.level())["deficit"] == 3


async def test_a_stale_count_is_rejected(shop: Shop) -> None:
    await shop.stocked(10)
    (stale,) = await shop.movements([shop.movement("count", 9, expected_on_hand=11)])
    assert (stale["result"], stale["code"]) == ("rejected", "stale_count")
    await shop.move("count", 9, expected_on_hand=10)
    assert (await shop.counters())[0] == 9


async def test_other_content_under_the_same_id_is_rejected(shop: Shop) -> None:
    movement = shop.movement("receive", 4)
    await shop.movements([movement])
    for change in ({"quantity": 5}, {"type": "return"}, {"warehouse": "PEK"}, {"sku": shop.sku("B")}, {"reason": "x"}):
        (result,) = await shop.movements([{**movement, **change}])
        assert (result["result"], result["code"]) == ("rejected", "movement_id_reused"), change
    assert await shop.counters() == (4, 0, 0, 0, 0)


async def test_a_movement_id_belongs_to_one_client(shop: Shop, make_key: MakeKey) -> None:
    movement = shop.movement("receive", 4)
    for api in (shop.api, shop.api.acting_as(make_key("stock:write"))):
        (result,) = (await api.post("/v1/stock/movements", {"movements": [movement]})).ok()["results"]
        assert result["result"] == "applied"
    assert await shop.counters() == (8, 0, 0, 0, 0)


async def test_the_same_movement_twice_in_one_call(shop: Shop) -> None:
    movement = shop.movement("receive", 4)
    results = await shop.movements([movement, movement, {**movement, "quantity": 5}])
    assert [result["result"] for result in results] == ["applied", "duplicate", "rejected"]
    assert await shop.counters() == (4, 0, 0, 0, 0)


async def test_an_unknown_warehouse_is_rejected_and_makes_no_sku(shop: Shop) -> None:
    (result,) = await shop.movements([shop.movement("receive", 1, warehouse="NOWHERE")])
    assert (result["result"], result["code"]) == ("rejected", "unknown_warehouse")
    (await shop.api.get(f"/v1/stock/{shop.sku()}")).problem(404, "unknown_sku")


async def test_a_rejected_first_movement_makes_no_sku(shop: Shop) -> None:
    (result,) = await shop.movements([shop.movement("restore", 1)])
    assert result["result"] == "rejected"
    (await shop.api.get(f"/v1/stock/{shop.sku()}")).problem(404, "unknown_sku")


WRONG_VALUES: dict[str, tuple[str, Any]] = {
    f"{name} {case}": (name, value)
    for name, values in {
        "quantity": {k: v for k, v in NO_QUANTITIES.items() if k != "null"} | {"null": None},
        "sku": NO_CODES | {"a path of its own": "transfers"},
        "warehouse": NO_CODES,
        "movement_id": NO_IDS,
        "type": {"unknown": "steal", "number": 1, "empty": ""},
        "reason": NO_TEXTS,
        "reference": NO_TEXTS,
        "force": NO_BOOLEANS,
        "expected_on_hand": {"text": "1", "float": 1.5, "boolean": True},
        "quantitty": {"unknown field": 1},
    }.items()
    for case, value in values.items()
}


@pytest.mark.parametrize("case", WRONG_VALUES)
async def test_a_malformed_movement_fails_alone(shop: Shop, case: str) -> None:
    name, value = WRONG_VALUES[case]
    first, last = shop.movement("receive", 1), shop.movement("receive", 2)
    kind = "count" if name == "expected_on_hand" else "receive"
    results = await shop.movements([first, {**shop.movement(kind, 100), name: value}, last])
    assert [result["result"] for result in results] == ["applied", "rejected", "applied"]
    assert results[1]["code"] == "validation_failed"
    assert results[1]["pointer"].endswith(f"/{name}")
    assert await shop.counters() == (3, 0, 0, 0, 0)


@pytest.mark.parametrize(
    ("kind", "quantity"),
    [
        ("receive", -1),
        ("adjust", 0),
        ("adjust", -1_000_001),
        ("count", -1),
        ("restore", 0),
        ("write_off", -1),
        ("arrive", 0),
    ],
)
async def test_a_quantity_that_the_type_does_not_take(shop: Shop, kind: str, quantity: int) -> None:
    await shop.stocked(5)
    (result,) = await shop.movements([shop.movement(kind, quantity)])
    assert (result["result"], result["code"]) == ("rejected", "validation_failed")
    assert result["pointer"].endswith("/quantity")
    assert await shop.counters() == (5, 0, 0, 0, 0)


@pytest.mark.parametrize("movement", [None, 5, "x", [], {}], ids=repr)
async def test_a_movement_that_is_no_movement(shop: Shop, movement: object) -> None:
    body = {"movements": [movement, shop.movement("receive", 1)]}
    bad, good = (await shop.api.post("/v1/stock/movements", body)).ok()["results"]
    assert (bad["result"], bad["code"]) == ("rejected", "validation_failed")
    assert good["result"] == "applied"


@pytest.mark.parametrize(
    "body", [{"movements": []}, {"movements": {}}, {"movements": [{}] * 1001}], ids=["none", "object", "1001"]
)
async def test_a_bad_list_is_refused_whole(shop: Shop, body: object) -> None:
    (await shop.api.post("/v1/stock/movements", body)).problem(422, "validation_failed", "/movements")


async def test_on_hand_ends_at_a_thousand_million(shop: Shop) -> None:
    await shop.movements([shop.movement("receive", 1_000_000) for _ in range(1000)])
    (result,) = await shop.movements([shop.movement("receive", 1)])
    assert result["result"] == "rejected"
    assert await shop.counters() == (1_000_000_000, 0, 0, 0, 0)
