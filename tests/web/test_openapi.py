"""The document: valid, complete, true, and the one that is committed."""

import json
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # stubs would be one more dependency for one call
import pytest
from openapi_spec_validator import validate

from inventory_service.web.catalogue import ROUTES
from inventory_service.web.openapi import document
from inventory_service.web.problems import KINDS
from inventory_service.web.routes import Route
from tests.web.running import Web
from tests.web.test_access import name, path_of

ROOT = Path(__file__).parents[2]
DOCUMENT: dict[str, Any] = json.loads(document())

# The contract, as it was given: none may go missing, none may change its status.
CONTRACT = {
    "malformed_json": 400, "idempotency_key_required": 400, "unauthenticated": 401, "forbidden": 403, "not_found": 404,
    "unknown_sku": 404, "method_not_allowed": 405, "insufficient_stock": 409, "reservation_expired": 409,
    "reservation_released": 409, "reservation_shipped": 409, "not_held": 409, "payload_too_large": 413,
    "unsupported_media_type": 415, "validation_failed": 422, "idempotency_mismatch": 422, "unknown_warehouse": 422,
    "rate_limited": 429, "not_ready": 503, "overloaded": 503, "outcome_unknown": 503,
}  # fmt: skip


def test_it_is_valid() -> None:
    validate(DOCUMENT)


def test_it_is_the_committed_one() -> None:
    committed = (ROOT / "openapi.json").read_bytes()
    assert committed == document(), "openapi.json is stale: write it anew with `inventory-service openapi`"


def test_it_states_the_retention() -> None:
    assert DOCUMENT["x-retention-days"] == 7
    other = json.loads(document(30))
    assert other["x-retention-days"] == 30
    assert "30 days" in other["info"]["description"]


def test_every_code_of_the_contract() -> None:
    assert [code for code in KINDS if f"`{code}`" not in DOCUMENT["info"]["description"]] == []
    assert {code: KINDS[code].status for code in CONTRACT} == CONTRACT
    assert {code for code in CONTRACT if KINDS[code].retryable} == {
        "rate_limited", "not_ready", "overloaded", "outcome_unknown",
    }  # fmt: skip


def test_every_call_of_the_contract() -> None:
    calls = {f"{route.method} {route.path}" for route in ROUTES}
    assert calls >= {
        "POST /v1/reservations", "GET /v1/reservations", "GET /v1/reservations/{reservation_id}",
        "POST /v1/reservations/{reservation_id}/confirm", "POST /v1/reservations/{reservation_id}/release",
        "POST /v1/reservations/{reservation_id}/extend", "POST /v1/batch", "GET /v1/stock", "GET /v1/stock/{sku}",
        "GET /v1/stock/{sku}/events", "POST /v1/stock/movements", "PUT /v1/stock/{sku}/policy",
        "PUT /v1/warehouses/{code}", "GET /v1/warehouses", "POST /v1/wms/outbound-scans", "GET /v1/wms/exceptions",
        "POST /v1/wms/exceptions/{exception_id}/resolve", "GET /v1/alerts", "POST /v1/alerts/{alert_id}/acknowledge",
        "GET /livez", "GET /readyz", "GET /metrics", "GET /openapi.json", "GET /docs", "GET /problems/{problem_code}",
    }  # fmt: skip


def check(schema: dict[str, Any], value: object) -> None:
    resolved = {
        **schema,
        "components": DOCUMENT["components"],
        "$schema": "https://json-schema.org/draft/2020-12/schema",
    }
    jsonschema.Draft202012Validator(resolved).validate(value)


def operation(route: Route) -> dict[str, Any]:
    found: dict[str, Any] = DOCUMENT["paths"][route.path][route.method.lower()]
    return found


@pytest.mark.parametrize("route", ROUTES, ids=name)
def test_examples_fit_their_schemas(route: Route) -> None:
    told = operation(route)
    bodies = [told["requestBody"]["content"]] if route.request else []
    bodies += [response["content"] for response in told["responses"].values() if "content" in response]
    for content in bodies:
        for media in content.values():
            if "example" in media:
                check(media["schema"], media["example"])


@pytest.mark.parametrize("route", [route for route in ROUTES if route.path_values], ids=name)
def test_the_refusal_of_an_impossible_name_is_documented(route: Route) -> None:
    reference = operation(route)["responses"][str(KINDS[route.path_refusal].status)]["$ref"]
    told = DOCUMENT["components"]["responses"][reference.rpartition("/")[2]]
    assert route.path_refusal in told["content"]["application/problem+json"]["examples"]


JSON_ROUTES = [route for route in ROUTES if any(response.model for response in route.responses.values())]


@pytest.mark.parametrize("route", JSON_ROUTES, ids=name)
async def test_answers_fit_their_schemas(web: Web, route: Route) -> None:
    answer = await web.call(route.method, path_of(route), route.request.example if route.request else None)
    check(operation(route)["responses"][str(answer.status)]["content"]["application/json"]["schema"], answer.body)
    refusal = await web.call(route.method, path_of(route) + "?no=1", key=None)
    check({"$ref": "#/components/schemas/Problem"}, refusal.body)


def test_a_repeated_build_gives_the_same_bytes() -> None:
    document.cache_clear()
    first = document()
    document.cache_clear()
    assert document() == first
