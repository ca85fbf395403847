"""What operations ask: health, metrics, the OpenAPI document, the pages of problems."""

import re
from typing import Any
from urllib.parse import urljoin

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.acceptance.client import Api
from tests.acceptance.shop import Shop

PROBLEM_CODES = [
    "malformed_json",
    "idempotency_key_required",
    "unauthenticated",
    "forbidden",
    "not_found",
    "unknown_sku",
    "method_not_allowed",
    "insufficient_stock",
    "reservation_expired",
    "reservation_released",
    "reservation_shipped",
    "not_held",
    "payload_too_large",
    "unsupported_media_type",
    "validation_failed",
    "idempotency_mismatch",
    "unknown_warehouse",
    "rate_limited",
    "not_ready",
    "overloaded",
    "outcome_unknown",
]
CALLS = {
    "/v1/reservations": {"get", "post"},
    "/v1/reservations/{}": {"get"},
    "/v1/reservations/{}/confirm": {"post"},
    "/v1/reservations/{}/release": {"post"},
    "/v1/reservations/{}/extend": {"post"},
    "/v1/batch": {"post"},
    "/v1/stock": {"get"},
    "/v1/stock/{}": {"get"},
    "/v1/stock/{}/events": {"get"},
    "/v1/stock/movements": {"post"},
    "/v1/stock/{}/policy": {"put"},
    "/v1/warehouses": {"get"},
    "/v1/warehouses/{}": {"put"},
    "/v1/wms/outbound-scans": {"post"},
    "/v1/wms/exceptions": {"get"},
    "/v1/wms/exceptions/{}/resolve": {"post"},
    "/v1/alerts": {"get"},
    "/v1/alerts/{}/acknowledge": {"post"},
}


@pytest.fixture
def anyone(api: Api) -> Api:
    """A caller without a key."""
    return api.acting_as(None)


async def test_it_lives_and_is_ready(anyone: Api) -> None:
    for path in ("/livez", "/readyz"):
        (await anyone.get(path)).ok()


async def test_metrics_are_prometheus_text_of_this_service(shop: Shop, anyone: Api) -> None:
    await shop.stocked(1)
    await shop.held()
    answer = await anyone.get("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain")
    samples = [line for line in answer.ok().splitlines() if line and not line.startswith("#")]
    assert samples
    assert all(re.fullmatch(r"[a-zA-Z_:][\w:]*(\{.*\})? \S+( \d+)?", line) for line in samples), samples[:5]
    assert any("inventory" in line for line in samples)


@pytest.fixture
async def document(anyone: Api) -> dict[str, Any]:
    body: dict[str, Any] = (await anyone.get("/openapi.json")).ok()
    return body


def bare(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path)


async def test_the_openapi_document_is_valid_and_has_every_call(document: dict[str, Any]) -> None:
    OpenAPIV31SpecValidator(document).validate()
    assert document["openapi"].startswith("3.1")
    described = {bare(path): set(item) for path, item in document["paths"].items()}
    missing = {path: methods for path, methods in CALLS.items() if not methods <= described.get(path, set())}
    assert not missing


async def test_the_openapi_document_states_the_retention(document: dict[str, Any]) -> None:
    assert re.search(r"\b7 days\b", str(document))


async def test_the_openapi_document_names_every_problem_code(document: dict[str, Any]) -> None:
    assert [code for code in PROBLEM_CODES if code not in str(document)] == []


async def test_docs_are_a_page_with_its_own_assets(anyone: Api) -> None:
    answer = await anyone.get("/docs")
    if answer.status in {301, 302, 307, 308}:
        answer = await anyone.get(answer.headers["Location"])
    page = answer.ok()
    assert answer.headers["Content-Type"].startswith("text/html")
    sources = re.findall(r"""(?:src|href)=["']([^"'#]+)["']""", page)
    assert not [source for source in sources if source.startswith(("http:", "https:", "//"))]
    for source in sources:
        if not source.startswith("data:"):
            (await anyone.get(urljoin("/docs", source))).ok()


@pytest.mark.parametrize("code", PROBLEM_CODES)
async def test_every_problem_code_has_its_page(anyone: Api, code: str) -> None:
    answer = await anyone.get(f"/problems/{code}")
    assert answer.status == 200, answer
    assert code in str(answer.body)


async def test_an_unknown_problem_page_is_404(anyone: Api) -> None:
    (await anyone.get("/problems/no_such_code")).problem(404, "not_found")


async def test_the_type_of_a_problem_leads_to_its_page(shop: Shop) -> None:
    problem = (await shop.api.get(f"/v1/reservations/{shop.id()}")).problem(404, "not_found")
    path = "/problems/" + problem["type"].rpartition("/problems/")[2]
    assert problem["type"].endswith(path)
    (await shop.api.acting_as(None).get(path)).ok()
