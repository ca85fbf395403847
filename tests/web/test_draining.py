"""SIGTERM: what was begun is finished, nobody is cut off, and it ends."""

import asyncio

import aiohttp
import pytest

from inventory_service.web.app import DEFAULT_BOUNDS, create_app
from inventory_service.web.endpoint import Bounds
from inventory_service.web.limits import Limits
from inventory_service.web.server import serve_app
from tests.web.fakes import ADMIN_KEY, UseCases
from tests.web.running import serving, split

RESERVE = {"reservation_id": "r", "lines": [{"sku": "A", "quantity": 1}]}
HEADERS = {"Authorization": f"Bearer {ADMIN_KEY}"}


class Service:
    """`serve_app` as a process runs it."""

    def __init__(self, cases: UseCases, announce_seconds: float = 0.0, bounds: Bounds = DEFAULT_BOUNDS) -> None:
        self.stopping = asyncio.Event()
        self.listening: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.ended = asyncio.create_task(
            serve_app(
                create_app(cases.services(), bounds),
                "127.0.0.1",
                0,
                self.stopping,
                announce_seconds=announce_seconds,
                limits=Limits(idle_grace_seconds=0.3),
                on_listening=self.listening.set_result,
            )
        )

    async def url(self) -> str:
        return f"http://127.0.0.1:{await self.listening}"


async def test_what_is_in_flight_is_finished_and_told() -> None:
    cases = UseCases(gate=asyncio.Event())
    service = Service(cases)
    url = await service.url()
    async with aiohttp.ClientSession(headers=HEADERS) as session:
        call = asyncio.create_task(session.post(f"{url}/v1/reservations", json=RESERVE))
        await cases.entered.wait()
        service.stopping.set()
        with pytest.raises(aiohttp.ClientConnectorError):
            await call_on(session, f"{url}/livez")
        assert cases.gate is not None
        cases.gate.set()
        async with await call as response:
            assert response.status == 201
            assert response.headers["Connection"] == "close"
    await service.ended


async def call_on(session: aiohttp.ClientSession, url: str) -> None:
    """Until it fails, at most a thousand times."""
    for _ in range(1000):
        async with session.get(url):
            pass


async def test_a_kept_connection_gets_one_more_answer() -> None:
    service = Service(UseCases())
    port = int((await service.url()).rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    request = b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n"
    writer.write(request)
    assert (await reader.readuntil(b'{"status":"ready"}')).startswith(b"HTTP/1.1 200 ")
    service.stopping.set()
    await asyncio.sleep(0)
    writer.write(request)
    status, headers, body = split(await reader.read())
    assert (status, headers["connection"]) == (503, "close")
    assert b'"reasons":["draining"]' in body
    writer.close()
    await service.ended


async def test_a_call_whose_caller_was_told_unknown_is_finished_too() -> None:
    cases = UseCases(gate=asyncio.Event())
    service = Service(cases, bounds=Bounds(answer=0.01))
    url = await service.url()
    async with (
        aiohttp.ClientSession(headers=HEADERS) as session,
        session.post(f"{url}/v1/reservations", json=RESERVE) as response,
    ):
        assert (await response.json(content_type=None))["code"] == "outcome_unknown"
    service.stopping.set()
    done, _ = await asyncio.wait({service.ended}, timeout=0.5)
    assert not done
    assert cases.gate is not None
    cases.gate.set()
    await service.ended
    assert cases.finished == 1


async def test_connections_that_stay_idle_do_not_hold_it_up() -> None:
    service = Service(UseCases())
    port = int((await service.url()).rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    service.stopping.set()
    async with asyncio.timeout(5):
        await service.ended
        assert await reader.read() == b""
    writer.close()


async def test_it_says_no_for_a_while_before_it_closes() -> None:
    service = Service(UseCases(), announce_seconds=0.2)
    url = await service.url()
    service.stopping.set()
    await asyncio.sleep(0)
    async with aiohttp.ClientSession(headers=HEADERS) as session:
        async with session.get(f"{url}/readyz") as response:
            assert response.status == 503
        async with session.post(f"{url}/v1/reservations", json=RESERVE) as response:
            assert response.status == 201
    await service.ended


@pytest.mark.parametrize("kept", [True, False], ids=["kept connections", "new connections"])
async def test_no_call_fails_under_load(kept: bool) -> None:
    """Twenty callers hammer until they are refused a connection: nothing else may happen to them."""
    for _ in range(5):
        service = Service(UseCases())
        url = await service.url()
        hammer = Hammer(url, kept)
        callers = [asyncio.create_task(hammer.run()) for _ in range(20)]
        await hammer.busy.wait()
        service.stopping.set()
        await asyncio.gather(*callers)
        await service.ended


class Hammer:
    """Calls that are answered until a connection is refused. `busy`: two hundred were answered."""

    def __init__(self, url: str, kept: bool) -> None:
        self.url = url
        self.kept = kept
        self.answered = 0
        self.busy = asyncio.Event()

    async def run(self) -> None:
        """Raises at anything but 201 and a refused connection."""
        connector = aiohttp.TCPConnector(force_close=not self.kept)
        async with aiohttp.ClientSession(headers=HEADERS, connector=connector) as session:
            try:
                for _ in range(100_000):
                    await self._call(session)
            except aiohttp.ClientConnectorError:
                return
        raise AssertionError("never refused")

    async def _call(self, session: aiohttp.ClientSession) -> None:
        async with session.post(f"{self.url}/v1/reservations", json=RESERVE) as response:
            assert response.status == 201
            await response.read()
        self.answered += 1
        if self.answered == 200:
            self.busy.set()


async def test_two_servers_share_a_port() -> None:
    async with serving() as first:
        stopping = asyncio.Event()
        second = asyncio.create_task(serve_app(create_app(UseCases().services()), "127.0.0.1", first.port, stopping))
        stopping.set()
        await second
        assert (await first.get("/livez")).status == 200
