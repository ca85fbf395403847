"""Calls that keep shops in step: a push is the platform's own bytes, and needs no key."""

from typing import Any

import pytest

from inventory_service.domain.errors import NotReady, OutcomeUnknown
from inventory_service.usecases.sync.adapter import Reply
from inventory_service.usecases.sync.ports import Item, RunKind
from inventory_service.web.routes import SINGLE_BODY_BYTES
from tests.web.fakes import UseCases
from tests.web.running import Web, serving

PUSH = "/v1/channels/tees/push"


@pytest.mark.parametrize("body", [b'{"a":1}', b" [ {} ] ", b"not JSON", b"\xff\x00", b'{"a":"\\u0000"}'], ids=repr)
async def test_a_push_reaches_the_platforms_folder_byte_by_byte(web: Web, body: bytes) -> None:
    headers = {"Event-Sign": "abc", "Content-Type": "text/plain"}
    answer = await web.post(PUSH, raw=body, key=None, headers=headers)
    assert (answer.status, answer.raw) == (200, b'{"code":0}')
    ((name, shop, told, sent),) = web.cases.asked
    assert (name, shop, sent) == ("push", "tees", body)
    assert told["event-sign"] == "abc"


async def test_the_platform_hears_what_it_expects() -> None:
    class Refusing(UseCases):
        async def push(self, *_: Any) -> Reply:
            return Reply(401, b'{"code":1,"msg":"fail"}')

    async with serving(Refusing()) as web:
        answer = await web.post(PUSH, raw=b"{}", key=None)
    assert (answer.status, answer.raw) == (401, b'{"code":1,"msg":"fail"}')
    assert "WWW-Authenticate" not in answer.headers


async def test_a_push_that_could_not_be_noted_is_wanted_again(web: Web) -> None:
    for error, code in ((NotReady("Postgres: gone"), "not_ready"), (OutcomeUnknown("gone"), "outcome_unknown")):
        web.cases.error = error
        (await web.post(PUSH, raw=b"{}", key=None)).problem(code)


async def test_a_push_is_bounded(web: Web) -> None:
    (await web.post(PUSH, raw=b"x" * (SINGLE_BODY_BYTES + 1), key=None)).problem("payload_too_large")
    assert web.cases.asked == []


async def test_a_shop_that_none_can_be_called_takes_no_push(web: Web) -> None:
    (await web.post("/v1/channels/no%20shop/push", raw=b"{}", key=None)).problem("not_found")


@pytest.mark.parametrize("kind", RunKind)
async def test_a_range_is_asked_for_with_its_offset(web: Web, kind: RunKind) -> None:
    body = {"from": "2026-11-11T00:00:00+08:00", "to": "2026-11-10T17:00:00Z"}
    answer = await web.post(f"/v1/channels/tees/{kind}", body)
    assert (answer.status, answer.body["progress"], answer.body["state"]) == (200, 0.25, "open")
    assert web.cases.asked[0] == ("ask", "tees", kind, 1_794_326_400_000, 1_794_330_000_000, "root")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"from": "2026-11-11T00:00:00", "to": "2026-11-11T00:00:00Z"}, "/from"),
        ({"from": "yesterday", "to": "2026-11-11T00:00:00Z"}, "/from"),
        ({"from": "2026-11-11T00:00:00Z"}, "/to"),
        ({"from": "2026-11-11T00:00:00Z", "to": "2026-11-12T00:00:00Z", "shop": "x"}, "/shop"),
    ],
)
async def test_a_range_that_cannot_be_read_is_refused(web: Web, body: dict[str, str], pointer: str) -> None:
    (await web.post("/v1/channels/tees/backfill", body)).problem("validation_failed", pointer)


async def test_articles_are_put_with_their_parts(web: Web) -> None:
    parts = [{"sku": "A", "quantity": 2}, {"sku": "B", "quantity": 1}]
    body = {"items": [{"product_id": "520", "sku_id": "100", "parts": parts}, {"product_id": "521", "parts": []}]}
    answer = await web.call("PUT", "/v1/channels/shops/tees/items", body)
    assert answer.status == 200
    items = [Item("520", "100", {"A": 2, "B": 1}), Item("521", "", {})]
    assert web.cases.asked[0] == ("put_items", "tees", items)


@pytest.mark.parametrize(
    ("items", "pointer"),
    [
        ([{"product_id": "520", "parts": [{"sku": "A", "quantity": 1}] * 2}], "/items/0/parts"),
        ([{"product_id": "520", "parts": []}, {"product_id": "520", "sku_id": "", "parts": []}], "/items/1"),
        ([{"product_id": "520", "parts": [{"sku": "A", "quantity": 0}]}], "/items/0/parts/0/quantity"),
        ([{"product_id": "5 20", "parts": []}], "/items/0/product_id"),
    ],
)
async def test_articles_that_cannot_be_are_refused(web: Web, items: list[Any], pointer: str) -> None:
    answer = await web.call("PUT", "/v1/channels/shops/tees/items", {"items": items})
    answer.problem("validation_failed", pointer)
    assert web.cases.asked == []
