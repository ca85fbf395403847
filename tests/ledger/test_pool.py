"""What each error of Postgres says of a change: it certainly did not happen, or it may have."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from inventory_service.domain.errors import NotReady, OutcomeUnknown, Refused
from inventory_service.domain.warehouse import Warehouse
from inventory_service.ledger import pool as pool_module
from inventory_service.ledger.case_book import PostgresCaseBook
from inventory_service.ledger.pool import Pool, changing, make_pool
from inventory_service.ledger.queries import QUERIES
from inventory_service.ledger.warehouses import PostgresWarehouses
from inventory_service.ledger.writer import PostgresLedgerWriter
from tests.kernel import make
from tests.ledger.house import SHA, House, contents

SHANGHAI = Warehouse(code=SHA, name="Shanghai")
RAISE = "DO $$ BEGIN RAISE EXCEPTION 'on purpose' USING ERRCODE = '{}'; END $$"


class LossyProxy:
    """Between asyncpg and Postgres. Once `cut_at` is sent, its answer is swallowed and the connection with it."""

    def __init__(self, upstream: str, folder: Path) -> None:
        self._upstream = upstream
        self._folder = folder
        self.cut_at = b""
        self._server: asyncio.Server | None = None
        self._serving: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        self._server = await asyncio.start_unix_server(self._serve, self._folder / ".s.PGSQL.5432")

    async def stop(self) -> None:
        """Let go of everything before the event loop ends."""
        if self._server:
            self._server.close()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)
        with suppress(ConnectionError, asyncio.CancelledError), closing(writer):
            await self._relay(reader, writer)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up_reader, up_writer = await asyncio.open_unix_connection(self._upstream)
        cut = asyncio.Event()
        forward = asyncio.create_task(self._forward(reader, up_writer, cut))
        try:
            while (chunk := await up_reader.read(1 << 20)) and not cut.is_set():
                writer.write(chunk)
        finally:
            forward.cancel()
            up_writer.close()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, cut: asyncio.Event) -> None:
        while chunk := await reader.read(1 << 20):
            if self.cut_at and self.cut_at in chunk:
                self.cut_at = b""
                cut.set()
            writer.write(chunk)
        writer.close()


@pytest.fixture
async def proxy(database_url: str, tmp_path: Path) -> AsyncIterator[LossyProxy]:
    (folder,) = parse_qs(urlsplit(database_url).query)["host"]
    proxy = LossyProxy(f"{folder}/.s.PGSQL.5432", tmp_path)
    await proxy.start()
    yield proxy
    await proxy.stop()


@asynccontextmanager
async def through(proxy: LossyProxy, database_url: str, tmp_path: Path) -> AsyncIterator[Pool]:
    (folder,) = parse_qs(urlsplit(database_url).query)["host"]
    async with make_pool(database_url.replace(folder, str(tmp_path)), size_max=2) as pool:
        yield pool


@pytest.mark.parametrize(
    "sqlstate",
    [
        *("23505", "25006", "28000", "40001", "40P01", "42501", "42P01", "53100", "53200", "53300"),
        *("55P03", "57014", "57P03"),
    ],
)
async def test_what_postgres_rolled_back_did_not_happen(database: Pool, sqlstate: str) -> None:
    with pytest.raises(NotReady):
        async with changing(database) as connection:
            await connection.execute(RAISE.format(sqlstate))


@pytest.mark.parametrize("sqlstate", ["08006", "08007", "40003", "57P01", "57P02", "58030", "XX000"])
async def test_what_ended_with_its_server_may_have_happened(database: Pool, sqlstate: str) -> None:
    with pytest.raises(OutcomeUnknown):
        async with changing(database) as connection:
            await connection.execute(RAISE.format(sqlstate))


async def test_what_postgres_cannot_hold_is_refused(database: Pool) -> None:
    with pytest.raises(Refused):
        await PostgresWarehouses(database).put(Warehouse(code=SHA, name="\0"))


@pytest.mark.parametrize("place", ["postgresql://nobody@127.0.0.1:1/nothing", "postgresql://inventory:wrong@"])
async def test_who_is_not_let_in_did_nothing(database_url: str, place: str) -> None:
    url = database_url.replace(database_url.split("@", maxsplit=1)[0] + "@", place) if place.endswith("@") else place
    async with make_pool(url, size_max=1) as pool:
        with pytest.raises(NotReady):
            await PostgresWarehouses(pool).put(SHANGHAI)


async def test_who_found_no_free_connection_did_nothing(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "READ_TIMEOUT_S", 0.05)
    async with make_pool(database_url, size_max=1) as pool, pool.acquire():
        with pytest.raises(NotReady):
            await PostgresWarehouses(pool).put(SHANGHAI)


async def test_what_takes_too_long_may_have_happened(database: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "READ_TIMEOUT_S", 0.2)
    async with database.acquire() as other, other.transaction():
        await other.execute("LOCK TABLE warehouses")
        with pytest.raises(OutcomeUnknown):
            await PostgresWarehouses(database).put(SHANGHAI)


async def test_a_backend_that_is_ended_leaves_it_open(database: Pool) -> None:
    with pytest.raises(OutcomeUnknown):
        async with changing(database) as connection:
            await connection.execute("SELECT pg_terminate_backend(pg_backend_pid()), pg_sleep(60)")


async def test_a_warehouse_whose_answer_was_lost_is_there_and_nobody_was_told_no(
    database: Pool, proxy: LossyProxy, database_url: str, tmp_path: Path
) -> None:
    async with through(proxy, database_url, tmp_path) as pool:
        warehouses = PostgresWarehouses(pool)
        await warehouses.refresh()
        proxy.cut_at = b"Shanghai"
        with pytest.raises(OutcomeUnknown):
            await warehouses.put(SHANGHAI)
        assert await database.fetchval("SELECT count(*) FROM warehouses") == 1
        await warehouses.put(SHANGHAI)
        assert await warehouses.lookup(SHA) == SHANGHAI


async def test_an_exception_whose_answer_was_lost_is_closed_and_nobody_was_told_no(
    open_house: House, proxy: LossyProxy, database_url: str, tmp_path: Path
) -> None:
    await open_house.do(make.park("s-1", "{}", "unknown_reservation"))
    await open_house.flush()
    (page,) = (await open_house.reader.exceptions("open", 10, "")).data
    async with through(proxy, database_url, tmp_path) as pool:
        proxy.cut_at = b"seen it"
        with pytest.raises(OutcomeUnknown):
            await PostgresCaseBook(pool).resolve_exception(page.exception_id, "dismissed", "seen it", "me")
        assert not await PostgresCaseBook(pool).resolve_exception(page.exception_id, "dismissed", "seen it", "me")


async def test_a_flush_whose_commit_was_not_answered_is_written_once(
    open_house: House, proxy: LossyProxy, database_url: str, tmp_path: Path
) -> None:
    await open_house.do(make.receive("A", 5, SHA), make.reserve("r", "A*2"))
    entries = await open_house.entries()
    async with through(proxy, database_url, tmp_path) as pool:
        writer = PostgresLedgerWriter(pool)
        await writer.claim()
        proxy.cut_at = b"COMMIT"
        with pytest.raises(NotReady):
            await writer.append(entries)
        once = await contents(open_house.pool)
        assert len(once["ledger_events"]) == 2
        assert await writer.append(entries) == entries[-1].position
    assert await contents(open_house.pool) == once
    row = await open_house.pool.fetchrow(QUERIES["ledger_position"], 0)
    assert row is not None
    assert (row["epoch"], row["seq"]) == entries[-1].position
