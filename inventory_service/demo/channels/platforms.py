"""The platforms: each a process of its own, with an API for the service, and doors for its shoppers and for us."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Self

import aiohttp

import inventory_service
from inventory_service.demo.channels.scene import Shop
from inventory_service.outside.service import SETTINGS_PREFIX, StartFailed

START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 5.0
CALL_TIMEOUT_S = 20.0
SOURCE_TREE = Path(inventory_service.__file__).parents[1]

Json = dict[str, Any]


def are_there() -> bool:
    """An installed wheel has no tests, so it has no simulators either."""
    return (SOURCE_TREE / "tests" / "simulators" / "__main__.py").is_file()


class Platform:
    """One shop's platform. Use as `async with`: its process ends with it, and with ours, however that ends."""

    def __init__(self, shop: Shop, push_url: str, log_path: Path) -> None:
        self.shop = shop
        self.url = ""
        self.control_url = ""
        self.credential: Json = {}
        self._push_url = push_url
        self._log_path = log_path
        self._child: asyncio.subprocess.Process | None = None
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=CALL_TIMEOUT_S))

    async def __aenter__(self) -> Self:
        try:
            await self._start()
        except BaseException:
            await self._stop()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stop()

    async def offer(self, articles: Mapping[str, Sequence[str]]) -> None:
        """`articles`: the merchant's code → the platform's product and variant."""
        await self._ask("offer", {"articles": articles})

    async def buy(self, code: str, quantity: int) -> str | None:
        """The platform's id of an unpaid order; None: its page says that it is sold out."""
        bought: str | None = (await self._ask("buy", {"code": code, "quantity": quantity}))["order_id"]
        return bought

    async def change(self, order_id: str, state: str) -> None:
        await self._ask("change", {"order_id": order_id, "state": state})

    async def change_secret(self) -> None:
        """From now on it refuses everything that the old one signed."""
        self.credential = await self._ask("change-secret", {})

    async def books(self) -> Json:
        return await self._ask("books", {})

    async def _start(self) -> None:
        with self._log_path.open("wb") as log:
            self._child = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tests.simulators", self.shop.channel, "--push", self._push_url),
                cwd=SOURCE_TREE,
                env={name: value for name, value in os.environ.items() if not name.startswith(SETTINGS_PREFIX)},
                stdin=asyncio.subprocess.PIPE,  # closed by the system when we are gone: its sign to end
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                start_new_session=True,  # a Ctrl-C is ours first
            )
        told = await self._first_line(self._child.stdout)
        self.url, self.control_url, self.credential = told["url"], told["control"], told["credential"]

    async def _first_line(self, said: asyncio.StreamReader | None) -> Json:
        try:
            async with asyncio.timeout(START_TIMEOUT_S):
                line = await said.readline() if said else b""
            told: Json = json.loads(line)
        except (TimeoutError, ValueError):
            log = self._log_path.read_text(errors="replace")
            raise StartFailed(f"the simulator of {self.shop.channel} did not start\n{log}") from None
        return told

    async def _stop(self) -> None:
        await self._session.close()
        child = self._child
        if child is None:
            return
        if child.stdin is not None:
            child.stdin.close()
        try:
            await asyncio.wait_for(child.wait(), STOP_TIMEOUT_S)
        except TimeoutError:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            await child.wait()

    async def _ask(self, door: str, given: Mapping[str, object]) -> Json:
        async with self._session.post(f"{self.control_url}/{door}", json=given) as answer:
            answer.raise_for_status()
            told: Json = await answer.json()
            return told


@asynccontextmanager
async def running(shops: Sequence[Shop], service_url: str, log_folder: Path) -> AsyncIterator[list[Platform]]:
    """One per shop, all started at once. Raises StartFailed."""
    platforms = [
        Platform(shop, f"{service_url}/v1/channels/{shop.name}/push", log_folder / f"{shop.channel}.log")
        for shop in shops
    ]
    try:
        started = await asyncio.gather(*(each.__aenter__() for each in platforms), return_exceptions=True)
        for outcome in started:
            if isinstance(outcome, BaseException):
                raise outcome
        yield platforms
    finally:
        await asyncio.gather(*(each.__aexit__() for each in platforms))
