"""Secrets stand wherever one can stand; a real run at level debug, with failures in it, must not tell one of them."""

import os
import re
import signal
from pathlib import Path

import aiohttp
from yarl import URL

from tests.acceptance.client import Api
from tests.acceptance.keys import create_key, create_webhook_secret
from tests.acceptance.processes import recorded_pids
from tests.acceptance.service import BOOTSTRAP_KEY, RunningService
from tests.acceptance.waiting import eventually
from tests.telemetry.conftest import COLLECTOR_SECRET

PLANTED = {
    place: f"canary-{place}-0123456789abcdef"
    for place in (
        "authorization",
        "basic",
        "cookie",
        "header",
        "query",
        "path",
        "body",
        "metadata",
        "signature",
        "scan",
    )
}


async def plant(api: Api) -> None:
    """One secret in every place of a request that a caller fills."""
    order = {"reservation_id": "r-secret", "lines": [{"sku": "NONE", "quantity": 1}]}
    await api.acting_as(PLANTED["authorization"]).post("/v1/reservations", order)
    basic = aiohttp.encode_basic_auth("user", PLANTED["basic"])
    await api.acting_as(None).get("/v1/warehouses", headers={"Authorization": basic})
    await api.get("/v1/warehouses", headers={"Cookie": PLANTED["cookie"], "X-Api-Key": PLANTED["header"]})
    await api.get(f"/v1/warehouses?api_key={PLANTED['query']}")
    await api.get(f"/{PLANTED['path']}")
    await api.post("/v1/reservations", {**order, "password": PLANTED["body"]})
    await api.post("/v1/reservations", raw=f'{{"password": "{PLANTED["body"]}'.encode())
    await api.post("/v1/reservations", {**order, "metadata": {"note": PLANTED["metadata"]}})
    signed = {"webhook-id": "m", "webhook-timestamp": "1", "webhook-signature": f"v1,{PLANTED['signature']}"}
    scan = {"scan_id": "s-secret", "reservation_id": "r", "warehouse": "SHA", "sku": "S", "quantity": 1}
    await api.acting_as(None).post("/v1/wms/outbound-scans", {"scans": [scan]}, headers=signed)
    await api.post("/v1/wms/outbound-scans", {"scans": [{**scan, "token": PLANTED["scan"]}]})


async def broken_head(port: int) -> None:
    """Bytes that are no HTTP, with a secret in them."""
    async with aiohttp.ClientSession() as session:
        broken = URL.build(scheme="http", host="127.0.0.1", port=port, path="/")
        async with session.get(broken, headers={"Authorization": "x" * 9000 + PLANTED["authorization"]}) as answer:
            assert answer.status in {400, 431}


async def lose_the_stores(service: RunningService, api: Api) -> None:
    """Kill them and call: connections fail, loops wait, callers are put off; then everything is back."""
    for pid in recorded_pids(service.data_dir):
        os.kill(pid, signal.SIGKILL)
    await plant(api)

    async def back() -> bool:
        return "embedded.revived" in service.log_text() and (await api.get("/readyz")).status == 200

    await eventually(back, "the stores are back", 60)


def own_secrets(service: RunningService) -> dict[str, str]:
    """Passwords of the embedded stores, as their URLs carry them."""
    (worker,) = service.processes_running("worker")
    environment = Path(f"/proc/{worker}/environ").read_bytes().decode().split("\0")
    urls = dict(
        line.split("=", 1) for line in environment if line.startswith(("INVENTORY_REDIS", "INVENTORY_DATABASE"))
    )
    passwords = {name: re.search(r":([^:@/]+)@", url) for name, url in urls.items() if "URL" in name}
    return {name: found[1] for name, found in passwords.items() if found}


async def test_no_secret_is_ever_logged(service: RunningService, api: Api) -> None:
    created = create_key(service, "storefront-of-the-canary", "reserve")
    signing = create_webhook_secret(service, "wms-of-the-canary")
    own = own_secrets(service)
    assert len(own) == 2
    (await api.acting_as(created.key).post("/v1/reservations/none/confirm", {})).problem(404, "not_found")
    await plant(api)
    await broken_head(service.port)
    await lose_the_stores(service, api)

    log = service.log_text()
    for seen in ('"client":"storefront-of-the-canary"', '"event":"embedded.died"', '"code":"unauthenticated"'):
        assert seen in log, seen
    assert log.count('"event":"request.answered"') > 20
    secrets = (
        PLANTED
        | own
        | {
            "key": created.key,
            "webhook secret": signing.removeprefix("whsec_"),
            "bootstrap key": BOOTSTRAP_KEY,
            "collector": COLLECTOR_SECRET,
        }
    )
    assert [place for place, secret in secrets.items() if secret in log] == []
    assert "Bearer" not in log
    assert "password" not in log
