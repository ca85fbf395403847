"""Whatever is sent: an answer below 500 with a body as promised."""

import json
import random
from typing import Any

import pytest

from inventory_service.web.catalogue import ROUTES
from inventory_service.web.routes import Route
from tests.web.fakes import ADMIN_KEY
from tests.web.running import Web, split
from tests.web.test_access import name, path_of

WRITES = [route for route in ROUTES if route.request]
ATOMS: list[Any] = [
    None, True, False, 0, -1, 1.5, 2**53, -(2**70), 1e300, "", "x", "\x00", "\ud800", "é" * 200, [], {}, [[]], {"": {}},
    "9" * 400, "2026-11-11T00:00:00Z", {"sku": "A"}, [None] * 60,
]  # fmt: skip


def mutated(value: Any, rng: random.Random) -> Any:
    """The value with something in it replaced, dropped, doubled or added."""
    if rng.random() < 0.25 or not isinstance(value, dict | list) or not value:
        return rng.choice(ATOMS)
    if isinstance(value, list):
        index = rng.randrange(len(value))
        return [*value[:index], mutated(value[index], rng), *value[index + rng.randrange(2) :]]
    key = rng.choice(sorted(value))
    changed = {**value, key: mutated(value[key], rng)}
    if rng.random() < 0.2:
        del changed[key]
    if rng.random() < 0.2:
        changed[rng.choice(["x", "", "\x00", "op", "__class__"])] = rng.choice(ATOMS)
    return changed


@pytest.mark.parametrize("route", WRITES, ids=name)
async def test_mutated_examples(web: Web, route: Route) -> None:
    rng = random.Random(route.path)
    example = json.loads(json.dumps(route.request.example if route.request else None))
    for _ in range(150):
        body = mutated(example, rng)
        answer = await web.call(route.method, path_of(route), raw=json.dumps(body).encode())
        assert answer.status < 500, (body, answer)
        if answer.status >= 400:
            answer.problem(answer.body["code"], answer.body.get("pointer", ""))
        for result in answer.body.get("results", []):
            assert result.get("status", 200) < 500, (body, result)


@pytest.mark.parametrize("route", WRITES, ids=name)
async def test_mutated_bytes(web: Web, route: Route) -> None:
    rng = random.Random(route.path)
    example = json.dumps(route.request.example if route.request else None).encode()
    for _ in range(100):
        raw = bytearray(example)
        for _ in range(rng.randrange(1, 6)):
            raw[rng.randrange(len(raw))] = rng.randrange(256)
        answer = await web.call(route.method, path_of(route), raw=bytes(raw))
        assert answer.status < 500, (bytes(raw), answer)


async def test_random_heads(web: Web) -> None:
    rng = random.Random(1)
    words = [
        b"GET",
        b" ",
        b"/v1/stock",
        b"?",
        b"%",
        b"HTTP/1.1",
        b"\r\n",
        b"Host: x",
        b":",
        b"\x00",
        b"\xff",
        b"Content-Length: 5",
    ]
    for _ in range(150):
        request = b"".join(rng.choice(words) for _ in range(rng.randrange(1, 30)))
        response = await web.raw(
            request + b"\r\nConnection: close\r\n\r\n" + b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        )
        if response:
            assert split(response)[0] < 500, (request, response)


async def test_random_paths_and_queries(web: Web) -> None:
    rng = random.Random(2)
    parts = [
        "/",
        "v1",
        "stock",
        "%",
        "%2F",
        "%00",
        "%ff",
        "..",
        "?",
        "&",
        "=",
        "sku",
        "limit",
        "{",
        "}",
        "+",
        "%E4%B8%8A",
        "#",
        ";",
        "'",
    ]
    for _ in range(400):
        target = "/v1/" + "".join(rng.choice(parts) for _ in range(rng.randrange(1, 12)))
        head = f"GET {target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ADMIN_KEY}\r\nConnection: close\r\n\r\n"
        assert split(await web.raw(head.encode()))[0] < 500, target
