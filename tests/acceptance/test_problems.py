"""Headers and problem bodies that all calls have in common."""

import gzip
import re
from typing import Any

import pytest

from tests.acceptance.client import Api
from tests.acceptance.shop import Shop

POSTS = (
    "/v1/reservations", "/v1/reservations/x/extend", "/v1/reservations/x/release", "/v1/reservations/x/confirm",
    "/v1/batch", "/v1/stock/movements", "/v1/wms/outbound-scans", "/v1/wms/exceptions/exc_1/resolve",
)  # fmt: skip
LIST_CALLS = {"/v1/batch": "operations", "/v1/stock/movements": "movements", "/v1/wms/outbound-scans": "scans"}
KIB = 1024


async def test_a_sane_request_id_comes_back(api: Api) -> None:
    for path in ("/livez", "/v1/warehouses", "/v1/nothing"):
        answer = await api.get(path, headers={"X-Request-Id": "caller-1.2:3_x"})
        assert answer.headers["X-Request-Id"] == "caller-1.2:3_x"


@pytest.mark.parametrize("request_id", ["", " ", "x" * 1000, "a b", "a\tb", "<script>", "é"])
async def test_any_other_request_id_is_replaced(api: Api, request_id: str) -> None:
    answer = await api.get("/livez", headers={"X-Request-Id": request_id})
    made = answer.headers["X-Request-Id"]
    assert made != request_id
    assert re.fullmatch(r"[A-Za-z0-9._:-]{1,128}", made)


async def test_request_ids_are_new_each_time(api: Api) -> None:
    assert len({(await api.get("/livez")).headers["X-Request-Id"] for _ in range(5)}) == 5


@pytest.mark.parametrize(
    "path", ["/", "/v1", "/v1/reservation", "/v1/reservations/", "/v2/stock", "/v1/stock/a/b/c", "/%00"]
)
async def test_an_unknown_path_is_404(api: Api, path: str) -> None:
    (await api.get(path)).problem(404, "not_found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/v1/reservations", {"GET", "POST"}),
        ("PUT", "/v1/reservations/x", {"GET"}),
        ("GET", "/v1/reservations/x/confirm", {"POST"}),
        ("PATCH", "/v1/batch", {"POST"}),
        ("GET", "/v1/batch", {"POST"}),
        ("POST", "/v1/stock", {"GET"}),
        ("DELETE", "/v1/stock/movements", {"POST"}),
        ("POST", "/v1/warehouses", {"GET"}),
        ("DELETE", "/v1/warehouses/SHA", {"PUT"}),
        ("GET", "/v1/wms/outbound-scans", {"POST"}),
        ("POST", "/livez", {"GET"}),
        ("PROPFIND", "/v1/stock", {"GET"}),
    ],
)
async def test_another_method_is_405_and_tells_which(api: Api, method: str, path: str, allowed: set[str]) -> None:
    answer = await api.call(method, path)
    answer.problem(405, "method_not_allowed")
    assert allowed <= {name.strip() for name in answer.headers["Allow"].split(",")}


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/xml", "application/x-www-form-urlencoded", "json", ""]
)
async def test_a_body_of_another_type_is_415(api: Api, path: str, content_type: str) -> None:
    answer = await api.post(path, raw=b'{"a": 1}', headers={"Content-Type": content_type})
    answer.problem(415, "unsupported_media_type")


@pytest.mark.parametrize(
    "content_type", ["application/json; charset=utf-8", "Application/JSON", "application/json;charset=UTF-8"]
)
async def test_json_may_name_its_charset(shop: Shop, content_type: str) -> None:
    await shop.stocked(1)
    body = f'{{"reservation_id": "{shop.id()}", "lines": [{{"sku": "{shop.sku()}", "quantity": 1}}]}}'
    headers = {"Content-Type": content_type}
    (await shop.api.post("/v1/reservations", raw=body.encode(), headers=headers)).ok(201)


@pytest.mark.parametrize("path", POSTS)
async def test_malformed_json_is_400_everywhere(api: Api, path: str) -> None:
    (await api.post(path, raw=b'{"a": ')).problem(400, "malformed_json")


@pytest.mark.parametrize("path", [path for path in POSTS if path not in LIST_CALLS])
async def test_a_body_over_64_kib_is_413(api: Api, path: str) -> None:
    (await api.post(path, raw=b'{"a": "' + b"x" * 64 * KIB + b'"}')).problem(413, "payload_too_large")


@pytest.mark.parametrize(("path", "name"), LIST_CALLS.items())
async def test_a_list_may_be_6_mib_and_not_more(api: Api, path: str, name: str) -> None:
    item = b'{"padding": "' + b"x" * 6 * KIB + b'"}'
    body = f'{{"{name}": ['.encode() + b", ".join([item] * 1000) + b"]}"
    most = body.ljust(6 * KIB * KIB)
    assert len((await api.post(path, raw=most)).ok()["results"]) == 1000
    (await api.post(path, raw=most + b" ")).problem(413, "payload_too_large")


async def test_a_compressed_bomb_is_refused(api: Api) -> None:
    bomb = gzip.compress(b'{"a": "' + b"x" * 20 * KIB * KIB + b'"}')
    answer = await api.post("/v1/reservations", raw=bomb, headers={"Content-Encoding": "gzip"})
    assert answer.status in {400, 413, 415}, answer.status


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "nonsense"])
async def test_a_body_that_is_not_what_its_encoding_says_is_refused(api: Api, encoding: str) -> None:
    answer = await api.post("/v1/reservations", raw=b'{"a": 1}', headers={"Content-Encoding": encoding})
    assert answer.status in {400, 415, 422}, answer


async def test_a_body_on_a_get_is_ignored_or_refused(api: Api) -> None:
    answer = await api.call("GET", "/v1/warehouses", {"limit": 1})
    assert answer.status in {200, 400, 415, 422}, answer


async def test_detail_never_shows_the_inside(shop: Shop) -> None:
    """Of every code that a caller can make: words for people, nothing of Python."""
    await shop.stocked(1)
    answers: list[Any] = [
        await shop.reserve({}),
        await shop.reserve(shop.order(2)),
        await shop.reserve(shop.order() | {"lines": [{"sku": "x", "quantity": "1"}]}),
        await shop.api.post("/v1/reservations", raw=b"{"),
        await shop.api.get("/v1/nothing"),
        await shop.api.get("/v1/stock", {"limit": "x"}),
    ]
    for answer in answers:
        assert not re.search(r"msgspec|aiohttp|Traceback|Error\(|<class|object at 0x|\$\.", str(answer.body)), answer


async def test_retryable_tells_what_a_repeat_can_change(shop: Shop) -> None:
    await shop.stocked(1)
    bad = (await shop.reserve([])).problem(422, "validation_failed")
    assert bad["retryable"] is False


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
async def test_other_harmless_methods_do_no_harm(api: Api, method: str) -> None:
    async with api.session.request(method, f"{api.url}/livez") as response:
        assert response.status < 500
        assert response.headers["X-Request-Id"]
