"""`worker` and `api` apart, against given URLs, as production runs them."""

import asyncio
import socket

import aiohttp
from redis.asyncio import Redis

from tests.acceptance.client import Api
from tests.acceptance.ports import free_port
from tests.acceptance.waiting import eventually
from tests.bootstrap.running import KEY, START_SECONDS, Start


async def test_api_and_worker_find_each_other_and_end_with_0(start: Start) -> None:
    api = start("api", "--port", "0", "--workers", "2")
    await api.says('"event":"api.listening"')
    (port,) = {event["port"] for event in api.events() if event["event"] == "api.listening"}
    async with Api(f"http://127.0.0.1:{port}", KEY) as caller:
        assert "gate is closed" in str((await caller.get("/readyz")).problem(503, "not_ready")["detail"])
        worker = start("worker")
        await api.says(f"Ready: http://127.0.0.1:{port} ")
        (await caller.put("/v1/warehouses/SHA", {"name": "Shanghai", "kind": "warehouse", "country": "CN"})).ok()
        movement = {"movement_id": "m1", "type": "receive", "sku": "TEE", "warehouse": "SHA", "quantity": 5}
        (await caller.post("/v1/stock/movements", {"movements": [movement]})).ok()
    assert api.end() == 0
    assert worker.end() == 0
    assert '"seq":1,"event":"drain.finished"' in worker.said()


async def test_a_second_worker_stands_by_and_takes_over(start: Start) -> None:
    first = start("worker")
    await first.says("gate.open")
    second = start("worker")
    await second.says("this one stands by")
    assert "gate.open" not in second.said()
    first.process.kill()
    await second.says("gate.open")
    assert second.end() == 0


async def test_a_worker_that_stands_by_ends_without_touching_anything(start: Start) -> None:
    first = start("worker")
    await first.says("gate.open")
    second = start("worker")
    await second.says("this one stands by")
    assert second.end() == 0
    assert "drain" not in second.said()
    assert first.process.poll() is None


async def test_a_worker_tells_for_itself_and_the_api_does_not_tell_for_it(start: Start) -> None:
    ports = [free_port(), free_port()]
    first = start("worker", INVENTORY_METRICS_PORT=str(ports[0]))
    await first.says("gate.open")
    second = start("worker", INVENTORY_METRICS_PORT=str(ports[1]))
    await second.says("this one stands by")
    api = start("api", "--port", "0")
    await api.says("Ready: http://127.0.0.1:")
    (api_port,) = {event["port"] for event in api.events() if event["event"] == "api.listening"}
    async with aiohttp.ClientSession() as session:

        async def told(port: object, path: str = "/metrics") -> str:
            async with session.get(f"http://127.0.0.1:{port}{path}") as answer:
                assert answer.status == 200
                return await answer.text()

        at_work, standing_by, of_the_api = [await told(port) for port in (*ports, api_port)]
        assert await told(ports[0], "/livez") == '{"status":"alive"}'
    assert "\ninventory_gate_open 1.0\n" in at_work
    assert "\ninventory_gate_open 0.0\n" in standing_by
    assert "inventory_gate_open" not in of_the_api
    assert "inventory_http_problems" not in at_work
    assert "inventory_http_problems" in of_the_api
    for running in (api, second, first):
        assert running.end() == 0


async def test_a_metrics_port_that_is_taken_is_named(start: Start) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        worker = start("worker", INVENTORY_METRICS_PORT=str(port))
        assert await asyncio.to_thread(worker.process.wait, START_SECONDS) != 0
    assert f"INVENTORY_METRICS_PORT: cannot listen on 127.0.0.1:{port}" in worker.said()
    assert "Traceback" not in worker.said()


async def test_a_redis_that_may_forget_is_warned_of(start: Start, redis: Redis) -> None:
    await redis.config_set("appendfsync", "everysec")
    try:
        worker = start("worker")
        await worker.says("gate.open")
    finally:
        await redis.config_set("appendfsync", "always")
    assert "Redis may forget what it has answered: set appendfsync always in its configuration." in worker.said()
    assert worker.end() == 0
    quiet = start("worker")
    await quiet.says("gate.open")
    assert "may forget" not in quiet.said()


async def test_answers_say_how_far_the_change_has_got(start: Start, redis: Redis) -> None:
    worker = start("worker")
    api = start("api", "--port", "0", INVENTORY_DURABILITY_CONFIRMS="ledger")
    await api.says("Ready: http://127.0.0.1:")
    (port,) = {event["port"] for event in api.events() if event["event"] == "api.listening"}
    async with Api(f"http://127.0.0.1:{port}", KEY) as caller:
        (await caller.put("/v1/warehouses/SHA", {"name": "Shanghai", "kind": "warehouse", "country": "CN"})).ok()

        async def received(number: int) -> str:
            movement = {"movement_id": f"m{number}", "type": "receive", "sku": "TEE", "warehouse": "SHA", "quantity": 5}
            (result,) = (await caller.post("/v1/stock/movements", {"movements": [movement]})).ok()["results"]
            return str(result["durability"])

        async def forgetful() -> bool:
            return await received(2) == "memory"

        async def paid() -> bool:
            return bool((await caller.post("/v1/reservations/r/confirm")).ok()["durability"] == "ledger")

        assert await received(1) == "disk"
        order = {"reservation_id": "r", "lines": [{"sku": "TEE", "quantity": 1}]}
        assert (await caller.post("/v1/reservations", order)).ok(201)["durability"] == "disk"
        assert "durability" not in (await caller.get("/v1/reservations/r")).ok()
        await eventually(paid, "a confirm that the ledger has", START_SECONDS)
        scan = {"scan_id": "s", "reservation_id": "r", "warehouse": "SHA", "sku": "TEE", "quantity": 1}
        (scanned,) = (await caller.post("/v1/wms/outbound-scans", {"scans": [scan]})).ok()["results"]
        assert scanned["durability"] == "disk"
        policy = (await caller.put("/v1/stock/TEE/policy", {"safety_stock": 1})).ok()
        assert policy["durability"] == "disk"
        await redis.config_set("appendfsync", "everysec")
        try:
            await eventually(forgetful, "an answer that says memory", START_SECONDS)
            await eventually(paid, "a confirm that the ledger has", START_SECONDS)
        finally:
            await redis.config_set("appendfsync", "always")
    assert "durability.insufficient" in api.said()
    assert [api.end(), worker.end()] == [0, 0]
