"""Who may call what: keys made by the command line, scopes, and what needs no key."""

from collections.abc import Mapping

import pytest

from tests.acceptance.client import Answer, Api
from tests.acceptance.keys import MakeKey, create_key
from tests.acceptance.service import BOOTSTRAP_KEY, RunningService
from tests.acceptance.shop import Shop
from tests.acceptance.waiting import eventually

OPEN_PATHS = ("/livez", "/readyz", "/metrics", "/openapi.json", "/docs", "/problems/not_found")
SCOPED_CALLS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "reserve": (
        ("POST", "/v1/reservations"), ("POST", "/v1/reservations/x/confirm"), ("POST", "/v1/reservations/x/release"),
        ("POST", "/v1/reservations/x/extend"), ("POST", "/v1/batch"),
    ),
    "stock:read": (("GET", "/v1/stock"), ("GET", "/v1/stock/x"), ("GET", "/v1/stock/x/events")),
    "stock:write": (("POST", "/v1/stock/movements"), ("PUT", "/v1/stock/x/policy")),
    "scan": (("POST", "/v1/wms/outbound-scans"),),
}  # fmt: skip


async def ask(api: Api, method: str, path: str) -> Answer:
    return await (api.call(method, path) if method == "GET" else api.call(method, path, {}))


@pytest.mark.parametrize("path", OPEN_PATHS)
async def test_some_paths_need_no_key(api: Api, path: str) -> None:
    for key in (None, "nonsense"):
        assert (await api.acting_as(key).get(path)).status in {200, 302, 307}


@pytest.mark.parametrize(
    "authorization",
    [
        None, "", "Bearer", "Bearer ", "Bearer nonsense", f"Basic {BOOTSTRAP_KEY}", BOOTSTRAP_KEY,
        f"Bearer  x{BOOTSTRAP_KEY}", f"Bearer {BOOTSTRAP_KEY}x", f"Bearer {BOOTSTRAP_KEY[:-1]}",
        "Bearer " + "x" * 5000, "Bearer é", f"Bearer {BOOTSTRAP_KEY}, Bearer {BOOTSTRAP_KEY}",
    ],
)  # fmt: skip
async def test_without_a_valid_key_it_is_401(api: Api, authorization: str | None) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    answer = await api.acting_as(None).get("/v1/stock", headers=headers)
    answer.problem(401, "unauthenticated")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(("method", "path"), [call for calls in SCOPED_CALLS.values() for call in calls])
async def test_every_call_needs_a_key(api: Api, method: str, path: str) -> None:
    (await ask(api.acting_as(None), method, path)).problem(401, "unauthenticated")


@pytest.mark.parametrize("scope", SCOPED_CALLS)
async def test_a_scope_opens_its_calls(api: Api, make_key: MakeKey, scope: str) -> None:
    caller = api.acting_as(make_key(scope))
    for method, path in SCOPED_CALLS[scope]:
        assert (await ask(caller, method, path)).status not in {401, 403}, (method, path)


@pytest.mark.parametrize("scope", SCOPED_CALLS)
async def test_without_its_scope_a_call_is_403(api: Api, make_key: MakeKey, scope: str) -> None:
    for other in SCOPED_CALLS.keys() - {scope}:
        caller = api.acting_as(make_key(other))
        for method, path in SCOPED_CALLS[scope]:
            (await ask(caller, method, path)).problem(403, "forbidden")


async def test_a_new_key_works_at_once_and_a_revoked_one_no_more(service: RunningService, shop: Shop) -> None:
    client = f"shop-{shop.prefix}"
    old, new = (create_key(service, client, "stock:read") for _ in range(2))
    assert old != new
    for created in (old, new):
        (await shop.api.acting_as(created.key).get("/v1/stock")).ok()
    listing = service.cli("keys", "list")
    assert listing.returncode == 0, listing.stderr
    assert client in listing.stdout
    assert old.key not in listing.stdout, "keys are only shown once"
    revoked = service.cli("keys", "revoke", old.key_id)
    assert revoked.returncode == 0, revoked.stdout + revoked.stderr

    async def refused() -> bool:
        return (await shop.api.acting_as(old.key).get("/v1/stock")).status == 401

    await eventually(refused, "the revoked key is refused")
    (await shop.api.acting_as(new.key).get("/v1/stock")).ok()


async def test_rotated_keys_of_one_client_share_its_ids(service: RunningService, shop: Shop) -> None:
    client = f"wms-{shop.prefix}"
    callers = [shop.api.acting_as(create_key(service, client, "stock:write").key) for _ in range(2)]
    body = {"movements": [shop.movement("receive", 3)]}
    results = [(await caller.post("/v1/stock/movements", body)).ok()["results"][0]["result"] for caller in callers]
    assert results == ["applied", "duplicate"]
    assert (await shop.counters())[0] == 3


async def test_a_key_is_never_logged(service: RunningService, make_key: MakeKey, api: Api) -> None:
    key = make_key("stock:read")
    (await api.acting_as(key).get("/v1/stock")).ok()
    (await api.acting_as(key + "x").get("/v1/stock")).problem(401, "unauthenticated")
    assert key not in service.log_text()
    assert BOOTSTRAP_KEY not in service.log_text()
