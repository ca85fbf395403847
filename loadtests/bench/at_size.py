"""How verify, rebuild and one SKU with very many holds behave as the shop grows: seconds and peak memory.

`python -m loadtests.bench.at_size --skus 100000 --holds 20000 --hot-holds 100000`; a hold takes an SKU of its own.
"""

import asyncio
import os
import secrets
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Annotated, Any

import asyncpg
import msgspec
import typer
import uvloop

from inventory_service.bootstrap.inspector import Inspector
from inventory_service.domain.commands import LineRequest, Movement, Reserve, Route, SetPolicy
from inventory_service.domain.ids import digest, fingerprint
from inventory_service.embedded.postgres import PostgresServer
from inventory_service.engine.kernel import Kernel
from inventory_service.engine.redis_log import KEEP_MS, RedisLog
from inventory_service.engine.redis_state import RedisState
from inventory_service.ledger.alarm_book import PostgresAlarmBook
from inventory_service.ledger.arrival import Arrival
from inventory_service.ledger.migrator import migrate
from inventory_service.ledger.pool import WRITE_TIMEOUT_S, Pool, make_pool
from inventory_service.ledger.reader import PostgresReader
from inventory_service.ledger.snapshots import PostgresSnapshots
from inventory_service.ledger.writer import PostgresLedgerWriter
from inventory_service.telemetry import configure_logs
from inventory_service.usecases.open_gate import OpenGate
from inventory_service.usecases.persist_events import PersistEvents
from inventory_service.usecases.ports import ReservationFilter
from loadtests.bench.big_ledger import TTL_MS, WAREHOUSE, grow
from loadtests.bench.servers import running_servers

HOT = "HOT"
ROUTE = Route((WAREHOUSE,), (), False, 0)
BATCH = 250
BACKLOG_MAX = 20_000
PAGE = 200
BACKLOG_LIMIT = 10**9


@dataclass
class Shop:
    redis_url: str
    database_url: str
    kernel: Kernel
    hot: RedisState
    gate: OpenGate
    persist: PersistEvents
    reader: PostgresReader
    pool: Pool

    async def do(self, commands: Iterator[Any]) -> None:
        """All of them, and the ledger has them too."""
        await self.fill(commands, BACKLOG_MAX)
        await self.catch_up()

    async def fill(self, commands: Iterator[Any], backlog_max: int) -> None:
        """All of them; the ledger gets some when it lacks more than `backlog_max` events."""
        await self.kernel.refresh()
        not_after_ms = await self.kernel.now_ms() + TTL_MS
        while batch := list(islice(commands, BATCH)):
            reply = await self.kernel.run(batch, not_after_ms, 30.0)
            codes = {msgspec.msgpack.decode(outcome)[0] for outcome in reply.outcomes}
            if reply.header.status != "ok" or not codes <= {"applied", "held"}:
                raise RuntimeError(f"answered {reply.header.status}: {codes}")
            if (await self.hot.inspect()).backlog_events > backlog_max:
                await self.persist.run_once(1)

    async def catch_up(self) -> None:
        while self.persist.position < (await self.hot.inspect()).position:
            await self.persist.run_once(1)


@asynccontextmanager
async def shop(keep_ms: int = KEEP_MS) -> AsyncIterator[Shop]:
    """Servers of our own, durable as in production, with an empty service on them.

    `keep_ms`: how long Redis keeps entries that the ledger has.
    """
    async with AsyncExitStack() as stack:
        _, redis, postgres = await stack.enter_async_context(running_servers("size"))
        await _create(postgres)
        url = postgres.url_of("size")
        pool = await stack.enter_async_context(make_pool(url, size_max=4, timeout_s=WRITE_TIMEOUT_S))
        hot, looking = (RedisState(redis.url, 7 * 86_400_000, BACKLOG_LIMIT) for _ in range(2))
        log, kernel, inspector = RedisLog(redis.url, keep_ms), Kernel(redis.url), Inspector(looking)
        for close in (hot.close, looking.close, log.close, inspector.stop, kernel.close):
            stack.push_async_callback(close)
        writer = PostgresLedgerWriter(pool)
        gate = OpenGate(hot, writer, PostgresSnapshots(pool), PostgresAlarmBook(pool), rebuilds_empty=True)
        persist = PersistEvents(log, writer)
        persist.resume(await gate.run())
        reader = PostgresReader(pool, Arrival(pool, inspector.acknowledged))
        yield Shop(redis.url, url, kernel, hot, gate, persist, reader, pool)


