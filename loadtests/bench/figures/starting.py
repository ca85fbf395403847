"""How soon a process is there: the service on data that it has, and the command line."""

import asyncio
import secrets
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import aiohttp

from inventory_service.outside.service import Service, free_port
from loadtests.bench.forms import ALWAYS, NOT_QUICK, Figure, Form
from loadtests.bench.rows import MILLISECONDS, SECONDS, Reach, Row, alone
from loadtests.bench.servers import server_folder

SKUS = 1_000
IMPORTS_PER_ROUND = 2
_IMPORT = "import time; t = time.perf_counter(); import inventory_service.cli; print(time.perf_counter() - t)"


async def measure_start(_: None, form: Form) -> Sequence[Row]:
    """`serve` with its own servers, from the command to the answer to a reserve."""
    with server_folder() as folder:
        data_dir = folder / "data"
        data_dir.mkdir()
        await _started(data_dir, 0)  # makes the data
        seconds = [await _started(data_dir, number) for number in range(1, form.rounds + 1)]
    return [alone("start of serve on existing data to its first reserve", SECONDS, seconds, Reach(3, at_most=True))]


async def _started(data_dir: Path, number: int) -> float:
    """Seconds to the first reserve. Raises StartFailed."""
    service = Service(data_dir, free_port(0), "bench-" + secrets.token_urlsafe(24))
    began = time.perf_counter()
    try:
        await service.start()
        headers = {"Authorization": f"Bearer {service.api_key}"}
        async with aiohttp.ClientSession(service.url, headers=headers, raise_for_status=True) as session:
            if not number:
                await _stock(session)
            order = {"reservation_id": f"order-{number}", "lines": [{"sku": "S-0", "quantity": 1}]}
            async with session.post("/v1/reservations", json=order):
                return time.perf_counter() - began
    finally:
        await service.stop()


async def _stock(session: aiohttp.ClientSession) -> None:
    async with session.put("/v1/warehouses/W", json={"name": "W", "kind": "warehouse"}):
        pass
    movements = [
        {"movement_id": f"m{n}", "type": "receive", "sku": f"S-{n}", "warehouse": "W", "quantity": 100}
        for n in range(SKUS)
    ]
    async with session.post("/v1/stock/movements", json={"movements": movements}):
        pass


async def measure_import(_: None, form: Form) -> Sequence[Row]:
    """In a fresh process each; the interpreter's own start is not in it."""
    milliseconds = [1000 * await _import_seconds() for _ in range(IMPORTS_PER_ROUND * form.rounds)]
    return [alone("import inventory_service.cli", MILLISECONDS, milliseconds, Reach(150, at_most=True))]


async def _import_seconds() -> float:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", _IMPORT, stdout=pipe)
    said, _ = await process.communicate()
    return float(said)


IMPORT = Figure("import", measure_import, ALWAYS)
START = Figure("start", measure_start, NOT_QUICK)
