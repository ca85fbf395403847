"""No hub is at work though shops are registered: the worker tells it, and so do `status`, `doctor` and `/readyz`."""

import json
from typing import Any

import asyncpg

from inventory_service.ledger.turn import HUB, Turn
from inventory_service.usecases.clocks import wall_ms
from inventory_service.usecases.sync.silence import NO_HUB
from tests.acceptance.client import Api
from tests.acceptance.waiting import eventually
from tests.bootstrap.running import KEY, START_SECONDS, Running, Start
from tests.sync.house import SET_UP

MINUTE_MS = 60_000
SILENT = "SELECT state, count, detail FROM alerts WHERE rule = 'channel_silent' ORDER BY alert_id"


async def heard(pool: "asyncpg.Pool[asyncpg.Record]", ago_ms: int) -> None:
    """Its last poll that went well was so long ago."""
    sql = """INSERT INTO shop_sync VALUES ('tees', $1, $1, $2, 0, '')
             ON CONFLICT (shop) DO UPDATE SET succeeded_ms = $2"""
    now_ms = wall_ms()
    await pool.execute(sql, now_ms - 60 * MINUTE_MS, now_ms - ago_ms)


async def alarms(pool: "asyncpg.Pool[asyncpg.Record]", *states: str) -> list[asyncpg.Record]:
    async def probe() -> list[asyncpg.Record]:
        rows = await pool.fetch(SILENT)
        return rows if [row["state"] for row in rows] == list(states) else []

    return await eventually(probe, f"alarms that are {states}", START_SECONDS)


async def told(command: Running) -> Any:
    async def ended() -> bool:
        return command.process.poll() is not None

    await eventually(ended, "it ended", START_SECONDS)
    return json.loads(command.said())


async def test_a_dead_hub_is_told_once_and_is_over_with_the_next_poll(
    start: Start, database: "asyncpg.Pool[asyncpg.Record]", database_url: str
) -> None:
    await database.execute(SET_UP, "generic")
    await heard(database, 11 * MINUTE_MS)
    worker = start("worker")
    (raised,) = await alarms(database, "open")
    detail = json.loads(raised["detail"])
    assert (raised["count"], detail["reason"], detail["said"]) == (1, "no_sync", NO_HUB)
    await worker.says('"rule":"channel_silent"')
    await heard(database, 0)
    await alarms(database, "closed")
    assert worker.end() == 0


async def test_a_shop_that_is_new_is_waited_for_and_none_is_no_alarm(
    start: Start, database: "asyncpg.Pool[asyncpg.Record]"
) -> None:
    began = "SELECT began_ms, succeeded_ms FROM shop_sync"
    worker = start("worker")
    await worker.says("gate.open")
    await database.execute(SET_UP, "generic")

    async def begun() -> list[asyncpg.Record]:
        return await database.fetch(began)

    (found,) = await eventually(begun, "its time runs", START_SECONDS)
    assert wall_ms() - found["began_ms"] < START_SECONDS * 1000
    assert await database.fetch(SILENT) == []
    assert worker.end() == 0


async def test_that_no_hub_has_the_turn_can_be_seen(
    start: Start, database: "asyncpg.Pool[asyncpg.Record]", database_url: str
) -> None:
    worker, api = start("worker"), start("api", "--port", "0")
    await api.says("Ready: http://127.0.0.1:")
    (port,) = {event["port"] for event in api.events() if event["event"] == "api.listening"}
    async with Api(f"http://127.0.0.1:{port}", KEY) as caller:
        assert (await caller.get("/readyz")).ok() == {"status": "ready"}
        await database.execute(SET_UP, "generic")
        (warned,) = (await caller.get("/readyz")).ok()["warnings"]
        assert "the orders of 1 shops" in warned
        status = await told(start("status", "--json"))
        assert (status["ready"], status["hub"], status["shops"]) == (True, False, 1)
        (line,) = [line for line in await told(start("doctor", "--json")) if line["name"] == "hub"]
        assert line["verdict"] == "wrong"
        turn = Turn(database_url, HUB)
        await turn.take()
        assert (await caller.get("/readyz")).ok() == {"status": "ready"}
        assert (await told(start("status", "--json")))["hub"]
        await turn.give_back()
    assert api.end() == 0
    assert worker.end() == 0
