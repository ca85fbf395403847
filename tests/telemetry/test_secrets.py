"""Secrets stand wherever one can stand; a real run at level debug, with failures in it, must not tell one of them."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import aiohttp
from yarl import URL

from tests.acceptance.client import Api
from tests.acceptance.keys import create_key, create_webhook_secret
from tests.acceptance.processes import recorded_pids
from tests.acceptance.service import BOOTSTRAP_KEY, REPOSITORY, SEALING_KEYS, RunningService
from tests.acceptance.shop import Shop
from tests.acceptance.waiting import eventually
from tests.telemetry.conftest import COLLECTOR_SECRET, NOTICES_SECRET
from tests.telemetry.otlp_receiver import Receiver

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
        "customer",
        "order",
        "dsn",
        "redis",
        "app_secret",
        "access_token",
        "refresh_token",
    )
}
CREDENTIAL = {name: PLANTED[name] for name in ("app_secret", "access_token", "refresh_token")} | {"app_key": "key-1"}
EMAIL = "canary.customer@example.org"


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
    personal = {"customer_id": PLANTED["customer"], "order_ref": PLANTED["order"], "metadata": {"email": EMAIL}}
    await api.post("/v1/reservations", {**order, **personal})
    await api.get(f"/v1/reservations?customer_id={PLANTED['customer']}&order_ref={EMAIL}")
    await open_a_shop(api)
    signed = {"webhook-id": "m", "webhook-timestamp": "1", "webhook-signature": f"v1,{PLANTED['signature']}"}
    scan = {"scan_id": "s-secret", "reservation_id": "r", "warehouse": "SHA", "sku": "S", "quantity": 1}
    await api.acting_as(None).post("/v1/wms/outbound-scans", {"scans": [scan]}, headers=signed)
    await api.post("/v1/wms/outbound-scans", {"scans": [{**scan, "token": PLANTED["scan"]}]})


async def open_a_shop(api: Api) -> None:
    """With a credential, well and badly sent, and in places where it has no business."""
    described = {"channel": "taobao", "title": "T", "responsible": "Li Lei", "base_url": "https://gateway.example"}
    shop = "/v1/channels/shops/tees"
    await api.put(shop, described)
    await api.put(shop, described | {"settings": {"app_secret": PLANTED["app_secret"]}})
    await api.put(f"{shop}/credentials", CREDENTIAL)
    for wrong in (
        {"app_key": ""},
        {"app_secret": f"{PLANTED['app_secret']} "},
        {"expires_at": PLANTED["access_token"]},
    ):
        await api.put(f"{shop}/credentials", CREDENTIAL | wrong)
    await api.put("/v1/channels/shops/nobody/credentials", CREDENTIAL)
    await api.post(f"{shop}/test", CREDENTIAL)
    for path in ("/v1/channels/shops", shop, f"{shop}/credentials"):
        assert "canary" not in str(await api.get(path))


async def broken_head(port: int) -> None:
    """Bytes that are no HTTP, with a secret in them."""
    async with aiohttp.ClientSession() as session:
        broken = URL.build(scheme="http", host="127.0.0.1", port=port, path="/")
        async with session.get(broken, headers={"Authorization": "x" * 9000 + PLANTED["authorization"]}) as answer:
            assert answer.status in {400, 431}


async def lose_the_stores(service: RunningService, api: Api, told: "Told") -> None:
    """Kill them and call: connections fail, loops wait, callers are put off; then everything is back."""
    for pid in recorded_pids(service.data_dir):
        os.kill(pid, signal.SIGKILL)
    await plant(api)
    await told.look(service, api, STATUS, DOCTOR)

    async def back() -> bool:
        return "embedded.revived" in service.log_text() and (await api.get("/readyz")).status == 200

    await eventually(back, "the stores are back", 60)


async def alarm(service: RunningService, shop: Shop) -> None:
    """One that is told, and one sink that fails."""
    await shop.stocked(3)
    await shop.held(3)
    await shop.move("adjust", -1, force=True)

    async def told() -> bool:
        return all(event in service.log_text() for event in ('"event":"notice.told"', '"event":"notice.failed"'))

    await eventually(told, "an alarm is told", 30)


async def sell_to(shop: Shop) -> None:
    """An order that goes all its way, personal data with it."""
    await shop.stocked(3)
    personal = {"customer_id": PLANTED["customer"], "order_ref": PLANTED["order"], "metadata": {"email": EMAIL}}
    order = shop.order() | personal
    (await shop.reserve(order)).ok(201)
    await shop.act(order["reservation_id"], "confirm")


STATUS, DOCTOR, CONFIG = ("status", "--json"), ("doctor", "--json"), ("config", "show", "--json")


class Told:
    """What the service says of itself to whoever asks: without a key, or on its machine."""

    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver
        self.texts: list[str] = []

    async def look(self, service: RunningService, api: Api, *commands: Sequence[str]) -> None:
        for path in ("/readyz", "/metrics"):
            self.texts.append(str(await api.acting_as(None).get(path)))
        for command in commands:
            done = service.cli(*command)
            self.texts.append(done.stdout + done.stderr)

    def by_strangers(self, service: RunningService, urls: dict[str, str]) -> None:
        """Commands with passwords that the stores refuse."""
        for command in (DOCTOR, ("stock", "get", "A", "--json")):
            done = subprocess.run(
                [sys.executable, "-m", "inventory_service", *command],
                cwd=REPOSITORY, env=service.environment | urls, capture_output=True, text=True, timeout=60, check=False,
            )  # fmt: skip
            self.texts.append(done.stdout + done.stderr)


def wrong_passwords(service: RunningService) -> dict[str, str]:
    """The stores' URLs with passwords that are not theirs."""
    names = {"INVENTORY_REDIS_URL": PLANTED["redis"], "INVENTORY_DATABASE_URL": PLANTED["dsn"]}
    return {name: re.sub(r":[^:@/]+@", f":{names[name]}@", url) for name, url in urls_of(service).items()}


