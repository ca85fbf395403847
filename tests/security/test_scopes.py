"""Every route with every scope, made from the router of the application: a new route is in the table by itself, and one
that is not in the document fails.
"""

import re
from collections.abc import Mapping
from typing import Any

import pytest

from inventory_service.domain.clients import Scope
from inventory_service.ledger.keys import ApiKeys
from inventory_service.ledger.pool import make_pool
from inventory_service.web.app import create_app
from inventory_service.web.catalogue import ROUTES
from inventory_service.web.routes import Route
from tests.acceptance.arriving import url_of
from tests.acceptance.client import Api
from tests.acceptance.service import RunningService
from tests.acceptance.waiting import eventually
from tests.web.fakes import UseCases
from tests.web.test_access import path_of

NO_KEY, WRONG, REVOKED, ALL = "no key", "a wrong key", "a revoked key", "every scope"
CLIENT = "table-of-scopes"

Call = tuple[str, str]


def routed() -> dict[Call, Route | None]:
    """What the application's router answers to, with the route that declares it; None: nobody does."""
    declared = {(route.method, route.path): route for route in ROUTES}
    calls = {
        (each.method, re.sub(r":\[\^/\]\+", "", each.resource.canonical))
        for each in create_app(UseCases().services()).router.routes()
        if each.resource is not None and each.method != "HEAD"  # GET without the body, by the same handler
    }
    return {call: declared.get(call) for call in sorted(calls)}


async def keys_of(service: RunningService) -> Mapping[str, str | None]:
    """One key for each row of the table."""
    async with make_pool(url_of(service, "DATABASE"), size_max=1) as pool:
        keys = ApiKeys(pool)
        made: dict[str, str | None] = {
            scope: await keys.create(f"{CLIENT}-{scope.value.replace(':', '.')}", [scope]) for scope in Scope
        }
        made[ALL] = await keys.create(CLIENT, list(Scope))
        revoked = made[REVOKED] = await keys.create(CLIENT, list(Scope))
        assert await keys.revoke(revoked.split("_")[1])
    right = str(made[ALL])
    return made | {NO_KEY: None, WRONG: right[:-1] + ("0" if right[-1] != "0" else "1")}


@pytest.fixture
async def table(service: RunningService, api: Api) -> Mapping[str, Api]:
    callers = {row: api.acting_as(key) for row, key in (await keys_of(service)).items()}

    async def revoked() -> bool:
        return {(await callers[REVOKED].get("/v1/stock")).status for _ in range(8)} == {401}

    await eventually(revoked, "every process knows that the key is revoked")
    return callers


def expected(route: Route, row: str) -> int:
    """401, 403, or 0: let in."""
    if route.scope is None:
        return 0
    if row in (NO_KEY, WRONG, REVOKED):
        return 401
    return 0 if row == ALL or route.scopes == [row] else 403


async def status(caller: Api, route: Route) -> int:
    body: Any = route.request.example if route.request else None
    answer = await (
        caller.call(route.method, path_of(route), body) if body else caller.call(route.method, path_of(route))
    )
    if answer.status in (401, 403):
        answer.problem(answer.status, "unauthenticated" if answer.status == 401 else "forbidden")
        assert "body" not in answer.body
    return answer.status if answer.status in (401, 403) or answer.status >= 500 else 0


async def test_every_route_with_every_scope(table: Mapping[str, Api]) -> None:
    assert table.keys() == {*Scope, NO_KEY, WRONG, REVOKED, ALL}
    wanted, got = {}, {}
    for call, route in routed().items():
        assert route is not None, f"{call}: nobody says which scope it needs"
        for row, caller in table.items():
            wanted[call, row] = expected(route, row)
            got[call, row] = await status(caller, route)
    assert {cell: status for cell, status in got.items() if status != wanted[cell]} == {}
    assert set(wanted.values()) == {0, 401, 403}


async def test_every_route_is_documented_with_its_scope(api: Api) -> None:
    paths = (await api.get("/openapi.json")).ok()["paths"]
    documented = {(method.upper(), path): call for path, calls in paths.items() for method, call in calls.items()}
    assert documented.keys() == routed().keys()
    for call, route in routed().items():
        assert route is not None
        assert bool(documented[call].get("security")) == (route.scope is not None), call
        assert all(f"`{scope}`" in str(documented[call]) for scope in route.scopes), call
