"""The process: killed in the middle it loses and doubles nothing, of two one works, a change is taken over at once."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import asdict, replace
from pathlib import Path

import asyncpg
import pytest

from inventory_service.channels.clock import SystemClock
from inventory_service.domain.shops.credential import Credential
from inventory_service.ledger.hint_book import PostgresHintBook
from inventory_service.ledger.run_book import PostgresRunBook
from inventory_service.ledger.sync_book import PostgresSyncBook
from inventory_service.usecases.sync.ports import RunKind
from inventory_service.usecases.sync.watermark import Window
from tests.acceptance.waiting import eventually
from tests.bootstrap.running import REPOSITORY, START_SECONDS
from tests.channels.channel import HOUR_MS, MINUTE_MS, credential_of
from tests.simulators.generic import GenericSimulator
from tests.simulators.platform import silent
from tests.sync.child import DIES_AT
from tests.sync.house import Registered
from tests.sync.orders import TABLES, Orders

KILLED = -signal.SIGKILL


class Hub:
    """The process, watched by what it says."""

    def __init__(self, log_path: Path, environment: dict[str, str]) -> None:
        self._log_path = log_path
        with log_path.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.sync.child"],
                cwd=REPOSITORY, env={**os.environ, **environment}, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip

    def said(self) -> str:
        return self._log_path.read_text()

    async def says(self, text: str) -> None:
        async def probe() -> bool:
            return text in self.said()

        await eventually(probe, f"{text!r} in:\n{self.said()}", START_SECONDS)

    async def ended(self) -> int:
        async def probe() -> bool:
            return self.process.poll() is not None

        await eventually(probe, f"it ended; it said:\n{self.said()}", START_SECONDS)
        return self.process.returncode


class Mall:
    """Shops on simulated platforms, and the ledger that the hub under test works on."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]", stack: AsyncExitStack) -> None:
        self.pool = pool
        self.orders = Orders(pool)
        self.book, self.hints, self.runs = PostgresSyncBook(pool), PostgresHintBook(pool), PostgresRunBook(pool)
        self._stack = stack
        self._credentials: dict[str, Credential] = {}

    async def open(self, shop: str, pulled_since_ms: int = HOUR_MS) -> GenericSimulator:
        """A shop that has been pulled until so long ago."""
        simulator = GenericSimulator(SystemClock())
        await self._stack.enter_async_context(simulator.serving())
        await self.book.begin(shop, simulator.now_ms() - pulled_since_ms)
        self._credentials[shop] = credential_of(simulator)
        await self.register(Registered(shop, "generic", simulator.url))
        return simulator

    async def register(self, shop: Registered) -> None:
        described = json.dumps(asdict(shop))
        credential = json.dumps(asdict(self._credentials[shop.shop]))
        sql = """
            INSERT INTO shops_registered VALUES ($1, $2, $3)
            ON CONFLICT (shop) DO UPDATE SET described = $2, credential = $3"""
        await self.pool.execute(sql, shop.shop, described, credential)

    async def enter_secret(self, shop: str, simulator: GenericSimulator) -> None:
        newest = self._credentials[shop]
        self._credentials[shop] = replace(newest, version=newest.version + 1, app_secret=simulator.secret)
        await self.register(Registered(shop, "generic", simulator.url))

    async def has(self, shop: str, count: int) -> None:
        async def probe() -> bool:
            return len(await self.orders.all(shop)) == count

        await eventually(probe, f"{count} orders of {shop}", START_SECONDS)

    async def exactly_once(self, shop: str, ids: set[str]) -> None:
        """Each there, and taken in as one version."""
        rows = await self.pool.fetch("SELECT id, versions FROM orders_taken WHERE shop = $1", shop)
        assert {row["id"]: row["versions"] for row in rows} == dict.fromkeys(ids, 1)


Start = Callable[..., Hub]


@pytest.fixture
async def mall(database: "asyncpg.Pool[asyncpg.Record]") -> AsyncIterator[Mall]:
    await database.execute(TABLES)
    await database.execute("CREATE TABLE shops_registered (shop text PRIMARY KEY, described text, credential text)")
    async with AsyncExitStack() as stack:
        yield Mall(database, stack)


@pytest.fixture
def start(redis_url: str, database_url: str, tmp_path: Path, mall: Mall) -> Iterator[Start]:
    urls = {"INVENTORY_REDIS_URL": redis_url, "INVENTORY_DATABASE_URL": database_url}
    started: list[Hub] = []

    def make(dies_at: int = 0) -> Hub:
        started.append(Hub(tmp_path / f"{len(started)}.log", {**urls, DIES_AT: str(dies_at)}))
        return started[-1]

    yield make
    for hub in started:
        hub.process.kill()
        hub.process.wait(10)


async def test_killed_in_the_middle_of_a_poll_it_loses_and_doubles_nothing(mall: Mall, start: Start) -> None:
    simulator = await mall.open("tees")
    placed = simulator.book.place_many(250, 50 * MINUTE_MS, 3 * MINUTE_MS)
    for dies_at in (37, 140):
        assert await start(dies_at).ended() == KILLED
    standing = (await mall.book.progress())[0]
    assert standing.reached_ms < placed[0].modified_ms
    hub = start()
    await mall.has("tees", 250)
    await mall.exactly_once("tees", {order.order_id for order in placed})

    async def succeeded() -> bool:
        return (await mall.book.progress())[0].succeeded_ms > 0

    await eventually(succeeded, hub.said(), START_SECONDS)


