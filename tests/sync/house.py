"""A shop on a simulated platform, and everything of the sync for it, on a Postgres of the test's own."""

from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import asyncpg

from inventory_service.channels.clock import Clock
from inventory_service.channels.registry import open_adapter
from inventory_service.channels.shop import Shop as ChannelShop
from inventory_service.ledger.alarm_book import PostgresAlarmBook
from inventory_service.ledger.hint_book import PostgresHintBook
from inventory_service.ledger.item_book import PostgresItemBook
from inventory_service.ledger.run_book import PostgresRunBook
from inventory_service.ledger.sync_book import PostgresSyncBook
from inventory_service.usecases.shops.ports import CredentialSource
from inventory_service.usecases.sync.adapter import Adapter, HasQueue
from inventory_service.usecases.sync.backfill import Backfill
from inventory_service.usecases.sync.compare import Compare
from inventory_service.usecases.sync.duty import Line
from inventory_service.usecases.sync.follow_hints import FollowHints
from inventory_service.usecases.sync.poll import PollShop
from inventory_service.usecases.sync.ports import RunKind
from inventory_service.usecases.sync.queue import DrainQueue
from inventory_service.usecases.sync.runs import ManageRuns
from inventory_service.usecases.sync.silence import WatchSilence
from inventory_service.usecases.sync.taking import Taking
from inventory_service.usecases.sync.work_runs import WorkRuns, WorksThrough
from inventory_service.usecases.sync.write_back import ManageItems, WriteBack
from tests.channels.channel import MINUTE_MS, Safe, credential_of, simulator_of
from tests.simulators.clock import SimulatedClock
from tests.simulators.platform import Simulator
from tests.sync.orders import TABLES, Orders

BURST = 2
# As far as the service's own tables have to know it.
SET_UP = """
WITH shop AS (
    INSERT INTO shops (shop, channel, title, responsible, base_url, hold_seconds, settings, enabled)
    VALUES ('tees', $1, 'Tees', 'Wang Fang', 'http://127.0.0.1:1', 1800, '{}', true) RETURNING shop)
INSERT INTO shop_credentials (shop, version, app_key, sealed, set_ms, set_by, renewed_ms, renews)
SELECT shop, 1, 'key', '\\x01', 0, 'desk', 0, false FROM shop"""


@dataclass(frozen=True)
class Registered:
    """Implements `usecases.sync.ports.Shop`."""

    shop: str
    channel: str
    base_url: str
    responsible: str = "Wang Fang"
    settings: Mapping[str, object] = field(default_factory=dict)
    enabled: bool = True
    paused_reason: str = ""


@dataclass
class Registry:
    """Implements `usecases.sync.ports.Shops`."""

    shops: dict[str, Registered] = field(default_factory=dict)

    def all(self) -> Mapping[str, Registered]:
        return self.shops

    async def lookup(self, shop: str) -> Registered | None:
        return self.shops.get(shop)

    async def refresh(self) -> None:
        """There is nothing behind it."""


@dataclass
class Watch:
    """Implements `usecases.sync.ports.CallWatch`: two refusals of the same version in a row stop the shop."""

    safe: Safe
    refusals: list[int] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    async def may_call(self, shop: str) -> bool:
        return len(self.refusals) < BURST or self.refusals[-1] != self.safe.versions[0].version

    async def refused(self, shop: str, which: str, said: str) -> None:
        version = self.safe.versions[0].version
        self.refusals = [*(each for each in self.refusals if each == version), version]
        if len(self.refusals) == BURST:
            self.told.append(which)

    async def went_well(self, shop: str) -> None:
        self.refusals.clear()


@dataclass
class Told:
    """Implements `usecases.sync.ports.Tells`."""

    calls: Counter[tuple[str, str]] = field(default_factory=Counter)
    orders: Counter[str] = field(default_factory=Counter)
    pushes: Counter[str] = field(default_factory=Counter)

    def called(self, channel: str, duty: str, outcome: str) -> None:
        self.calls[duty, outcome] += 1

    def took(self, channel: str, outcome: str) -> None:
        self.orders[outcome] += 1

    def pushed(self, channel: str, outcome: str) -> None:
        self.pushes[outcome] += 1


