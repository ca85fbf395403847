"""Power cuts and single deaths: what was told stays true, and the service is back by itself."""

import asyncio
import os
import signal
from collections.abc import Iterator

import aiohttp
import pytest

from tests.acceptance.client import Api
from tests.acceptance.paging import all_rows
from tests.acceptance.processes import alive, command_line, family, recorded_pids
from tests.acceptance.service import BOOTSTRAP_KEY, LOOKS, RunningService
from tests.acceptance.shop import Shop
from tests.acceptance.waiting import eventually
from tests.crash.aftermath import check_everything
from tests.crash.kill import kill_under_load
from tests.crash.load import Load

BACK_SECONDS = 30.0


async def test_a_power_cut_loses_nothing_that_was_told(service: RunningService, load: Load) -> None:
    await kill_under_load(service, load)


async def test_a_hold_that_fell_due_while_all_was_dark_can_still_be_paid(service: RunningService, shop: Shop) -> None:
    """Nobody could pay during the outage, so nothing expires for a minute after it."""
    await shop.stocked(5)
    due, ordinary = await shop.held(2, ttl_seconds=1), await shop.held(1)
    await asyncio.to_thread(service.kill)
    await asyncio.to_thread(service.start)
    await shop.expired(1)  # a hold made after the outage does expire, so the deadline of the old one has passed
    assert (await shop.reservation(due))["status"] == "held"
    assert (await shop.act(due, "confirm")).ok()["status"] == "confirmed"
    assert (await shop.act(ordinary, "confirm")).ok()["status"] == "confirmed"


@pytest.mark.parametrize("name", ["api", "worker"])
async def test_a_process_that_dies_is_replaced(service: RunningService, load: Load, name: str) -> None:
    before = service.processes_running(name)
    assert before
    load.start()
    await load.until_told(200)
    victim = min(before)
    os.kill(victim, signal.SIGKILL)
    await load.ended()

    async def replaced() -> bool:
        now = service.processes_running(name)
        return victim not in now and len(now) == len(before) and await asyncio.to_thread(service.ready)

    await eventually(replaced, f"another {name} process is there", BACK_SECONDS)
    await check_everything(load)
    await asyncio.to_thread(service.verify)


@pytest.mark.parametrize("name", ["redis", "postgres"])
async def test_a_server_that_dies_is_started_again(service: RunningService, load: Load, name: str) -> None:
    load.start()
    await load.until_told(200)
    (victim,) = [pid for pid in recorded_pids(service.data_dir) if is_server(pid, name)]
    os.kill(victim, signal.SIGKILL)
    await load.ended()

    async def back() -> bool:
        return not alive(victim) and await asyncio.to_thread(service.ready)

    await eventually(back, f"{name} is back", BACK_SECONDS)
    await check_everything(load)
    await asyncio.to_thread(service.verify)
    await check_news_travel(service)
    await asyncio.to_thread(service.stop)


async def check_news_travel(service: RunningService) -> None:
    """Every API process still hears of a changed warehouse."""
    connector = aiohttp.TCPConnector(force_close=True)  # each call may go to another process
    async with aiohttp.ClientSession(connector=connector) as session:
        shop = Shop(Api(service.url, BOOTSTRAP_KEY, session))
        code = f"W-{shop.prefix}"

        async def told() -> set[bool | None]:
            lists = [await all_rows(shop.api, "/v1/warehouses", limit=200) for _ in range(LOOKS)]
            return {next((row["enabled"] for row in rows if row["code"] == code), None) for rows in lists}

        for enabled in (True, False):
            (await shop.api.put(f"/v1/warehouses/{code}", {"name": "n", "enabled": enabled})).ok()

            async def agreed(wanted: bool = enabled) -> bool:
                return await told() == {wanted}

            await eventually(agreed, f"every process knows that {code} is enabled: {enabled}")


def is_server(pid: int, name: str) -> bool:
    words = {"redis": ("redis", "valkey"), "postgres": ("postgres",)}[name]
    return any(word in command_line(pid)[0] for word in words)


