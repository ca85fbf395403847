"""Every problem code, provoked on purpose on a real service: status, code, and the members that its example shows."""

import asyncio
import json
from collections.abc import Awaitable, Callable

import msgspec
import pytest

from inventory_service.web.problem_examples import EXAMPLES
from inventory_service.web.problems import KINDS
from tests.acceptance.client import Answer, Api
from tests.acceptance.keys import create_key
from tests.acceptance.service import BOOTSTRAP_KEY, REPOSITORY, RunningService
from tests.acceptance.shop import Shop

# A healthy service gives no such answer: where each is provoked, by taking away what the service needs.
ELSEWHERE = {
    "rate_limited": "tests/security/test_hold_limits.py",  # no limit is set unless somebody sets one
    "internal": "tests/web/test_reservations.py",  # a use case that raises what nobody foresaw
    "not_ready": "tests/crash/test_kill.py",  # Redis is killed
    "overloaded": "tests/crash/test_kill.py",  # the ledger falls behind its bound
    "outcome_unknown": "tests/web/test_limits.py",  # a store that does not answer in time
}
READ_SECONDS = 20.0

Provoke = Callable[[Shop], Awaitable[Answer]]


async def _late(shop: Shop) -> Answer:
    return await shop.act(await shop.expired(), "confirm")


async def _after_release(shop: Shop) -> Answer:
    return await shop.act(await shop.released(), "confirm")


async def _after_the_parcel(shop: Shop) -> Answer:
    return await shop.act(await shop.shipped(), "release")


async def _extend_what_is_paid(shop: Shop) -> Answer:
    return await shop.act(await shop.confirmed(), "extend", {"ttl_seconds": 60})


async def _other_content(shop: Shop) -> Answer:
    order = shop.order()
    (await shop.reserve(order)).ok(201)
    return await shop.reserve(order | {"ttl_seconds": 60})


async def _beyond_the_limit(shop: Shop) -> Answer:
    sku = await shop.stocked(5)
    (await shop.api.put(f"/v1/stock/{sku}/policy", {"limit_below": 1_000_000, "limit_quantity": 1})).ok()
    return await shop.reserve(shop.order(2))


async def _send(shop: Shop, quantity: int, **fields: bool) -> Answer:
    """A transfer of what of three units is there."""
    lines = [{"sku": await shop.stocked(3), "quantity": quantity}]
    body = {"transfer_id": shop.id("t"), "from": "SHA", "to": "PEK", "lines": lines, **fields}
    return await shop.api.post("/v1/stock/transfers", body)


async def _send_too_much(shop: Shop) -> Answer:
    return await _send(shop, 4_000, ship=True)


async def _cancel_what_left(shop: Shop) -> Answer:
    sent = (await _send(shop, 1, ship=True)).ok(201)
    return await shop.api.post(f"/v1/stock/transfers/{sent['transfer_id']}/cancel")


async def _in_raw_bytes(shop: Shop, head: bytes) -> Answer:
    """What no client library sends."""
    host, _, port = shop.api.url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(head)
        async with asyncio.timeout(READ_SECONDS):
            received = await reader.read()
    finally:
        writer.close()
    lines, _, body = received.partition(b"\r\n\r\n")
    return Answer("raw", int(lines.split()[1]), {}, json.loads(body))


def _post(*headers: bytes) -> bytes:
    common = [b"Host: x", b"Authorization: Bearer " + BOOTSTRAP_KEY.encode(), b"Content-Type: application/json"]
    return b"\r\n".join([b"POST /v1/reservations HTTP/1.1", *common, *headers, b"", b""])


PROVOKED: dict[str, Provoke] = {
    "malformed_json": lambda shop: shop.api.post("/v1/reservations", raw=b'{"lines": ['),
    "bad_request": lambda shop: shop.api.get("/v1/stock/%ff"),
    "idempotency_key_required": lambda shop: shop.reserve({"lines": [{"sku": shop.sku(), "quantity": 1}]}),
    "unauthenticated": lambda shop: shop.api.acting_as(None).get("/v1/warehouses"),
    "not_found": lambda shop: shop.api.get(f"/v1/reservations/{shop.id()}"),
    "unknown_sku": lambda shop: shop.reserve(shop.order(name="never-seen")),
    "method_not_allowed": lambda shop: shop.api.call("DELETE", "/v1/warehouses"),
    "request_timeout": lambda shop: _in_raw_bytes(shop, _post(b"Content-Length: 9") + b"{"),
    "insufficient_stock": lambda shop: shop.reserve(shop.order(1_000_000)),
    "reservation_expired": _late,
    "reservation_released": _after_release,
    "reservation_shipped": _after_the_parcel,
    "not_held": _extend_what_is_paid,
    "limit_exceeded": _beyond_the_limit,
    "would_break_commitments": _send_too_much,
    "transfer_state": _cancel_what_left,
    "payload_too_large": lambda shop: shop.api.post("/v1/reservations", raw=b" " * (64 * 1024 + 1)),
    "unsupported_media_type": lambda shop: shop.api.post(
        "/v1/reservations", raw=b"{}", headers={"Content-Type": "text/plain"}
    ),
    "expectation_failed": lambda shop: _in_raw_bytes(shop, _post(b"Expect: money", b"Connection: close")),
    "validation_failed": lambda shop: shop.reserve(shop.order(0)),
    "idempotency_mismatch": _other_content,
    "unknown_warehouse": lambda shop: shop.reserve(shop.order(allocation={"warehouses": ["SHA", "NOWHERE"]})),
    "headers_too_large": lambda shop: _in_raw_bytes(shop, _post(b"X-Padding: " + b"x" * 10_000)),
}


def test_every_code_is_provoked_somewhere() -> None:
    assert sorted([*PROVOKED, "forbidden", *ELSEWHERE]) == sorted(KINDS)
    for code, path in ELSEWHERE.items():
        assert f'"{code}"' in (REPOSITORY / path).read_text(encoding="utf-8")


def test_every_code_has_an_example() -> None:
    assert sorted(EXAMPLES) == sorted(KINDS)
    assert all(example.status == KINDS[code].status for code, example in EXAMPLES.items())


@pytest.mark.parametrize("code", PROVOKED)
async def test_it_looks_like_its_example(api: Api, code: str) -> None:
    shop = Shop(api)
    await shop.stocked(100)
    check(await PROVOKED[code](shop), code)


async def test_a_key_without_the_scope_is_forbidden(service: RunningService, api: Api) -> None:
    scanner = await asyncio.to_thread(create_key, service, "scanner", "scan")
    check(await api.acting_as(scanner.key).get("/v1/warehouses"), "forbidden")


def check(answer: Answer, code: str) -> None:
    body = answer.problem(KINDS[code].status, code)
    example = msgspec.to_builtins(EXAMPLES[code])
    assert body.keys() == example.keys()
    assert (body["title"], body["retryable"]) == (example["title"], example["retryable"])