def urls_of(service: RunningService) -> dict[str, str]:
    """The stores' URLs, as a process of the service knows them."""
    (worker,) = service.processes_running("worker")
    environment = Path(f"/proc/{worker}/environ").read_bytes().decode().split("\0")
    variables = dict(line.split("=", 1) for line in environment if "=" in line)
    return {name: variables[name] for name in ("INVENTORY_REDIS_URL", "INVENTORY_DATABASE_URL")}


def own_secrets(service: RunningService) -> dict[str, str]:
    """Passwords of the embedded stores, as their URLs carry them."""
    passwords = {name: re.search(r":([^:@/]+)@", url) for name, url in urls_of(service).items()}
    return {name: found[1] for name, found in passwords.items() if found}


async def test_no_secret_is_ever_told(service: RunningService, api: Api, shop: Shop, receiver: Receiver) -> None:
    told = Told(receiver)
    created = create_key(service, "storefront-of-the-canary", "reserve")
    signing = create_webhook_secret(service, "wms-of-the-canary")
    own = own_secrets(service)
    assert len(own) == 2
    (await api.acting_as(created.key).post("/v1/reservations/none/confirm", {})).problem(404, "not_found")
    await plant(api)
    await broken_head(service.port)
    await alarm(service, shop)
    await sell_to(shop)
    await told.look(service, api, CONFIG)
    told.by_strangers(service, wrong_passwords(service))
    await lose_the_stores(service, api, told)

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
            "sealing key": SEALING_KEYS.removeprefix("1:"),
            "collector": COLLECTOR_SECRET,
            "robot": NOTICES_SECRET,
            "e-mail": EMAIL,
        }
    )
    everything = "\n".join([log, *told.texts, repr([span.attributes for span in receiver.spans])])
    assert len(told.texts) == 9
    assert "password authentication failed" in everything, "Postgres did not refuse the wrong password"
    assert "invalid username-password pair" in everything, "Redis did not refuse the wrong password"
    assert any("inventory.reservation_id" in span.attributes for span in receiver.spans)
    assert [place for place, secret in secrets.items() if secret in everything] == []
    assert "Bearer" not in log
    assert "password" not in log
