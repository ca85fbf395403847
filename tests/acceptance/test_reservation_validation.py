"""Whatever is malformed gets its code and a pointer to it, and changes nothing."""

from typing import Any

import pytest

from tests.acceptance.malformed import NO_BOOLEANS, NO_CODES, NO_IDS, NO_QUANTITIES, NO_TEXTS
from tests.acceptance.shop import Shop

DROP = object()


def cases(pointer: str, values: dict[str, Any]) -> dict[str, tuple[str, Any]]:
    return {f"{pointer} {name}": (pointer, value) for name, value in values.items()}


WRONG_VALUES: dict[str, tuple[str, Any]] = {
    **cases("/lines/0/quantity", NO_QUANTITIES),
    **cases("/lines/0/sku", NO_CODES),
    **cases("/reservation_id", NO_IDS),
    **cases("/ttl_seconds", {k: v for k, v in NO_QUANTITIES.items() if k != "null"} | {"86,401": 86_401}),
    **cases("/lines", {"empty": [], "text": "x", "object": {}, "null": None, "number": 3}),
    **cases("/lines/0", {"text": "x", "null": None, "list": [], "number": 1}),
    **cases("/channel", NO_TEXTS),
    **cases("/order_ref", NO_TEXTS),
    **cases("/customer_id", NO_TEXTS),
    **cases("/allow_partial", NO_BOOLEANS),
    **cases("/metadata", {"text": "x", "list": [], "number": 1}),
    **cases("/metadata", {"21 keys": {f"k{n}": "v" for n in range(21)}, "over 2 KiB": {"k": "v" * 2049}}),
    **cases("/ship_to", {"text": "x", "list": [], "number": 1}),
    **cases("/ship_to/country", {"number": 1, "object": {}}),
    **cases("/ship_to/lat", {"north of the pole": 90.1, "south": -91, "text": "31", "boolean": True, "huge": 1e300}),
    **cases("/ship_to/lon", {"east": 180.1, "west": -181, "text": "121", "list": [1]}),
    **cases("/ship_to/region", {"number": 310000}),
    **cases("/allocation", {"text": "nearest", "list": []}),
    **cases("/allocation/strategy", {"unknown": "fastest", "number": 1, "empty": ""}),
    **cases("/allocation/warehouses", {"text": "SHA", "object": {}}),
    **cases("/allocation/warehouses/0", NO_CODES),
    **cases("/allocation/max_splits", {"zero": 0, "negative": -1, "text": "2", "float": 1.5, "boolean": True}),
    **cases("/quantty", {"unknown field": 1}),
    **cases("/lines/0/qty", {"unknown field": 1}),
    **cases("/ship_to/datum", {"unknown": "pz90", "number": 84}),
    **cases("/ship_to/address", {"number": 15, "NUL": "a\x00"}),
    **cases("/ship_to/zip", {"unknown field": "200000"}),
    **cases("/allocation/max_split", {"unknown field": 1}),
    **cases("/a~1b", {"unknown field with a slash": 1}),
    **cases("/m~0n", {"unknown field with a tilde": 1}),
}
MISSING = {
    "/lines": ("", "/lines"),
    "/lines/0/sku": ("/lines/0", "/lines/0/sku"),
    "/lines/0/quantity": ("/lines/0", "/lines/0/quantity"),
}


def changed(order: dict[str, Any], pointer: str, value: Any) -> dict[str, Any]:
    """The order with the value at `pointer` replaced; objects and lists on the way are made."""
    *path, last = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    node: Any = order
    for step, following in zip(path, [*path, last][1:], strict=True):
        if isinstance(node, dict):
            node = node.setdefault(step, [None] if following.isdigit() else {})
        else:
            node = node[int(step)]
    if value is DROP:
        del node[last]
    elif isinstance(node, list):
        node[int(last)] = value
    else:
        node[last] = value
    return order


async def assert_nothing_held(shop: Shop) -> None:
    assert await shop.counters() == (5, 0, 0, 0, 0)


@pytest.mark.parametrize("case", WRONG_VALUES)
async def test_a_wrong_value_is_refused_where_it_stands(shop: Shop, case: str) -> None:
    await shop.stocked(5)
    pointer, value = WRONG_VALUES[case]
    order = changed(shop.order(), pointer, value)
    (await shop.reserve(order)).problem(422, "validation_failed", pointer)
    await assert_nothing_held(shop)


@pytest.mark.parametrize("pointer", MISSING)
async def test_a_missing_field_is_refused(shop: Shop, pointer: str) -> None:
    await shop.stocked(5)
    problem = (await shop.reserve(changed(shop.order(), pointer, DROP))).problem(422, "validation_failed")
    assert problem.get("pointer", "") in MISSING[pointer]
    assert pointer.rpartition("/")[2] in problem["detail"]
    await assert_nothing_held(shop)


@pytest.mark.parametrize("body", [[], "text", 5, True, None, [{"sku": "A"}]], ids=repr)
async def test_a_body_that_is_no_object_is_refused(shop: Shop, body: object) -> None:
    (await shop.reserve(body)).problem(422, "validation_failed", "")


async def test_51_lines_are_refused(shop: Shop) -> None:
    await shop.stocked(5)
    lines = [{"sku": shop.sku(), "quantity": 1}] * 51
    (await shop.reserve({"reservation_id": shop.id(), "lines": lines})).problem(422, "validation_failed", "/lines")
    await assert_nothing_held(shop)


