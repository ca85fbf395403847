"""A whole back office on real servers: kernel, log, ledger and the use cases between them."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from inventory_service.bootstrap.inspector import Inspector
from inventory_service.domain.commands import (
    Command,
    Movement,
    ReservationCommand,
    ScanCommand,
    ShortPick,
    TransferCommand,
)
from inventory_service.domain.events import Entry, Position
from inventory_service.domain.warehouse import Warehouse
from inventory_service.engine.keys import META
from inventory_service.engine.redis_engine import RedisEngine
from inventory_service.engine.redis_log import RedisLog
from inventory_service.engine.redis_state import RedisState
from inventory_service.ledger.alarm_book import PostgresAlarmBook
from inventory_service.ledger.arrival import Arrival
from inventory_service.ledger.case_book import PostgresCaseBook
from inventory_service.ledger.pool import Pool, make_pool
from inventory_service.ledger.reader import PostgresReader
from inventory_service.ledger.snapshots import PostgresSnapshots
from inventory_service.ledger.warehouses import PostgresWarehouses
from inventory_service.ledger.writer import PostgresLedgerWriter
from inventory_service.usecases.clocks import wall_ms
from inventory_service.usecases.mend_deadlines import MendDeadlines
from inventory_service.usecases.open_gate import OpenGate
from inventory_service.usecases.persist_events import PersistEvents
from inventory_service.usecases.verify import Finding, Verify
from inventory_service.workers.write_behind import WriteBehind
from tests.kernel import make

RETENTION_MS = 7 * 24 * 3600 * 1000
START = Position(0, 0)
SHA, PEK = "SHA", "PEK"

# Everything that the writer makes of events; who owns the ledger and what people set up is not part of it.
PROJECTIONS = (
    *("ledger_entries", "ledger_events", "stock_changes", "applied_ids", "reservations", "reservation_lines"),
    *("reservation_allocations", "stock_skus", "stock_levels", "scan_exceptions", "alerts", "dispatches"),
    "transfers",
)


@dataclass
class House:
    pool: Pool
    engine: RedisEngine
    hot: RedisState
    log: RedisLog
    writer: PostgresLedgerWriter
    ledger: PostgresSnapshots
    gate: OpenGate
    persist: PersistEvents
    reader: PostgresReader
    cases: PostgresCaseBook
    warehouses: PostgresWarehouses

    async def open(self) -> Position:
        position = await self.gate.run()
        self.persist.resume(position)
        return position

    def write_behind(self) -> WriteBehind:
        """The worker's loop, as a worker that begins has it."""
        return WriteBehind(self.gate, self.persist, MendDeadlines(self.hot, self.engine))

    async def do(self, *commands: Command) -> list[str]:
        """Run them through the kernel one by one; their codes."""
        return [(await self.ask(command)).code for command in commands]

    async def ask(self, command: Any) -> Any:
        if isinstance(command, Movement):
            return await self.engine.movement(command)
        if isinstance(command, ReservationCommand):
            return await self.engine.reservation(command)
        if isinstance(command, ShortPick):
            return await self.engine.short_pick(command)
        if isinstance(command, TransferCommand):
            return await self.engine.transfer(command)
        if isinstance(command, ScanCommand):
            return await self.engine.scan(command)
        return await self.engine.stock(command)

    async def entries(self, after: Position = START) -> Sequence[Entry]:
        return await self.log.read_after(after, 10_000, 1)

    async def flush(self) -> Position:
        """Carry everything that is acknowledged into the ledger."""
        wanted = (await self.hot.inspect()).position
        while self.persist.position < wanted:
            await self.persist.run_once()
        return self.persist.position

    async def findings(self) -> Mapping[str, Finding]:
        return {finding.name: finding for finding in await Verify(self.ledger, self.hot).run()}


@asynccontextmanager
async def house(
    redis_url: str, database_url: str, *, rebuilds_empty: bool = True, now_ms: Callable[[], int] = wall_ms
) -> AsyncIterator[House]:
    """Not opened yet."""
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(make_pool(database_url, size_max=6))
        hot, looking = (RedisState(redis_url, RETENTION_MS, 1_000_000) for _ in range(2))
        log, inspector, engine = RedisLog(redis_url), Inspector(looking), RedisEngine(redis_url)
        for close in (hot.close, looking.close, log.close, inspector.stop, engine.stop):
            stack.push_async_callback(close)
        await engine.start()
        writer, ledger = PostgresLedgerWriter(pool), PostgresSnapshots(pool)
        yield House(
            pool=pool,
            engine=engine,
            hot=hot,
            log=log,
            writer=writer,
            ledger=ledger,
            gate=OpenGate(hot, writer, ledger, PostgresAlarmBook(pool), rebuilds_empty=rebuilds_empty, now_ms=now_ms),
            persist=PersistEvents(log, writer),
            reader=PostgresReader(pool, Arrival(pool, inspector.acknowledged)),
            cases=PostgresCaseBook(pool),
            warehouses=PostgresWarehouses(pool),
        )


def busy_morning() -> list[Any]:
    """Commands of every kind over two SKUs and two warehouses, with exceptions, refusals and a deficit among them."""
    both = make.route(SHA, PEK)
    return [
        make.receive("A", 100, SHA),
        make.receive("A", 5, PEK),
        make.receive("B", 10, PEK),
        make.policy("A", safety_stock=2, warn_below=90),
        make.policy("B", warehouse=PEK, warn_below=20),
        make.reserve("one", "A*2 B", both, attributes='{"order_ref":"1001","channel":"web","customer_id":"c-1"}'),
        make.reserve("two", "A*10", both),
        make.reserve("three", "A*3", both, ttl_ms=1),
        make.reserve("greedy", "A*500", both),
        make.confirm("one"),
        make.release("two", "A*4", release_id="r-1"),
        make.scan("s-1", "one", "A", 2, SHA),
        make.scan("s-2", "one", "B", 3, PEK),
        make.scan("s-3", "two", "A", 1, PEK),
        make.park("s-4", '{"reservation_id":"late","warehouse":"SHA","sku":"A","quantity":1}', "unknown_reservation"),
        make.move("m-1", "quarantine", "A", 3, SHA),
        make.move("m-2", "count", "B", 1, PEK, force=True),
        make.release("three"),
        make.extend("two", ttl_ms=60_000),
    ]


async def contents(pool: Pool, tables: Sequence[str] = PROJECTIONS) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, in an order of its own."""
    return {
        table: sorted((tuple(row) for row in await pool.fetch(f"SELECT * FROM {table}")), key=repr) for table in tables
    }


def shop(code: str) -> Warehouse:
    return Warehouse(code=code, name=f"Warehouse {code}")


async def forget(house: House) -> None:
    """What the retention does in a week: finished reservations and applied ids leave Redis."""
    keys = await house.hot._keys()
    await house.hot._ask("UNLINK", *keys.remembered)
    for name, record in {name: record async for name, record in house.hot.reservations()}.items():
        if record.ended_ms:
            await house.hot._ask("HDEL", keys.holds, name)
            await house.hot._ask("ZREM", keys.finished, name)


async def pass_time(house: House, time_ms: int) -> None:
    """On the kernel's clock, which never goes back."""
    now_ms = (await house.hot.inspect()).now_ms
    await house.hot._ask("HSET", META, "clock_ms", now_ms + time_ms)
