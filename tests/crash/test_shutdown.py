"""SIGTERM under load: whoever was let in gets an answer."""

import asyncio
from collections import Counter

import aiohttp

from tests.acceptance.client import Api
from tests.acceptance.service import BOOTSTRAP_KEY, RunningService
from tests.acceptance.shop import Shop
from tests.crash.aftermath import check_everything
from tests.crash.load import Load

REFUSED = {"ClientConnectorError"}  # the doors are closed: nothing was sent


async def test_sigterm_under_load_fails_no_request(service: RunningService, load: Load) -> None:
    load.start()
    await load.until_told(400)
    service.terminate()
    await load.ended_by_service()
    assert await asyncio.to_thread(service.wait_stopped) == 0
    assert set(load.losses) <= REFUSED, load.losses
    await asyncio.to_thread(service.start)
    await check_everything(load)
    await asyncio.to_thread(service.verify)


async def test_callers_with_a_new_connection_each_are_answered_or_refused(service: RunningService, shop: Shop) -> None:
    """No connection that was accepted by the system is cut off because nobody picked it up."""
    await shop.stocked(100_000)
    connector = aiohttp.TCPConnector(force_close=True, limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:
        load = Load(Shop(Api(service.url, BOOTSTRAP_KEY, session)), callers=20)
        await load.prepare()
        load.start()
        await load.until_told(200)
        service.terminate()
        await load.ended_by_service()
    assert await asyncio.to_thread(service.wait_stopped) == 0
    assert set(load.losses) <= REFUSED, load.losses


async def test_the_books_are_written_before_it_ends(service: RunningService, load: Load) -> None:
    """After a clean stop the ledger alone has everything: even without Redis nothing is missing."""
    load.start()
    await load.until_told(400)
    await load.ended()
    await asyncio.to_thread(service.stop)
    done = await asyncio.to_thread(service.cli, "verify")
    assert done.returncode == 0, done.stdout + done.stderr
    await asyncio.to_thread(service.start)
    await check_everything(load)


async def test_restarts_keep_everything(service: RunningService, shop: Shop) -> None:
    await shop.stocked(10)
    held, paid = await shop.held(1, ttl_seconds=3600), await shop.confirmed(2)
    before = [await shop.reservation(held), await shop.reservation(paid), await shop.counters()]
    for _ in range(2):
        await asyncio.to_thread(service.stop)
        await asyncio.to_thread(service.start)
    assert [await shop.reservation(held), await shop.reservation(paid), await shop.counters()] == before


async def test_a_second_sigterm_hurries_and_loses_nothing(service: RunningService, load: Load) -> None:
    load.start()
    await load.until_told(200)
    service.terminate()
    service.terminate()
    await load.ended_by_service()
    await asyncio.to_thread(service.wait_stopped)
    assert Counter(load.losses)
    await asyncio.to_thread(service.start)
    await check_everything(load)