async def test_killed_in_the_middle_of_a_backfill_it_tells_the_same(mall: Mall, start: Start) -> None:
    simulator = await mall.open("tees", pulled_since_ms=0)
    placed = simulator.book.place_many(200, 20 * HOUR_MS, HOUR_MS)
    now_ms = simulator.now_ms()
    window = Window((now_ms - 21 * HOUR_MS) // 1000 * 1000, now_ms // 1000 * 1000)
    run = await mall.runs.open("tees", RunKind.BACKFILL, window, "desk", now_ms)
    for dies_at in (45, 90):
        assert await start(dies_at).ended() == KILLED
    start()

    async def done() -> bool:
        found = await mall.runs.one(run.run_id)
        return found is not None and found.ended_ms > 0

    await eventually(done, "the backfill is done", START_SECONDS)
    assert await mall.runs.counts(run.run_id) == {"new": 200}
    await mall.exactly_once("tees", {order.order_id for order in placed})


async def test_of_two_hubs_one_works_and_the_other_takes_over(mall: Mall, start: Start) -> None:
    first = start()
    await first.says("hub.began")
    second = start()
    await second.says("Another hub is at work")
    assert "hub.began" not in second.said()
    first.process.kill()
    await second.says("hub.began")
    simulator = await mall.open("tees")
    simulator.book.place(5 * MINUTE_MS)
    await mall.has("tees", 1)
    second.process.terminate()
    assert await second.ended() == 0


async def test_a_hub_that_lost_its_turn_ends(mall: Mall, start: Start) -> None:
    hub = start()
    await hub.says("hub.began")
    lost = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND database = $1"
    here = await mall.pool.fetchval("SELECT oid FROM pg_database WHERE datname = current_database()")
    await mall.pool.execute(lost, here)
    assert await hub.ended() == 3
    assert "hub.turn_lost" in hub.said()


async def test_a_shop_that_is_silent_delays_no_other(mall: Mall, start: Start) -> None:
    mute, well = await mall.open("mute"), await mall.open("well")
    mute.troubles.extend([silent] * 10_000)
    well.book.place(5 * MINUTE_MS)
    start()
    await mall.has("well", 1)
    order = well.book.place(100 * HOUR_MS)
    await mall.hints.note("well", [order.order_id], well.now_ms())
    await mall.has("well", 2)
    assert await mall.orders.all("mute") == {}


async def test_a_changed_secret_stops_the_shop_and_a_new_one_works_without_a_restart(mall: Mall, start: Start) -> None:
    simulator = await mall.open("tees")
    simulator.change_secret()
    placed = simulator.book.place_many(27, 50 * MINUTE_MS, 5 * MINUTE_MS)
    hub = start()

    async def refused_twice() -> bool:
        return simulator.bad_signatures >= 2

    await eventually(refused_twice, "two polls were refused", START_SECONDS)
    await mall.enter_secret("tees", simulator)
    await mall.has("tees", 27)
    await mall.exactly_once("tees", {order.order_id for order in placed})
    assert hub.process.poll() is None


async def test_a_shop_that_is_registered_changed_or_switched_off_is_taken_over(mall: Mall, start: Start) -> None:
    hub = start()
    await hub.says("hub.began")
    simulator = await mall.open("tees")
    simulator.book.place(5 * MINUTE_MS)
    await mall.has("tees", 1)
    await mall.register(Registered("tees", "generic", simulator.url, enabled=False))
    await hub.says("shop.ended")
    order = simulator.book.place(100 * HOUR_MS)
    await mall.hints.note("tees", [order.order_id], simulator.now_ms())
    assert len(await mall.orders.all("tees")) == 1
    await mall.register(Registered("tees", "generic", simulator.url, responsible="Li Lei"))
    await mall.has("tees", 2)


async def test_a_shop_that_cannot_be_opened_delays_no_other_and_works_once_it_can(mall: Mall, start: Start) -> None:
    simulator, well = await mall.open("tees"), await mall.open("well")
    await mall.register(Registered("tees", "no such platform", simulator.url))
    simulator.book.place(5 * MINUTE_MS)
    well.book.place(5 * MINUTE_MS)
    hub = start()
    await hub.says("shop.unusable")
    await mall.has("well", 1)
    await mall.register(Registered("tees", "generic", simulator.url))
    await mall.has("tees", 1)


async def test_a_bug_in_one_duty_leaves_all_others_at_work(mall: Mall, start: Start) -> None:
    simulator, well = await mall.open("tees"), await mall.open("well")
    broken = "CREATE OR REPLACE FUNCTION breaks() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN 1 / 0; END $$"
    await mall.pool.execute(broken)
    when = "BEFORE INSERT ON orders_taken FOR EACH ROW WHEN (NEW.shop = 'tees')"
    await mall.pool.execute(f"CREATE TRIGGER breaks {when} EXECUTE FUNCTION breaks()")
    simulator.book.place(5 * MINUTE_MS)
    well.book.place(5 * MINUTE_MS)
    hub = start()
    await hub.says("shop.duty_failed")
    await mall.has("well", 1)
    assert hub.process.poll() is None


async def test_asked_to_end_in_the_middle_of_a_silence_it_ends_at_once_and_cleanly(mall: Mall, start: Start) -> None:
    simulator = await mall.open("mute")
    simulator.troubles.extend([silent] * 10_000)
    hub = start()
    await hub.says("shop.begun")
    hub.process.terminate()
    assert await hub.ended() == 0
    assert "Traceback" not in hub.said()