@dataclass
class Shelves:
    """Implements `usecases.sync.ports.ReadsAvailable`."""

    units: dict[str, int] = field(default_factory=dict)

    async def available(self, channel: str, skus: Sequence[str]) -> Mapping[str, int]:
        return {sku: self.units[sku] for sku in skus if sku in self.units}


class House:
    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]", simulator: Simulator, clock: SimulatedClock) -> None:
        self.pool, self.simulator, self.clock = pool, simulator, clock
        self.safe = Safe([credential_of(simulator)])
        self.registered = Registered("tees", simulator.name, simulator.url)
        self.shops = Registry({"tees": self.registered})
        self.watch, self.told, self.orders = Watch(self.safe), Told(), Orders(pool)
        self.shelves = Shelves()
        self.adapter = opened_adapter(self.registered, self.safe, clock)
        self.line = Line(self.registered, self.adapter, self.watch, self.told)
        self.book, self.hints = PostgresSyncBook(pool), PostgresHintBook(pool)
        self.run_book, self.item_book = PostgresRunBook(pool), PostgresItemBook(pool)
        self.alarms = PostgresAlarmBook(pool)
        self.polling = PollShop(self.line, self.book, self.hints, self.orders, clock.now_ms)
        self.runs = ManageRuns(self.shops, self.run_book, self.hints, clock.now_ms)
        self.items = ManageItems(self.shops, self.item_book)
        self.hub_works = True
        self.silence = WatchSilence(self.shops, self.book, self.alarms, self._hub_works, clock.now_ms)

    async def _hub_works(self) -> bool:
        return self.hub_works

    async def poll(self) -> float:
        return await self.polling.run_once()

    def following(self) -> FollowHints:
        return FollowHints(self.line, self.book, self.hints, self.orders, self.clock.now_ms)

    async def follow(self) -> float:
        return await self.following().run_once()

    async def drain(self) -> float:
        assert isinstance(self.adapter, HasQueue)
        return await DrainQueue(self.line, self.adapter, self.hints, self.clock.now_ms).run_once()

    def working(self) -> WorkRuns:
        """Backfills and checks, as a process that has just begun does them."""
        taking = Taking(self.orders, self.book, self.told)
        backfill = Backfill(self.line, self.run_book, self.orders, taking)
        check = Compare(self.line, self.run_book, self.book, self.orders, self.alarms, self.clock.now_ms)
        kinds: dict[RunKind, WorksThrough] = {RunKind.BACKFILL: backfill, RunKind.CHECK: check}
        return WorkRuns(self.line, self.run_book, kinds, self.clock.now_ms)

    async def work(self) -> None:
        """Until nothing is due."""
        working = self.working()
        while await self.run_book.due("tees", self.clock.now_ms()) is not None:
            await working.run_once()

    async def write_back(self) -> float:
        return await WriteBack(self.line, self.item_book, self.shelves, self.clock.now_ms).run_once()

    async def open_alarms(self, rule: str) -> dict[str, int]:
        rows = await self.pool.fetch("SELECT cause, count FROM alerts WHERE rule = $1 AND state <> 'closed'", rule)
        return {row["cause"]: row["count"] for row in rows}

    def enter_secret(self) -> None:
        """A person enters the platform's new secret as a new version."""
        newest = self.safe.versions[0]
        self.safe.versions = [replace(newest, version=newest.version + 1, app_secret=self.simulator.secret)]


def opened_adapter(shop: Registered, safe: CredentialSource, clock: Clock) -> Adapter:
    channel_shop = ChannelShop(
        name=shop.shop, platform=shop.channel, base_url=shop.base_url, calls_per_second=1000, answer_ms_max=2000
    )
    return open_adapter(channel_shop, safe, clock)


@asynccontextmanager
async def house(platform: str, pool: "asyncpg.Pool[asyncpg.Record]") -> AsyncIterator[House]:
    """Its first poll has been made: what is placed from now on is new."""
    clock = SimulatedClock()
    simulator = simulator_of(platform, clock)
    await pool.execute(TABLES)
    await pool.execute(SET_UP, platform)
    async with simulator.serving():
        made = House(pool, simulator, clock)
        try:
            await made.poll()
            clock.advance(5 * MINUTE_MS)
            yield made
        finally:
            await made.adapter.close()
