"""Postgres is killed while the service works: sales go on up to the bound, the ladder holds, and all is written after.

The servers are this test's own, since others share theirs.
"""

import os
import signal
from collections.abc import AsyncIterator

import asyncpg
import pytest

from inventory_service.embedded.postgres import PostgresServer
from inventory_service.ledger.migrator import migrate
from tests import servers
from tests.acceptance.client import Api
from tests.acceptance.shop import Shop
from tests.acceptance.waiting import eventually
from tests.bootstrap.running import KEY, Running, Start

LIMIT = 1000  # events; the least that can be set


@pytest.fixture
async def postgres() -> AsyncIterator[PostgresServer]:
    with servers.server_folder() as folder, servers.postgres_server(folder) as server:
        connection = await asyncpg.connect(server.url)
        await migrate(connection)
        await connection.close()
        yield server


def die(postgres: PostgresServer) -> None:
    """SIGKILL, as the kernel does it when memory runs out."""
    os.kill(postgres.identity.pid, signal.SIGKILL)
    servers.run_apart(postgres.stop)  # takes note of its end


async def port_of(api: Running) -> int:
    await api.says('"event":"api.listening"')
    (port,) = {event["port"] for event in api.events() if event["event"] == "api.listening"}
    assert isinstance(port, int)
    return port


async def refused(caller: Api, path: str) -> None:
    """At once or after the next look at the backlog."""

    async def overloaded() -> bool:
        answer = await caller.get(path)
        return answer.status == 503 and answer.body["code"] == "overloaded"

    await eventually(overloaded, f"{path} is browned out")


async def test_a_killed_postgres_costs_lists_then_reads_then_new_holds_and_nothing_that_was_promised(
    start: Start, postgres: PostgresServer
) -> None:
    url = {"INVENTORY_DATABASE_URL": postgres.url, "INVENTORY_BACKLOG_LIMIT": str(LIMIT)}
    worker = start("worker", **url)
    api = start("api", "--port", "0", "--workers", "1", **url)
    port = await port_of(api)
    await worker.says("gate.open")
    await api.says("api.ready")
    async with Api(f"http://127.0.0.1:{port}", KEY) as caller:
        shop = Shop(caller)
        (await caller.put("/v1/warehouses/SHA", {"name": "S", "kind": "warehouse", "country": "CN"})).ok()
        await shop.stocked(100)
        held = [await shop.held() for _ in range(4)]
        die(postgres)

        paid = await shop.confirmed()
        (await caller.get(f"/v1/reservations/{shop.id('none')}")).problem(503, "not_ready")  # only Postgres would know
        await fill(shop, 0.55)
        await refused(caller, "/v1/stock?limit=1")
        assert (await shop.stock())["committed"] == 1
        await shop.held()
        await fill(shop, 0.25)
        await refused(caller, f"/v1/stock/{shop.sku()}")
        await shop.held()
        await fill(shop, 0.3)
        (await shop.reserve(shop.order())).problem(503, "overloaded")
        assert "too far behind" in str((await caller.get("/readyz")).problem(503, "not_ready")["detail"])
        assert (await shop.act(held[0], "confirm")).ok()["status"] == "confirmed"
        assert (await shop.act(held[1], "release")).ok()["status"] == "released"
        assert (await shop.act(held[2], "extend", {"ttl_seconds": 60})).ok()["outcome"] == "extended"
        assert (await shop.scan(paid))["result"] == "applied"

        await begun_meanwhile(start, url, paid)
        servers.run_apart(postgres.start)

        async def written() -> bool:
            answer = await caller.get("/v1/reservations", {"sku": shop.sku(), "status": "shipped"})
            return answer.status == 200 and [row["reservation_id"] for row in answer.body["data"]] == [paid]

        await eventually(written, "the ledger has it all, and lists are served again", 60)
        assert (await shop.reserve(shop.order())).status == 201
        assert (await caller.get("/readyz")).status == 200
    steps = [event["step"] for event in api.events() if event["event"] == "brownout.changed"]
    assert steps[:3] == ["lists", "reads", "holds"]
    assert steps[-1] == "none"
    assert worker.process.poll() is None


async def fill(shop: Shop, share: float) -> None:
    """Grow the backlog by this share of its limit."""
    await shop.movements([shop.movement("receive", 1) for _ in range(int(LIMIT * share))])


async def begun_meanwhile(start: Start, url: dict[str, str], paid: str) -> None:
    """A process that starts without Postgres lives, says that it is not ready, and ends what was promised."""
    late = start("api", "--port", "0", "--workers", "1", **url)
    port = await port_of(late)
    async with Api(f"http://127.0.0.1:{port}", KEY) as caller:
        (await caller.get("/livez")).ok()
        assert (await caller.get("/readyz")).status == 503
        order = {"reservation_id": "late", "lines": [{"sku": "A", "quantity": 1}]}
        assert (await caller.post("/v1/reservations", order)).status == 503
        assert (await caller.post(f"/v1/reservations/{paid}/confirm")).ok()["status"] == "shipped"
    late.process.kill()
