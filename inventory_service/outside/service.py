"""The service as a user starts it: `serve` in a process of its own, on loopback, watched from outside."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

HOST = "127.0.0.1"
FAVOURITE_PORT = 8080
START_TIMEOUT_S = 90.0
READY = "Ready: "  # what `serve` prints once every process is
STOP_TIMEOUT_S = 40.0
LOG_TAIL_LINES = 25
# A trial must never reach servers that hold real stock, so no setting of the shell's gets through.
SETTINGS_PREFIX = "INVENTORY_"


class StartFailed(Exception):
    """The service did not become ready; the message carries the end of its log."""


def free_port(wanted: int | None) -> int:
    """`wanted` if it is given, 0: any; else 8080 or, where somebody listens there, any free port.

    Raises StartFailed when `wanted` is taken: whoever answers there must not be mistaken for our service.
    """
    for port in (FAVOURITE_PORT, 0) if wanted is None else (wanted,):
        with socket.socket() as probe, suppress(OSError, OverflowError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((HOST, port))
            return int(probe.getsockname()[1])
    raise StartFailed(f"cannot listen on {HOST}:{wanted}: choose another --port, or leave it out")


class Service:
    """One `serve` child. `stop` is safe to call twice, and before `start`. `settings`: variables of its own."""

    def __init__(self, data_dir: Path, port: int, api_key: str, settings: Mapping[str, str] | None = None) -> None:
        self.data_dir = data_dir
        self.api_key = api_key
        self.url = f"http://{HOST}:{port}"
        self.log_path = data_dir / "serve.log"
        self._port = port
        self._settings = settings or {}
        self._child: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it and wait until a reservation would succeed. Raises StartFailed."""
        with self.log_path.open("wb") as log:
            self._child = await asyncio.create_subprocess_exec(
                *self._command("serve", "--host", HOST, "--port", str(self._port)),
                env=self._environment(),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # a Ctrl-C is ours first: the shoppers leave before the shop closes
            )
        try:
            async with asyncio.timeout(START_TIMEOUT_S):
                await self._ready(self._child)
        except TimeoutError:
            raise StartFailed(f"not ready within {START_TIMEOUT_S:.0f} s\n{self._log_tail()}") from None

    @property
    def pid(self) -> int:
        """Raises StartFailed before `start`."""
        if self._child is None:
            raise StartFailed("it was not started")
        return self._child.pid

    async def verify(self) -> tuple[int, str]:
        """Run the `verify` command beside the service: its exit code and what it printed."""
        child = await asyncio.create_subprocess_exec(
            *self._command("verify"),
            env=self._environment(),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            output, _ = await asyncio.wait_for(child.communicate(), STOP_TIMEOUT_S)
        except (TimeoutError, asyncio.CancelledError):
            with suppress(ProcessLookupError):
                child.kill()
            await child.wait()
            raise
        return int(child.returncode or 0), output.decode(errors="replace").strip()

    async def stop(self) -> int:
        """SIGTERM, then wait; its exit code (a signal's number is negative)."""
        if self._child is None:
            return 0
        with suppress(ProcessLookupError):
            self._child.send_signal(signal.SIGTERM)
        try:
            return await asyncio.wait_for(self._child.wait(), STOP_TIMEOUT_S)
        except TimeoutError:
            with suppress(ProcessLookupError):
                os.killpg(self._child.pid, signal.SIGKILL)
            return await self._child.wait()

    def _command(self, name: str, *arguments: str) -> tuple[str, ...]:
        return (sys.executable, "-m", "inventory_service", name, "--data-dir", str(self.data_dir), *arguments)

    def _environment(self) -> Mapping[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(SETTINGS_PREFIX)}
        return {**kept, **self._settings, "INVENTORY_BOOTSTRAP_KEY": self.api_key}

    async def _ready(self, child: asyncio.subprocess.Process) -> None:
        """Until `serve` says so itself: one of its processes answers /readyz, and only for itself."""
        while child.returncode is None:
            if READY in self.log_path.read_text(errors="replace"):
                return
            await asyncio.sleep(0.1)
        raise StartFailed(f"`serve` ended with exit code {child.returncode}\n{self._log_tail()}")

    def _log_tail(self) -> str:
        lines = self.log_path.read_text(errors="replace").splitlines()
        return "\n".join(lines[-LOG_TAIL_LINES:])
