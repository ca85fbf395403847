"""The demo from start to stop: service up, stock in, sale, proof, and then it stays up for whoever wants to try."""

import asyncio
import secrets
import shutil
import signal
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from random import Random

import uvloop
from rich.console import Console

from inventory_service.demo import farewell, statement, view
from inventory_service.demo.client import InventoryClient
from inventory_service.demo.crowd import gather_crowd
from inventory_service.demo.options import DemoOptions
from inventory_service.demo.proof import prove
from inventory_service.demo.sale import Board, hold_sale
from inventory_service.demo.scene import CATALOGUE, warehouses
from inventory_service.demo.seeding import SeedingFailed, seed
from inventory_service.outside.interrupt import Interrupted, unless_stopped
from inventory_service.outside.service import Service, StartFailed, free_port

SEED = 20261111  # the same crowd every time
INTERRUPTED = 130


def run_demo(options: DemoOptions) -> int:
    """Run it; the exit code: 0 proven, 1 a line of the proof failed or something broke, 130 interrupted."""
    console = Console(width=None if Console().is_terminal else view.WIDTH)
    try:
        port = free_port(options.port)
    except StartFailed as error:
        console.print(f"The demo could not start: {error}", style="red", highlight=False)
        return 1
    data_dir = options.data_dir or _temporary_dir()
    data_dir.mkdir(parents=True, exist_ok=True)
    exit_code = uvloop.run(_Demo(options, console, data_dir, port).run())
    if exit_code == 1:
        console.print(f"What it left is in {data_dir}", highlight=False, soft_wrap=True)
    elif options.data_dir is None:
        shutil.rmtree(data_dir, ignore_errors=True)
    return exit_code


def _temporary_dir() -> Path:
    path = Path(tempfile.mkdtemp(prefix="inventory-demo-"))
    path.chmod(0o711)  # embedded Postgres may run as another user than root and has to get through
    return path


class _Demo:
    def __init__(self, options: DemoOptions, console: Console, data_dir: Path, port: int) -> None:
        self._options = options
        self._console = console
        self._service = Service(data_dir, port, "demo-" + secrets.token_urlsafe(24))
        self._stop = asyncio.Event()
        self._run = secrets.token_hex(3)
        self._hot_sku = f"NOVA-X1-{self._run}"

    async def run(self) -> int:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # SIGHUP: the terminal was closed
            loop.add_signal_handler(number, self._stop.set)
        try:
            async with self._running_service() as stopped:
                proven = await unless_stopped(self._stop, self._show())
                if not self._options.exit_after_proof:
                    farewell.invite(self._console, self._service.url, self._service.api_key, self._hot_sku)
                    await self._stop.wait()
        except Interrupted:
            return INTERRUPTED
        except (StartFailed, SeedingFailed) as error:
            self._console.print("The demo could not start:", style="red")
            self._console.print(str(error), highlight=False, markup=False, soft_wrap=True)
            return 1
        return 0 if proven and stopped == [0] else 1

    @asynccontextmanager
    async def _running_service(self) -> AsyncIterator[list[int]]:
        """Yields a list that holds the child's exit code afterwards."""
        exit_codes: list[int] = []
        try:
            started = time.monotonic()
            self._console.print("Starting Redis, Postgres and the service …", style="dim")
            await unless_stopped(self._stop, self._service.start())
            self._console.print(f"[green]✓[/] up at {self._service.url} after {time.monotonic() - started:.1f} s")
            yield exit_codes
        finally:
            exit_codes.append(await self._service.stop())
            style = "green" if exit_codes == [0] else "red"
            with suppress(OSError):  # the terminal may be gone
                self._console.print(f"[{style}]service stopped, exit code {exit_codes[0]}[/]", highlight=False)

    async def _show(self) -> bool:
        random = Random(SEED)
        options = self._options
        async with InventoryClient(self._service.url, self._service.api_key) as client:
            movements = await seed(client, self._run, self._hot_sku, options.units, random)
            self._console.print(
                f"[green]✓[/] {len(warehouses())} warehouses, {len(CATALOGUE) + 1} SKUs, {movements:,} deliveries"
            )
            before = await statement.take_stock(client, [self._hot_sku, *CATALOGUE])
            crowd = gather_crowd(options.shoppers, self._hot_sku, options.seconds, random)
            client.pulse.clear()
            board = Board(options, self._hot_sku, crowd, client.pulse)
            await self._watched(board, hold_sale(client, board, self._run, random))
            self._console.print("Asking about every reservation and every SKU, then `verify` …", style="dim")
            said = await self._hear(client, board, before)
        checks = prove(board.book, said, self._hot_sku, options.units, board.overpromised_looks)
        farewell.show_proof(self._console, checks, board)
        return all(check.holds for check in checks)

    async def _watched(self, board: Board, sale: Awaitable[None]) -> None:
        watching = asyncio.create_task(view.watch(self._console, board))
        try:
            await sale
        finally:
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching

    async def _hear(
        self, client: InventoryClient, board: Board, before: dict[str, statement.Counters]
    ) -> statement.Statement:
        statuses, quantities = await statement.take_statuses(client, board.book, self._hot_sku)
        redis = await statement.take_stock(client, list(before))
        ledger = await statement.take_settled_stock(client, redis)
        exit_code, output = await self._service.verify()
        return statement.Statement(statuses, quantities, before, redis, ledger, exit_code, output)