async def test_lines_of_one_sku_that_sum_over_the_limit_are_refused(shop: Shop) -> None:
    await shop.stocked(5)
    lines = [{"sku": shop.sku(), "quantity": 600_000}] * 2
    problem = (await shop.reserve({"reservation_id": shop.id(), "lines": lines})).problem(422, "validation_failed")
    assert problem["pointer"].startswith("/lines")
    await assert_nothing_held(shop)


@pytest.mark.parametrize(
    "raw",
    [
        b"", b" ", b"{", b'{"lines": [}', b"{'lines': []}", b'{"lines": []} x', b"\xff\xfe", b'{"a": "\xc3"}', b"\x00",
        b'{"lines": NaN}', b'{"ship_to": {"lat": Infinity}}', b'{"lines": 01}', b'{"a": "\n"}', b"nul", b"[" * 5000,
    ],
    ids=lambda raw: repr(raw[:24]),
)  # fmt: skip
async def test_what_is_not_json_is_malformed(shop: Shop, raw: bytes) -> None:
    (await shop.api.post("/v1/reservations", raw=raw)).problem(400, "malformed_json")


@pytest.mark.parametrize(
    "raw",
    [b"[" * 5000 + b"]" * 5000, b'{"a":' * 3000 + b"1" + b"}" * 3000, b'{"lines": "\\ud800"}'],
    ids=["lists", "objects", "surrogate"],
)
async def test_json_that_tries_the_parser_is_refused(shop: Shop, raw: bytes) -> None:
    answer = await shop.api.post("/v1/reservations", raw=raw)
    assert answer.status in {400, 422}, answer


@pytest.mark.parametrize(
    "key", ["", " ", "x" * 4000, "a b\tc", "é"], ids=["empty", "blank", "long", "spaces", "latin-1"]
)
async def test_a_strange_idempotency_key_never_breaks_anything(shop: Shop, key: str) -> None:
    await shop.stocked(5)
    body = {"lines": [{"sku": shop.sku(), "quantity": 1}]}
    answer = await shop.api.post("/v1/reservations", body, {"Idempotency-Key": key})
    assert answer.status in {201, 400, 422}, answer
    assert (await shop.level())["held"] == (1 if answer.status == 201 else 0)


@pytest.mark.parametrize("reservation_id", ["a%20b", "%00", "é", "%ff", "x" * 65, "a%2Fb", "..", "%2e%2e", "*"])
@pytest.mark.parametrize("verb", ["", "/confirm", "/release", "/extend"])
async def test_an_impossible_id_in_a_path_is_not_found(shop: Shop, reservation_id: str, verb: str) -> None:
    path = f"/v1/reservations/{reservation_id}{verb}"
    answer = await (shop.api.post(path, {}) if verb else shop.api.get(path))
    assert answer.status in {400, 404, 405, 422}, answer


WRONG_ACTIONS: dict[str, tuple[str, Any, str]] = {
    "confirm, reacquire is text": ("confirm", {"reacquire": "yes"}, "/reacquire"),
    "confirm, reacquire is a number": ("confirm", {"reacquire": 1}, "/reacquire"),
    "confirm, unknown field": ("confirm", {"reaquire": True}, "/reaquire"),
    "confirm, no object": ("confirm", [], ""),
    "extend, zero": ("extend", {"ttl_seconds": 0}, "/ttl_seconds"),
    "extend, too long": ("extend", {"ttl_seconds": 86_401}, "/ttl_seconds"),
    "extend, float": ("extend", {"ttl_seconds": 1.5}, "/ttl_seconds"),
    "extend, text": ("extend", {"ttl_seconds": "60"}, "/ttl_seconds"),
    "extend, boolean": ("extend", {"ttl_seconds": True}, "/ttl_seconds"),
    "extend, unknown field": ("extend", {"ttl_seconds": 60, "seconds": 1}, "/seconds"),
    "release, lines is text": ("release", {"lines": "A", "release_id": "x"}, "/lines"),
    "release, no line": ("release", {"lines": [], "release_id": "x"}, "/lines"),
    "release, unknown field": ("release", {"line": []}, "/line"),
    "release, bad id": ("release", {"lines": [{"sku": "A", "quantity": 1}], "release_id": "a b"}, "/release_id"),
    "release, bad sku": ("release", {"lines": [{"sku": "A B", "quantity": 1}], "release_id": "x"}, "/lines/0/sku"),
    **{
        f"release, quantity {name}": (
            "release", {"lines": [{"sku": "A", "quantity": value}], "release_id": "x"}, "/lines/0/quantity",
        )
        for name, value in NO_QUANTITIES.items()
    },
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG_ACTIONS)
async def test_a_wrong_action_body_is_refused_and_changes_nothing(shop: Shop, case: str) -> None:
    verb, body, pointer = WRONG_ACTIONS[case]
    await shop.stocked(5)
    reservation_id = await shop.held(2)
    before = await shop.reservation(reservation_id)
    (await shop.act(reservation_id, verb, body)).problem(422, "validation_failed", pointer)
    assert await shop.reservation(reservation_id) == before


async def test_extend_needs_its_seconds(shop: Shop) -> None:
    await shop.stocked(5)
    problem = (await shop.act(await shop.held(2), "extend", {})).problem(422, "validation_failed")
    assert problem.get("pointer", "") in {"", "/ttl_seconds"}


async def test_a_part_cannot_be_released_without_a_release_id(shop: Shop) -> None:
    await shop.stocked(5)
    reservation_id = await shop.held(2)
    problem = (await shop.act(reservation_id, "release", {"lines": [{"sku": shop.sku(), "quantity": 1}]})).problem(
        422, "validation_failed"
    )
    assert problem.get("pointer", "") in {"", "/release_id"}
    assert (await shop.level())["held"] == 2