async def _create(server: PostgresServer) -> None:
    connection = await asyncpg.connect(server.url_of("postgres"))
    await connection.execute("CREATE DATABASE size")
    await connection.close()
    connection = await asyncpg.connect(server.url_of("size"))
    await migrate(connection)
    await connection.close()


def movement(name: str, kind: str, sku: str, quantity: int) -> Movement:
    ids = (name, digest("movement", "size", name), fingerprint({"name": name}), "size")
    return Movement(*ids, kind, sku, WAREHOUSE, quantity, [], True, "", "")


def reserve(name: str, sku: str) -> Reserve:
    ids = (name, digest("reservation", name), fingerprint({"name": name}), "size", f"op-{name}")
    return Reserve(*ids, TTL_MS, [LineRequest(sku, 1)], False, "{}", [], "", ROUTE)


def child(shop: Shop, *arguments: str) -> str:
    """A command of the program: its time, processor time, peak memory and exit status."""
    urls = {"INVENTORY_REDIS_URL": shop.redis_url, "INVENTORY_DATABASE_URL": shop.database_url}
    began = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603  # our own program
        [sys.executable, "-m", "inventory_service", *arguments], env={**os.environ, **urls}, stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds, busy = time.perf_counter() - began, usage.ru_utime + usage.ru_stime
    return f"{seconds:.1f} s, {busy:.1f} s of it its own, peak {usage.ru_maxrss // 1024} MiB, exit {process.returncode}"


async def timed(name: str, work: Callable[[], Awaitable[Any]]) -> None:
    began = time.perf_counter()
    await work()
    typer.echo(f"  {name}: {(time.perf_counter() - began) * 1000:,.1f} ms")


async def at_size(shop: Shop, skus: int, holds: int) -> None:
    for arguments in (["rebuild", "--old-primary-is-dead"], ["verify"]):
        figures = await asyncio.to_thread(child, shop, *arguments)
        typer.echo(f"{skus:,} SKUs, {holds:,} open holds: {arguments[0]} {figures}")


async def hot_sku(shop: Shop, holds: int) -> None:
    """Reads and changes of the SKU that everybody holds, the ledger's share of them included."""
    typer.echo(f"one SKU with {holds:,} open holds")
    await shop.do(iter([movement("hot", "receive", HOT, holds)]))
    await shop.do(reserve(f"hot-{n}", HOT) for n in range(holds))
    wanted, cursors = ReservationFilter(sku=HOT), [""]

    async def page(of: ReservationFilter) -> None:
        found = await shop.reader.reservations(of, PAGE, cursors[-1])
        cursors.append(found.next_cursor)

    for _ in range(3):
        await timed(f"a page of {PAGE} holds", lambda: page(wanted))
    cursors.append("")
    await timed("a page of those held in one warehouse", lambda: page(ReservationFilter(HOT, WAREHOUSE, "held")))
    changes: Sequence[tuple[str, Any]] = (
        ("movement", movement("m-1", "adjust", HOT, 5)),
        ("policy", SetPolicy(HOT, "", 0, holds, "size", secrets.token_hex(4), [], [])),
        ("count that makes a deficit", movement("m-2", "count", HOT, 10)),
        ("movement in deficit, with orders at risk", movement("m-3", "adjust", HOT, 1)),
    )
    for name, command in changes:
        await timed(name, lambda command=command: shop.do(iter([command])))  # type: ignore[misc]


async def run(sizes: Sequence[int], holds: int, hot_holds: int) -> None:
    async with shop() as opened:
        made = 0
        for skus in sizes:
            await grow(opened.pool, made, skus, holds)
            made = skus
            await at_size(opened, skus, holds)
        opened.persist.resume(await opened.gate.run())  # the rebuild took the ledger over
        if hot_holds:
            await hot_sku(opened, hot_holds)


def main(
    skus: Annotated[str, typer.Option(help="Sizes, one after the other.")] = "100000",
    holds: int = 20_000,
    hot_holds: int = 100_000,
) -> None:
    """Print the figures."""
    configure_logs("error")
    uvloop.run(run([int(size) for size in skus.split(",")], holds, hot_holds))


if __name__ == "__main__":
    typer.run(main)
