"""Who may call what: made from the routes, so that a new one cannot be forgotten."""

import pytest

from inventory_service.domain.clients import Client, Scope
from inventory_service.web.catalogue import ROUTES
from inventory_service.web.routes import Route
from tests.web.fakes import EVERYTHING
from tests.web.running import Web

PUBLIC = {
    "/livez", "/readyz", "/metrics", "/openapi.json", "/docs", "/docs/swagger-ui.js", "/docs/swagger-ui.css",
    "/problems", "/problems/{problem_code}", "/v1/channels/{shop}/push",
}  # fmt: skip
VALUES = {"{problem_code}": "not_found", "{code}": "SHA", "{saying}": "ack"}
CLOSED = [route for route in ROUTES if route.path not in PUBLIC]
OPEN = [route for route in ROUTES if route.path in PUBLIC]


def name(route: Route) -> str:
    return f"{route.method} {route.path}"


def path_of(route: Route) -> str:
    path = route.path
    for value in route.path_values:
        path = path.replace(f"{{{value}}}", VALUES.get(f"{{{value}}}", "x1"))
    return path


async def call(web: Web, route: Route, key: str | None) -> int:
    example = route.request.example if route.request else None
    answer = await web.call(route.method, path_of(route), example, key=key)
    if answer.status == 401:
        answer.problem("unauthenticated")
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    if answer.status == 403:
        answer.problem("forbidden")
    return answer.status


@pytest.mark.parametrize("route", CLOSED, ids=name)
async def test_a_closed_route(web: Web, route: Route) -> None:
    assert route.scope is not None
    keys = web.cases.registry.clients
    keys["right"] = Client("right", frozenset(route.scopes))
    for scope in route.scopes:
        keys[f"wrong-{scope}"] = Client("wrong", EVERYTHING - {scope})
    assert await call(web, route, None) == 401
    assert await call(web, route, "nobody's") == 401
    for scope in route.scopes:
        assert await call(web, route, f"wrong-{scope}") == 403
    assert not web.cases.asked
    assert await call(web, route, "right") in {200, 201}
    assert len(web.cases.asked) in {1, 2}


@pytest.mark.parametrize("route", OPEN, ids=name)
async def test_an_open_route(web: Web, route: Route) -> None:
    assert route.scope is None
    assert await call(web, route, None) == 200
    assert await call(web, route, "nobody's") == 200


@pytest.mark.parametrize("route", [route for route in ROUTES if route.method == "GET"], ids=name)
async def test_head_is_get_without_a_body(web: Web, route: Route) -> None:
    answer = await web.call("HEAD", path_of(route))
    assert answer.status == 200
    assert not answer.raw


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Basic cm9vdDpyb290",
        "Bearer a b",
        "Bearer \x80",
        "every-scope-0123456789",
        "Bearer " + "k" * 5000,
    ],
    ids=repr,
)
async def test_what_is_no_bearer_key_is_unauthenticated(web: Web, header: str) -> None:
    (await web.get("/v1/stock/A", key=None, headers={"Authorization": header})).problem("unauthenticated")


async def test_the_scheme_has_no_case(web: Web) -> None:
    assert (
        await web.get("/v1/stock/A", key=None, headers={"Authorization": "bEARER every-scope-0123456789"})
    ).status == 200


def test_admin_is_a_scope_like_any_other() -> None:
    assert {str(scope) for scope in Scope} == {
        "reserve", "stock:read", "stock:write", "scan", "orders", "reports", "pii:read", "admin",
    }  # fmt: skip
