"""The service that is put under load: a given one, or one of our own on embedded servers in a temporary folder."""

import os
import platform
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from inventory_service.loadtest.options import LoadTestError
from inventory_service.outside.service import Service, StartFailed, free_port

ANSWER_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class Target:
    """`own`: the service that was started for this, None for a given one."""

    url: str
    api_key: str
    version: str
    own: Service | None = None


@asynccontextmanager
async def own_service(folder: Path) -> AsyncIterator[Target]:
    """`serve` on data in `folder`, stopped at the end. Raises LoadTestError."""
    data_dir = folder / "data"
    data_dir.mkdir()
    service = Service(data_dir, free_port(0), "load-" + secrets.token_urlsafe(24))
    try:
        try:
            await service.start()
        except StartFailed as error:
            raise LoadTestError(str(error)) from None
        yield Target(service.url, service.api_key, await _version(service.url, service.api_key), service)
    finally:
        exit_code = await service.stop()
    if exit_code:
        raise LoadTestError(f"the service ended with exit code {exit_code}")


async def given_service(url: str, api_key: str | None) -> Target:
    """The service at `url`. Raises LoadTestError when it does not answer, or not to this key."""
    if not api_key:
        raise LoadTestError("--url needs --api-key, or LOADTEST_API_KEY in the environment")
    return Target(url.rstrip("/"), api_key, await _version(url.rstrip("/"), api_key))


async def _version(url: str, api_key: str) -> str:
    """The service's version, asked for after a call that needs the key."""
    headers = {"Authorization": f"Bearer {api_key}"}
    timeout = aiohttp.ClientTimeout(total=ANSWER_TIMEOUT_S)
    try:
        async with aiohttp.ClientSession(headers=headers, timeout=timeout) as session:
            async with session.get(f"{url}/v1/stock?limit=1") as answer:
                _accepted(url, answer.status)
            async with session.get(f"{url}/openapi.json") as answer:
                return str((await answer.json())["info"]["version"])
    except (aiohttp.ClientError, TimeoutError, ValueError, KeyError) as error:
        raise LoadTestError(f"no inventory service answers at {url}: {error or 'timeout'}") from None


def _accepted(url: str, status: int) -> None:
    if status == 401:
        raise LoadTestError(f"{url} does not know this API key (401)")
    if status == 403:
        raise LoadTestError(f"the key may not read stock at {url} (403): the test needs one with every scope")
    if status != 200:
        raise LoadTestError(f"{url} answers {status} to a look at its stock: `GET {url}/readyz` may say why")


def machine() -> str:
    """Where the load comes from: processors and system, as far as the system tells."""
    model = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        model = next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    return f"{os.cpu_count()} × {model}, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