async def test_callers_are_told_when_the_service_cannot_decide(service: RunningService, shop: Shop) -> None:
    """Redis does not answer: 503 within the promised 5 s, never a lie; afterwards the same id works out."""
    await shop.stocked(5)
    order = shop.order(2)
    (redis,) = [pid for pid in recorded_pids(service.data_dir) if is_server(pid, "redis")]
    os.kill(redis, signal.SIGSTOP)
    try:
        async with asyncio.timeout(5):
            answer = await shop.reserve(order)
        assert answer.status == 503, answer
        assert answer.body["code"] in {"not_ready", "outcome_unknown", "overloaded"}
        assert answer.body["retryable"] is True
        (await shop.api.get("/readyz")).problem(503, "not_ready")
        (await shop.api.get("/livez")).ok()
    finally:
        os.kill(redis, signal.SIGCONT)
    await eventually(lambda: asyncio.to_thread(service.ready), "ready again", BACK_SECONDS)
    assert (await shop.reserve(order)).status in {200, 201}
    assert await shop.counters() == (5, 2, 0, 0, 0)


async def test_without_postgres_orders_go_on(service: RunningService, shop: Shop) -> None:
    """The ledger does not answer: everything about orders works, what only the ledger knows is 503 and never 404."""
    await shop.stocked(50)
    await shop.held()  # this caller's connections and the warehouses are known
    (postmaster,) = [pid for pid in recorded_pids(service.data_dir) if is_server(pid, "postgres")]
    stopped = family([postmaster])
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    try:
        paid = await shop.confirmed(2)
        assert (await shop.scan(paid, 1))["result"] == "applied"
        assert (await shop.act(await shop.held(3), "release")).ok()["status"] == "released"
        await shop.move("receive", 5)
        assert await shop.counters() == (54, 1, 1, 0, 0)
        assert (await shop.api.get(f"/v1/reservations/{shop.id('none')}")).problem(503, "not_ready")["retryable"]
        assert (await shop.api.get("/v1/alerts")).problem(503, "not_ready")["retryable"]
    finally:
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)

    async def written() -> bool:
        answer = await shop.api.get("/v1/reservations", {"sku": shop.sku(), "status": "part_shipped"})
        return answer.status == 200 and [row["reservation_id"] for row in answer.body["data"]] == [paid]

    await eventually(written, "the ledger has it all", BACK_SECONDS)
    await asyncio.to_thread(service.verify)


@pytest.fixture
def small_backlog(service: RunningService) -> Iterator[None]:
    """The service again, with little patience for its ledger."""
    service.stop()
    service.environment["INVENTORY_BACKLOG_LIMIT"] = "1000"
    service.start()
    yield
    service.stop()
    del service.environment["INVENTORY_BACKLOG_LIMIT"]
    service.start()


@pytest.mark.usefixtures("small_backlog")
async def test_a_ledger_that_falls_behind_stops_new_holds_only(shop: Shop, service: RunningService) -> None:
    """The writer stands still, the backlog is at its limit: holds are refused, what is promised can be kept."""
    await shop.stocked(100)
    held = [await shop.held() for _ in range(3)]
    (worker,) = service.processes_running("worker")
    os.kill(worker, signal.SIGSTOP)
    try:
        for _ in range(2):
            await shop.movements([shop.movement("receive", 1) for _ in range(1000)])
        order = shop.order()
        problem = (await shop.reserve(order)).problem(503, "overloaded")
        assert problem["retryable"] is True
        assert (await shop.act(held[0], "confirm")).ok()["status"] == "confirmed"
        assert (await shop.act(held[1], "release")).ok()["status"] == "released"
        assert (await shop.scan(held[0]))["result"] == "applied"
        assert (await shop.act(held[2], "extend", {"ttl_seconds": 5})).ok()["outcome"] == "extended"
    finally:
        os.kill(worker, signal.SIGCONT)

    async def taken() -> bool:
        return (await shop.reserve(order)).status == 201

    await eventually(taken, "the ledger has caught up", BACK_SECONDS)


async def test_verify_knows_that_an_outage_puts_deadlines_off(service: RunningService, shop: Shop) -> None:
    """A hold whose deadline passed during the minute of grace is held rightly, and the books say so."""
    await shop.stocked(5)
    due = await shop.held(2, ttl_seconds=1)
    await asyncio.to_thread(service.kill)
    await asyncio.to_thread(service.start)
    await shop.expired(1)  # the sweep has looked at the old deadline as well
    assert (await shop.reservation(due))["status"] == "held"
    await asyncio.to_thread(service.verify)
