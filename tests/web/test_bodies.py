"""Bodies: size, media type, encoding, JSON."""

import gzip
import json
from collections.abc import AsyncIterator

import pytest

from inventory_service.web.routes import LIST_BODY_BYTES, SINGLE_BODY_BYTES
from tests.web.fakes import ADMIN_KEY, UseCases
from tests.web.running import Web, split

RESERVE = {"reservation_id": "r", "lines": [{"sku": "A", "quantity": 1}]}
LISTS = {"/v1/batch": "operations", "/v1/stock/movements": "movements", "/v1/wms/outbound-scans": "scans"}


def padded(size: int) -> bytes:
    """A reserve body of exactly so many bytes."""
    raw = json.dumps(RESERVE).encode()
    return raw + b" " * (size - len(raw))


async def test_the_largest_body(web: Web) -> None:
    assert (await web.post("/v1/reservations", raw=padded(SINGLE_BODY_BYTES))).status == 201


async def test_a_body_that_is_too_large(web: Web, cases: UseCases) -> None:
    (await web.post("/v1/reservations", raw=padded(SINGLE_BODY_BYTES + 1))).problem("payload_too_large")
    assert not cases.asked


async def test_a_body_that_says_it_is_too_large_is_not_waited_for(web: Web) -> None:
    head = f"POST /v1/reservations HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ADMIN_KEY}\r\n"
    status, _, body = split(await web.raw(f"{head}Content-Length: {SINGLE_BODY_BYTES + 1}\r\n\r\n".encode()))
    assert (status, json.loads(body)["code"]) == (413, "payload_too_large")


async def test_a_chunked_body_that_is_too_large(web: Web, cases: UseCases) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(9):
            yield b" " * 8192

    url = f"http://127.0.0.1:{web.port}/v1/reservations"
    headers = {"Authorization": f"Bearer {ADMIN_KEY}", "Content-Type": "application/json"}
    async with web.session.post(url, data=chunks(), headers=headers) as response:
        assert response.status == 413
        assert (await response.json(content_type=None))["code"] == "payload_too_large"
    assert not cases.asked


async def test_a_chunked_body(web: Web) -> None:
    head = b"POST /v1/reservations HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n"
    head += f"Authorization: Bearer {ADMIN_KEY}\r\nContent-Type: application/json\r\n\r\n".encode()
    body = padded(100)
    response = await web.raw(head, b"32\r\n" + body[:50] + b"\r\n", b"32\r\n" + body[50:] + b"\r\n0\r\n\r\n")
    assert split(response)[0] == 201


async def test_a_chunked_body_that_breaks_off(web: Web, cases: UseCases) -> None:
    head = b"POST /v1/reservations HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
    head += f"Authorization: Bearer {ADMIN_KEY}\r\nContent-Type: application/json\r\n\r\n".encode()
    status, _, body = split(await web.raw(head, b"ZZ\r\nnot a chunk\r\n"))
    assert (status, json.loads(body)["code"]) == (400, "bad_request")
    assert not cases.asked


@pytest.mark.parametrize("path", LISTS)
async def test_a_list_call_takes_more(web: Web, path: str) -> None:
    body = json.dumps({LISTS[path]: [{}]}).encode()
    answer = await web.post(path, raw=body + b" " * (LIST_BODY_BYTES - len(body)))
    assert answer.status == 200
    (await web.post(path, raw=b" " * (LIST_BODY_BYTES + 1))).problem("payload_too_large")


@pytest.mark.parametrize(
    "content_type",
    ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonp", "multipart/form-data; boundary=x",
     "application/json; charset=gbk", "application/json; charset=utf-16", "application/problem+json", ";", "\xff"],
)  # fmt: skip
async def test_other_media_types(web: Web, cases: UseCases, content_type: str) -> None:
    answer = await web.post("/v1/reservations", RESERVE, headers={"Content-Type": content_type})
    answer.problem("unsupported_media_type")
    assert not cases.asked


@pytest.mark.parametrize(
    "content_type", ["application/json", "Application/JSON; charset=UTF-8", 'application/json;charset="utf-8"']
)
async def test_json_by_all_its_names(web: Web, content_type: str) -> None:
    assert (await web.post("/v1/reservations", RESERVE, headers={"Content-Type": content_type})).status == 201


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "x"])
async def test_an_encoded_body(web: Web, cases: UseCases, encoding: str) -> None:
    """Never decompressed: 6 KiB can be 6 MiB of zeros."""
    raw = gzip.compress(json.dumps(RESERVE).encode())
    answer = await web.post("/v1/reservations", raw=raw, headers={"Content-Encoding": encoding})
    answer.problem("unsupported_media_type")
    assert not cases.asked


