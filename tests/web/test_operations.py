"""Health, metrics, documentation."""

import json
import re

import pytest

from inventory_service.web.problems import KINDS
from tests.web.fakes import UseCases
from tests.web.running import Web


async def test_alive_whatever_is_missing(web: Web, cases: UseCases) -> None:
    cases.ready.missing = ["Redis is away"]
    assert (await web.get("/livez", key=None)).body == {"status": "alive"}


async def test_ready(web: Web, cases: UseCases) -> None:
    assert (await web.get("/readyz", key=None)).body == {"status": "ready"}
    cases.ready.wrong = ["no hub"]
    assert (await web.get("/readyz", key=None)).body == {"status": "ready", "warnings": ["no hub"]}
    cases.ready.missing = ["the gate is closed", "migrations are missing"]
    answer = await web.get("/readyz", key=None)
    assert answer.problem("not_ready")["reasons"] == cases.ready.missing
    assert answer.headers["Retry-After"] == "1"


async def test_metrics_have_few_labels(web: Web) -> None:
    for path in ("/v1/stock/one-sku", "/v1/stock/other-sku", "/nowhere/an-order-number", "/livez"):
        await web.get(path)
    await web.call("DELETE", "/livez")
    await web.raw(b"BREW /livez HTTP/1.1\r\nHost: x\r\n\r\n")
    text = (await web.get("/metrics", key=None)).raw.decode()
    assert re.search(r'inventory_http_requests_total\{method="GET",route="/v1/stock/\{sku\}",status="200"\} ', text)
    assert re.search(r'inventory_http_requests_total\{method="GET",route="unmatched",status="404"\} ', text)
    assert re.search(r'inventory_http_requests_total\{method="other",route="unmatched",status="400"\} ', text)
    assert "one-sku" not in text
    assert "an-order-number" not in text
    assert 'inventory_http_request_seconds_bucket{le="0.005",method="GET",route="/livez"}' in text
    assert re.search(r"inventory_http_connections [1-9]", text)


async def test_the_docs_need_nothing_from_elsewhere(web: Web) -> None:
    page = (await web.get("/docs", key=None)).raw.decode()
    assert not re.search(r"https?://", page)
    assets = re.findall(r'(?:src|href)="(docs/[^"]+)"', page)
    assert len(assets) == 2
    for asset in assets:
        answer = await web.get(f"/{asset}", key=None)
        assert answer.status == 200
        assert len(answer.raw) > 100_000
    (await web.get("/docs/other.js", key=None)).problem("not_found")
    (await web.get("/docs/..%2Fsettings.py", key=None)).problem("not_found")


async def test_the_document_is_served(web: Web) -> None:
    assert json.loads((await web.get("/openapi.json", key=None)).raw)["openapi"] == "3.1.0"


@pytest.mark.parametrize("code", KINDS)
async def test_every_problem_has_its_page(web: Web, code: str) -> None:
    answer = await web.get(f"/problems/{code}", key=None)
    assert answer.headers["Content-Type"].startswith("text/html")
    assert code in answer.raw.decode()
    (await web.get(f"/problems/{code}x", key=None)).problem("not_found")
