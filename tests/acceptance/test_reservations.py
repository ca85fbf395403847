"""POST and GET /v1/reservations: what a storefront does first."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.acceptance.client import Api
from tests.acceptance.keys import MakeKey
from tests.acceptance.shop import Shop

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def full_order(shop: Shop) -> dict[str, Any]:
    return {
        "reservation_id": shop.id("full"),
        "lines": [{"sku": shop.sku(), "quantity": 2}],
        "ttl_seconds": 900,
        "channel": "storefront",
        "order_ref": shop.id("ref"),
        "customer_id": "c-77",
        "ship_to": {
            "country": "CN", "region": "310000", "province": "上海市", "city": "上海市", "lat": 31.23, "lon": 121.47,
        },
        "allocation": {"strategy": "nearest", "warehouses": ["SHA", "PEK"], "max_splits": 2},
        "allow_partial": False,
        "metadata": {"cart": "9f3"},
    }  # fmt: skip


async def test_a_full_order_is_held_as_the_contract_shows_it(shop: Shop) -> None:
    sku = await shop.stocked(10)
    order = full_order(shop)
    body = (await shop.reserve(order)).ok(201)
    assert body["status"] == "held"
    assert body["lines"] == [
        {
            "sku": sku, "quantity": 2, "shipped": 0, "released": 0,
            "allocations": [{"warehouse": "SHA", "quantity": 2, "shipped": 0}],
        }
    ]  # fmt: skip
    for name in ("reservation_id", "channel", "order_ref", "customer_id", "metadata"):
        assert body[name] == order[name], name
    assert TIME.fullmatch(body["created_at"])
    assert {**await shop.reservation(order["reservation_id"]), "durability": "disk"} == body


async def test_the_deadline_is_900_seconds_by_default(shop: Shop) -> None:
    await shop.stocked(1)
    body = (await shop.reserve(shop.order())).ok(201)
    created, expires = (datetime.fromisoformat(body[name]) for name in ("created_at", "expires_at"))
    assert expires - created == timedelta(seconds=900)
    assert abs(datetime.now(UTC) - created) < timedelta(seconds=30)


async def test_a_hold_moves_units_from_available_to_held(shop: Shop) -> None:
    await shop.stocked(10)
    await shop.held(4)
    level = await shop.level()
    assert (level["on_hand"], level["held"], level["committed"], level["available"]) == (10, 4, 0, 6)


async def test_the_same_again_answers_200_replayed_and_holds_nothing_more(shop: Shop) -> None:
    await shop.stocked(10)
    order = shop.order(3)
    first = (await shop.reserve(order)).ok(201)
    again = await shop.reserve(order)
    assert again.ok(200) == first
    assert again.replayed
    assert (await shop.level())["held"] == 3


async def test_a_first_answer_is_not_marked_replayed(shop: Shop) -> None:
    await shop.stocked(1)
    answer = await shop.reserve(shop.order())
    assert answer.status == 201
    assert "Idempotent-Replayed" not in answer.headers


async def test_a_repeat_answers_with_the_status_of_now(shop: Shop) -> None:
    await shop.stocked(5)
    order = shop.order(2)
    (await shop.reserve(order)).ok(201)
    for verb, status in (("confirm", "confirmed"), ("release", "released")):
        (await shop.act(order["reservation_id"], verb)).ok()
        again = await shop.reserve(order)
        assert again.ok(200)["status"] == status
        assert again.replayed


async def test_an_expired_order_is_not_taken_again_by_a_repeat(shop: Shop) -> None:
    await shop.stocked(5)
    order = shop.order(2, ttl_seconds=1)
    (await shop.reserve(order)).ok(201)
    await shop.until_status(order["reservation_id"], "expired")
    assert (await shop.reserve(order)).ok(200)["status"] == "expired"
    assert (await shop.level())["available"] == 5


async def test_other_content_under_the_same_id_is_a_mismatch(shop: Shop) -> None:
    await shop.stocked(10)
    order = shop.order(1, channel="storefront")
    (await shop.reserve(order)).ok(201)
    lines = order["lines"]
    for change in (
        {"lines": [{"sku": shop.sku(), "quantity": 2}]},
        {"lines": [*lines, {"sku": shop.sku("B"), "quantity": 1}]},
        {"ttl_seconds": 60},
        {"ttl_seconds": 900},  # compared as sent: a default written out is other content
        {"channel": "app"},
        {"allow_partial": True},
        {"order_ref": "7"},
        {"ship_to": {"country": "CN"}},
        {"allocation": {"strategy": "priority"}},
    ):
        (await shop.reserve({**order, **change})).problem(422, "idempotency_mismatch")
    assert (await shop.level())["held"] == 1


async def test_metadata_order_of_lines_and_split_lines_are_the_same_content(shop: Shop) -> None:
    await shop.stock_up({"A": {"SHA": 10}, "B": {"SHA": 10}})
    a, b = ({"sku": shop.sku(name), "quantity": 2} for name in "AB")
    order = {"reservation_id": shop.id(), "lines": [a, b], "metadata": {"cart": "1"}}
    first = (await shop.reserve(order)).ok(201)
    half = {"sku": shop.sku("A"), "quantity": 1}
    for change in ({"metadata": {"cart": "2"}}, {"lines": [b, a]}, {"lines": [half, b, half]}):
        again = await shop.reserve({**order, **change})
        assert again.ok(200)["lines"] == first["lines"]
        assert again.replayed


async def test_an_idempotency_key_names_the_same_reservation_each_time(shop: Shop) -> None:
    await shop.stocked(5)
    body = {"lines": [{"sku": shop.sku(), "quantity": 1}]}
    headers = {"Idempotency-Key": shop.id("key")}
    first = (await shop.api.post("/v1/reservations", body, headers)).ok(201)
    assert first["reservation_id"].startswith("rsv_")
    again = await shop.api.post("/v1/reservations", body, headers)
    assert again.ok(200) == first
    assert again.replayed
    other = {"lines": [{"sku": shop.sku(), "quantity": 2}]}
    (await shop.api.post("/v1/reservations", other, headers)).problem(422, "idempotency_mismatch")
    assert {**await shop.reservation(first["reservation_id"]), "durability": "disk"} == first
    assert (await shop.level())["held"] == 1


async def test_an_idempotency_key_belongs_to_one_client(shop: Shop, make_key: MakeKey) -> None:
    await shop.stocked(5)
    body = {"lines": [{"sku": shop.sku(), "quantity": 1}]}
    headers = {"Idempotency-Key": shop.id("key")}
    other = shop.api.acting_as(make_key("reserve"))
    ids = {
        (await caller.post("/v1/reservations", body, headers)).ok(201)["reservation_id"] for caller in (shop.api, other)
    }
    assert len(ids) == 2


async def test_with_key_and_id_the_id_names_it(shop: Shop) -> None:
    await shop.stocked(5)
    order = shop.order()
    first = await shop.api.post("/v1/reservations", order, {"Idempotency-Key": shop.id("key")})
    assert first.ok(201)["reservation_id"] == order["reservation_id"]
    again = await shop.api.post("/v1/reservations", order, {"Idempotency-Key": shop.id("key")})
    assert again.ok(200) == first.body
    assert (await shop.reserve(order)).replayed


async def test_without_key_and_id_it_is_refused(shop: Shop) -> None:
    await shop.stocked(5)
    body = {"lines": [{"sku": shop.sku(), "quantity": 1}]}
    (await shop.reserve(body)).problem(400, "idempotency_key_required")
    assert (await shop.level())["held"] == 0


async def test_two_lines_of_one_sku_count_together(shop: Shop) -> None:
    await shop.stocked(5)
    lines = [{"sku": shop.sku(), "quantity": 3}, {"sku": shop.sku(), "quantity": 2}]
    body = (await shop.reserve({"reservation_id": shop.id(), "lines": lines})).ok(201)
    assert [(line["sku"], line["quantity"]) for line in body["lines"]] == [(shop.sku(), 5)]
    answer = await shop.reserve({"reservation_id": shop.id(), "lines": lines})
    (shortage,) = answer.problem(409, "insufficient_stock")["shortages"]
    assert (shortage["requested"], shortage["available"]) == (5, 0)


async def test_every_short_line_is_named_and_nothing_is_held(shop: Shop) -> None:
    await shop.stock_up({"A": {"SHA": 10}, "B": {"SHA": 1}, "C": {"SHA": 2}})
    lines = [{"sku": shop.sku(name), "quantity": 3} for name in "ABC"]
    answer = await shop.reserve({"reservation_id": shop.id(), "lines": lines})
    problem = answer.problem(409, "insufficient_stock")
    assert sorted(problem["shortages"], key=lambda short: short["sku"]) == [
        {"sku": shop.sku("B"), "requested": 3, "available": 1, "reason": "not_enough"},
        {"sku": shop.sku("C"), "requested": 3, "available": 2, "reason": "not_enough"},
    ]
    assert [(await shop.level(name))["held"] for name in "ABC"] == [0, 0, 0]


async def test_a_refusal_is_not_remembered(shop: Shop) -> None:
    await shop.stocked(1)
    order = shop.order(2)
    (await shop.reserve(order)).problem(409, "insufficient_stock")
    (await shop.api.get(f"/v1/reservations/{order['reservation_id']}")).problem(404, "not_found")
    await shop.stocked(1)
    (await shop.reserve(order)).ok(201)


async def test_a_refused_id_may_carry_other_content(shop: Shop) -> None:
    await shop.stocked(1)
    order = shop.order(2)
    (await shop.reserve(order)).problem(409, "insufficient_stock")
    (await shop.reserve({**order, "lines": [{"sku": shop.sku(), "quantity": 1}]})).ok(201)


async def test_allow_partial_holds_what_there_is_and_says_so(shop: Shop) -> None:
    await shop.stock_up({"A": {"SHA": 10}, "B": {"SHA": 1}, "C": {"SHA": 1}})
    await shop.held(1, "C")
    lines = [{"sku": shop.sku(name), "quantity": 3} for name in "ABC"]
    answer = await shop.reserve({"reservation_id": shop.id(), "lines": lines, "allow_partial": True})
    held = {line["sku"]: line for line in answer.ok(201)["lines"]}
    assert [held[shop.sku(name)]["quantity"] for name in "ABC"] == [3, 1, 0]
    assert [held[shop.sku(name)]["requested"] for name in "ABC"] == [3, 3, 3]
    assert held[shop.sku("C")]["allocations"] == []
    assert [(await shop.level(name))["held"] for name in "ABC"] == [3, 1, 1]


async def test_allow_partial_with_nothing_at_all_is_still_a_shortage(shop: Shop) -> None:
    await shop.stocked(1)
    await shop.held(1)
    answer = await shop.reserve(shop.order(2, allow_partial=True))
    (shortage,) = answer.problem(409, "insufficient_stock")["shortages"]
    assert shortage == {"sku": shop.sku(), "requested": 2, "available": 0, "reason": "not_enough"}


async def test_an_unknown_sku_is_404_and_points_at_its_line(shop: Shop) -> None:
    await shop.stocked(5)
    lines = [{"sku": shop.sku(), "quantity": 1}, {"sku": shop.sku("never"), "quantity": 1}]
    answer = await shop.reserve({"reservation_id": shop.id(), "lines": lines})
    answer.problem(404, "unknown_sku", "/lines/1/sku")
    assert (await shop.level())["held"] == 0


async def test_an_unknown_warehouse_is_422_and_points_at_it(shop: Shop) -> None:
    await shop.stocked(5)
    answer = await shop.reserve(shop.order(allocation={"warehouses": ["SHA", "NOWHERE"]}))
    answer.problem(422, "unknown_warehouse", "/allocation/warehouses/1")
    assert (await shop.level())["held"] == 0


async def test_an_order_of_fifty_lines(shop: Shop) -> None:
    names = [f"L{number}" for number in range(50)]
    await shop.stock_up({name: {"SHA": 2} for name in names})
    lines = [{"sku": shop.sku(name), "quantity": 2} for name in names]
    body = (await shop.reserve({"reservation_id": shop.id(), "lines": lines})).ok(201)
    assert len(body["lines"]) == 50


async def test_an_id_of_every_allowed_character_and_length(shop: Shop) -> None:
    await shop.stocked(5)
    for reservation_id in (f"{shop.prefix}AZaz09._:-", shop.prefix.ljust(64, "x")):
        (await shop.reserve(shop.order() | {"reservation_id": reservation_id})).ok(201)
        assert (await shop.reservation(reservation_id))["reservation_id"] == reservation_id


async def test_a_sku_may_be_any_printable_text(shop: Shop) -> None:
    name = "红/T?恤#100%&a=b"
    await shop.stocked(3, name)
    (await shop.reserve(shop.order(1, name))).ok(201)
    answer = await shop.api.get("/v1/stock", {"sku": shop.sku(name)})
    assert answer.ok()["data"][0]["held"] == 1


async def test_sku_codes_are_case_sensitive(shop: Shop) -> None:
    await shop.stock_up({"x": {"SHA": 1}, "X": {"SHA": 2}})
    assert [(await shop.level(name))["on_hand"] for name in "xX"] == [1, 2]


async def test_an_unknown_id_is_404(shop: Shop) -> None:
    (await shop.api.get(f"/v1/reservations/{shop.id('none')}")).problem(404, "not_found")


async def test_reservations_of_other_clients_are_seen(shop: Shop, api: Api, make_key: MakeKey) -> None:
    """`reservation_id` is unique over the service: another client's repeat is a repeat."""
    await shop.stocked(2)
    order = shop.order()
    (await shop.reserve(order)).ok(201)
    other = api.acting_as(make_key("reserve"))
    assert (await other.post("/v1/reservations", order)).ok(200)["status"] == "held"