MALFORMED = [
    b"", b" ", b"{", b'{"lines": [}', b"{'lines': []}", b'{"lines": []} x', b"\xff\xfe", b'{"a": "\xc3"}', b"\x00",
    b'{"lines": NaN}', b'{"ship_to": {"lat": Infinity}}', b'{"lines": 01}', b'{"a": "\n"}', b"nul", b"[" * 5000,
    b"[" * 5000 + b"]" * 5000, b"\xef\xbb\xbf{}", b'{"a": "\\q"}', b'{"a": "\\u12"}', b'{"a": "\xed\xa0\x80"}',
]  # fmt: skip


@pytest.mark.parametrize("path", ["/v1/reservations", *LISTS])
@pytest.mark.parametrize("raw", MALFORMED, ids=lambda raw: repr(raw[:24]))
async def test_what_is_not_json(web: Web, cases: UseCases, path: str, raw: bytes) -> None:
    (await web.post(path, raw=raw)).problem("malformed_json")
    assert not cases.asked


@pytest.mark.parametrize("path", LISTS)
async def test_json_broken_inside_an_entry(web: Web, cases: UseCases, path: str) -> None:
    """Half of a list is never applied."""
    for inner in (b'{"a": "\xff"}', b'{"a": tru}', b'{"a": "\\q"}', b'{"a": 01}'):
        raw = b'{"%b": [{}, %b]}' % (LISTS[path].encode(), inner)
        (await web.post(path, raw=raw)).problem("malformed_json")
    assert not cases.asked


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("value", [None, 5, True, "x", {}, []], ids=repr)
async def test_an_envelope_without_a_list(web: Web, path: str, value: object) -> None:
    (await web.post(path, {LISTS[path]: value})).problem("validation_failed", f"/{LISTS[path]}")
    (await web.post(path, {})).problem("validation_failed", f"/{LISTS[path]}")
    (await web.post(path, {LISTS[path]: [1], "x": 1})).problem("validation_failed", "/x")
    (await web.post(path, {LISTS[path]: [1] * 1001})).problem("validation_failed", f"/{LISTS[path]}")


@pytest.mark.parametrize("raw", [b"[]", b"5", b"null", b'"x"', b"true"])
async def test_a_body_that_is_no_object(web: Web, raw: bytes) -> None:
    for path in ("/v1/reservations", *LISTS):
        (await web.post(path, raw=raw)).problem("validation_failed")


@pytest.mark.parametrize("verb", ["confirm", "release"])
async def test_a_body_that_may_be_left_out(web: Web, verb: str) -> None:
    assert (await web.post(f"/v1/reservations/r/{verb}")).status == 200
    assert (await web.post(f"/v1/reservations/r/{verb}", raw=b"", headers={"Content-Type": "text/plain"})).status == 200


async def test_extend_needs_a_body(web: Web) -> None:
    (await web.post("/v1/reservations/r/extend", raw=b"")).problem("malformed_json")


@pytest.mark.parametrize(
    ("raw", "pointer"),
    [
        (b'{"lines":[{"sku":"a\\u0000","quantity":1}]}', "/lines/0/sku"),
        (b'{"lines":[{"sku":"a\\ud800","quantity":1}]}', "/lines/0/sku"),
        (b'{"lines":[{"sku":"a","quantity":1}],"channel":"\\udc00x"}', "/channel"),
        (b'{"lines":[{"sku":"a","quantity":1}],"channel":"\\ud83d\\u0041"}', "/channel"),
        (b'{"lines":[{"sku":"a","quantity":1}],"metadata":{"k":"\\u0000"}}', "/metadata"),
        (b'{"lines":[{"sku":"a","quantity":1}],"metadata":{"\\uDFFF":"v"}}', "/metadata"),
        (b'{"lines":[{"sku":"a","quantity":1}],"ship_to":{"city":"\\u0000"}}', "/ship_to/city"),
    ],
)
async def test_text_that_no_store_can_keep(web: Web, cases: UseCases, raw: bytes, pointer: str) -> None:
    (await web.post("/v1/reservations", raw=raw)).problem("validation_failed", pointer)
    assert not cases.asked


async def test_escapes_that_only_look_bad(web: Web, cases: UseCases) -> None:
    metadata = b'{"k":"\\\\u0000 \\ud83d\\ude00 \\\\\\\\ud800"}'
    raw = b'{"reservation_id":"r","lines":[{"sku":"a","quantity":1}],"metadata":%b}' % metadata
    assert (await web.post("/v1/reservations", raw=raw)).status == 201
    assert cases.asked[0][1].metadata == {"k": "\\u0000 \U0001f600 \\\\ud800"}
