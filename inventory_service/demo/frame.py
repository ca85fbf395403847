"""What every demo is played in: the service comes up, something is shown, and it stays up for whoever wants to try."""

import asyncio
import secrets
import shutil
import signal
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

import uvloop
from rich.console import Console

from inventory_service.demo.options import DemoOptions
from inventory_service.demo.screen import WIDTH
from inventory_service.demo.seeding import SeedingFailed
from inventory_service.outside.interrupt import Interrupted, unless_stopped
from inventory_service.outside.service import Service, StartFailed, free_port

INTERRUPTED = 130


class Demo:
    """One run. `stack`: what has to outlive the service, and ends with the run."""

    def __init__(
        self,
        options: DemoOptions,
        console: Console,
        data_dir: Path,
        port: int,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.options = options
        self.console = console
        self.service = Service(data_dir, port, "demo-" + secrets.token_urlsafe(24), settings)
        self.stack = AsyncExitStack()
        self.run_id = secrets.token_hex(3)
        self._stop = asyncio.Event()

    async def show(self) -> bool:
        """Everything there is to see, the proof at its end; whether it holds. Raises StartFailed, SeedingFailed."""
        raise NotImplementedError

    def invite(self) -> None:
        """What one can try now."""
        raise NotImplementedError

    async def run(self) -> int:
        """The exit code: 0 proven, 1 a line of the proof failed or something broke, 130 interrupted."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # SIGHUP: the terminal was closed
            loop.add_signal_handler(number, self._stop.set)
        try:
            async with self.stack, self._running_service() as stopped:
                proven = await unless_stopped(self._stop, self.show())
                if not self.options.exit_after_proof:
                    self.invite()
                    await self._stop.wait()
        except Interrupted:
            return INTERRUPTED
        except (StartFailed, SeedingFailed) as error:
            self.console.print("The demo could not start:", style="red")
            self.console.print(str(error), highlight=False, markup=False, soft_wrap=True)
            return 1
        return 0 if proven and stopped == [0] else 1

    @asynccontextmanager
    async def _running_service(self) -> AsyncIterator[list[int]]:
        """Yields a list that holds the child's exit code afterwards."""
        exit_codes: list[int] = []
        try:
            started = time.monotonic()
            self.console.print("Starting Redis, Postgres and the service …", style="dim")
            await unless_stopped(self._stop, self.service.start())
            self.console.print(f"[green]✓[/] up at {self.service.url} after {time.monotonic() - started:.1f} s")
            yield exit_codes
        finally:
            exit_codes.append(await self.service.stop())
            style = "green" if exit_codes == [0] else "red"
            with suppress(OSError):  # the terminal may be gone
                self.console.print(f"[{style}]service stopped, exit code {exit_codes[0]}[/]", highlight=False)


def perform(makes: Callable[[DemoOptions, Console, Path, int], Demo], options: DemoOptions) -> int:
    """Run it in its folder, which is removed unless something broke; the exit code."""
    console = Console(width=None if Console().is_terminal else WIDTH)
    try:
        port = free_port(options.port)
    except StartFailed as error:
        console.print(f"The demo could not start: {error}", style="red", highlight=False)
        return 1
    data_dir = options.data_dir or _temporary_dir()
    data_dir.mkdir(parents=True, exist_ok=True)
    exit_code = uvloop.run(makes(options, console, data_dir, port).run())
    if exit_code == 1:
        console.print(f"What it left is in {data_dir}", highlight=False, soft_wrap=True)
    elif options.data_dir is None:
        shutil.rmtree(data_dir, ignore_errors=True)
    return exit_code


async def watched(watching: Awaitable[None], work: Awaitable[None]) -> None:
    """`work`, while `watching` goes on beside it."""
    task = asyncio.ensure_future(watching)
    try:
        await work
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _temporary_dir() -> Path:
    path = Path(tempfile.mkdtemp(prefix="inventory-demo-"))
    path.chmod(0o711)  # embedded Postgres may run as another user than root and has to get through
    return path
