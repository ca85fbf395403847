"""What is not quite HTTP: an answer with a problem body, or the end of the connection, never a 5xx."""

import json

import pytest

from tests.web.fakes import ADMIN_KEY
from tests.web.running import Web, split

KEY = f"Authorization: Bearer {ADMIN_KEY}\r\n".encode()
HOST = b"Host: x\r\n"


def problem_in(response: bytes, code: str) -> dict[str, str]:
    status, headers, raw = split(response)
    body = json.loads(raw)
    assert headers["content-type"] == "application/problem+json"
    assert headers["x-request-id"] == body["request_id"]
    assert "server" not in headers
    assert (body["code"], body["status"]) == (code, status)
    assert body["detail"]
    return headers


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\r\n\r\nGARBAGE\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
        b"BREW /livez HTTP/1.1\r\nHost: x\r\n\r\n",
        b"G\x00T / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nHost: x\r\nbroken header\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nHost: x\r\nA: \x00\r\n\r\n",
        b"GET /livez HTTP/1.1\r\n\r\n",
        b"POST /v1/batch HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /v1/batch HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"POST /v1/batch HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET http://[ HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
    ids=repr,
)
async def test_bad_requests(web: Web, request_bytes: bytes) -> None:
    problem_in(await web.raw(request_bytes), "bad_request")


async def test_a_line_that_is_too_long(web: Web) -> None:
    problem_in(await web.raw(b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n"), "headers_too_large")
    long_header = b"A: " + b"a" * 20_000 + b"\r\n"
    problem_in(await web.raw(b"GET /livez HTTP/1.1\r\n" + HOST + long_header + b"\r\n"), "headers_too_large")


async def test_too_many_headers(web: Web) -> None:
    headers = b"".join(b"A%d: 1\r\n" % number for number in range(200))
    problem_in(await web.raw(b"GET /livez HTTP/1.1\r\n" + HOST + headers + b"\r\n"), "headers_too_large")


async def test_an_expectation_nobody_knows(web: Web) -> None:
    head = b"POST /v1/reservations HTTP/1.1\r\n" + HOST + KEY + b"Connection: close\r\nExpect: the-moon\r\n\r\n"
    problem_in(await web.raw(head), "expectation_failed")


async def test_expect_continue_is_known(web: Web) -> None:
    body = b'{"lines":[{"sku":"A","quantity":1}],"reservation_id":"r"}'
    head = b"POST /v1/reservations HTTP/1.1\r\nContent-Type: application/json\r\nConnection: close\r\n" + HOST + KEY
    response = await web.raw(head + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(body), body)
    assert response.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 ")


@pytest.mark.parametrize(
    "path", ["/", "/v1", "/v1/", "/v2/stock", "/v1/reservations/", "/%00", "/a%2Fb", "//", "/problem"]
)
async def test_no_such_path(web: Web, path: str) -> None:
    (await web.get(path)).problem("not_found")


@pytest.mark.parametrize("path", ["/%ff", "/v1/stock/%ff", "/v1/stock/%C3", "/v1/stock?sku=%ff", "/v1/stock?%80=1"])
async def test_a_target_that_is_not_utf8(web: Web, path: str) -> None:
    answer = await web.get(path)
    answer.problem("not_found" if path == "/%ff" else "bad_request")
    assert not web.cases.asked


async def test_raw_bytes_in_the_target(web: Web) -> None:
    request = b"GET /v1/stock/\xff\xfe HTTP/1.1\r\nConnection: close\r\n" + HOST + KEY + b"\r\n"
    problem_in(await web.raw(request), "bad_request")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/v1/reservations/r1", "GET,HEAD"),
        ("GET", "/v1/reservations/r1/confirm", "POST"),
        ("PATCH", "/v1/stock", "GET,HEAD"),
        ("POST", "/v1/stock/A/policy", "GET,HEAD,PUT"),
        ("OPTIONS", "/v1/batch", "POST"),
        ("DELETE", "/v1/stock/movements", "GET,HEAD,POST"),
    ],
)
async def test_not_this_method(web: Web, method: str, path: str, allowed: str) -> None:
    answer = await web.call(method, path)
    answer.problem("method_not_allowed")
    assert answer.headers["Allow"] == allowed


async def test_a_sku_named_like_a_call(web: Web) -> None:
    assert (await web.get("/v1/stock/movements")).body["sku"] == "movements"


@pytest.mark.parametrize(
    ("written", "read"), [("A%2FB", "A/B"), ("%E4%B8%8A", "上"), ("a%25b", "a%b"), ("%7Bx%7D", "{x}"), ("a+b", "a+b")]
)
async def test_what_a_path_may_name(web: Web, written: str, read: str) -> None:
    assert (await web.get(f"/v1/stock/{written}")).body["sku"] == read


@pytest.mark.parametrize("sku", ["a%20b", "%00", "%0A", "x" * 65, "%E2%80%8B", "%EF%BF%BF"])
async def test_what_cannot_be_a_sku(web: Web, sku: str) -> None:
    (await web.get(f"/v1/stock/{sku}")).problem("unknown_sku")
    (await web.get(f"/v1/reservations/{sku}")).problem("not_found")
    (await web.call("PUT", f"/v1/warehouses/{sku}", {"name": "x"})).problem("validation_failed")
    assert not web.cases.asked


@pytest.mark.parametrize("given", ["abc-1", "A" * 128, "a.b_c:d"])
async def test_the_callers_request_id(web: Web, given: str) -> None:
    assert (await web.get("/livez", headers={"X-Request-Id": given})).headers["X-Request-Id"] == given
    assert (await web.get("/nowhere", headers={"X-Request-Id": given})).problem("not_found")["request_id"] == given


@pytest.mark.parametrize("given", ["", "a b", "A" * 129, "é", "a\tb", '"x"'])
async def test_a_request_id_that_is_not_sane(web: Web, given: str) -> None:
    answer = await web.get("/livez", headers={"X-Request-Id": given})
    assert answer.headers["X-Request-Id"].startswith("req_")


async def test_pipelined_requests_are_answered_in_order(web: Web) -> None:
    first = b"GET /livez HTTP/1.1\r\nX-Request-Id: one\r\n" + HOST + b"\r\n"
    second = b"GET /nowhere HTTP/1.1\r\nX-Request-Id: two\r\nConnection: close\r\n" + HOST + b"\r\n"
    response = await web.raw(first + second)
    assert response.index(b"X-Request-Id: one") < response.index(b"X-Request-Id: two")


async def test_http_1_0(web: Web) -> None:
    status, _, body = split(await web.raw(b"GET /livez HTTP/1.0\r\n\r\n"))
    assert (status, body) == (200, b'{"status":"alive"}')
