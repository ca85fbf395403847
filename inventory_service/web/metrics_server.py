"""`/metrics` and `/livez` of a process that answers nobody else."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from aiohttp import web

from inventory_service.telemetry.registry import EXPOSITION_TYPE, exposition
from inventory_service.web.answers import json_answer
from inventory_service.web.schemas.operations import Health

log = structlog.get_logger()


@asynccontextmanager
async def metrics_server(host: str, port: int) -> AsyncIterator[None]:
    """Listen as long as the block runs. Raises OSError when the address cannot be used."""
    app = web.Application()
    app.add_routes([web.get("/metrics", _metrics), web.get("/livez", _livez)])
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        log.info("metrics.listening", host=host, port=port)
        yield
    finally:
        await runner.cleanup()


async def _metrics(_request: web.Request) -> web.Response:
    return web.Response(body=await asyncio.to_thread(exposition), headers={"Content-Type": EXPOSITION_TYPE})


async def _livez(_request: web.Request) -> web.Response:
    answer = json_answer(Health("alive"))
    return web.Response(body=answer.body, content_type=answer.content_type)
