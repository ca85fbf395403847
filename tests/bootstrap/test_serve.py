"""`serve` as a whole: its line, its port, its end, and what is left of it when it is killed."""

import asyncio
import os
import signal
import socket
from collections.abc import Iterator

import pytest

from inventory_service.bootstrap.serve import ready_line, reserve_port
from inventory_service.settings import Settings, SettingsError
from tests.acceptance.processes import alive, recorded_pids
from tests.acceptance.service import RunningService
from tests.acceptance.waiting import eventually


@pytest.fixture
def service() -> Iterator[RunningService]:
    with RunningService(workers=2) as running:
        yield running


async def test_ctrl_c_ends_it_as_sigterm_does_and_the_next_start_goes_on(service: RunningService) -> None:
    async def announced() -> bool:
        return f"Ready: {service.url} " in service.log_text()

    await eventually(announced, "one line with the address", within_seconds=60)
    assert len(service.processes_running("api")) == 2
    assert len(service.processes_running("worker")) == 1
    os.kill(service.supervisor, signal.SIGINT)
    assert await asyncio.to_thread(service.wait_stopped) == 0
    assert "Traceback" not in service.log_text()


async def test_its_processes_end_when_the_supervisor_is_killed(service: RunningService) -> None:
    children = service.processes_running("api") | service.processes_running("worker")
    servers = recorded_pids(service.data_dir)
    assert (len(children), len(servers)) == (3, 2)
    os.kill(service.supervisor, signal.SIGKILL)
    assert service._process is not None
    service._process.wait()

    async def gone() -> bool:
        return not any(alive(pid) for pid in children)

    await eventually(gone, "API processes and worker have drained and ended", within_seconds=60)
    # The servers stay, and the next start takes them over instead of failing on their locks.
    await asyncio.to_thread(service.start)
    assert recorded_pids(service.data_dir) == servers
    await asyncio.to_thread(service.stop)
    assert not any(alive(pid) for pid in servers)


def test_a_port_that_somebody_listens_on_is_refused_even_if_it_could_be_shared() -> None:
    with socket.create_server(("127.0.0.1", 0), reuse_port=True) as taken:
        settings = Settings(port=taken.getsockname()[1])
        with pytest.raises(
            SettingsError, match=rf"cannot listen on 127\.0\.0\.1:{settings.port}: Address already in use"
        ):
            reserve_port(settings)


def test_port_0_becomes_a_free_one_that_its_processes_share() -> None:
    with reserve_port(Settings(port=0)) as held:
        port = held.getsockname()[1]
        for _ in range(2):
            with socket.create_server(("127.0.0.1", port), reuse_port=True):
                pass


@pytest.mark.parametrize("host", ["256.0.0.1", "shop..example", f"{'a' * 64}.example"])
def test_a_host_that_does_not_exist_is_a_wrong_setting(host: str) -> None:
    with pytest.raises(SettingsError, match="INVENTORY_HOST"):
        reserve_port(Settings(host=host))


def test_the_ready_line_shows_where_everything_is_and_no_password() -> None:
    given = Settings(host="::1", redis_url="redis://:secret@cache/0", database_url="postgresql://u:secret@db/x")
    assert ready_line(given) == (
        "Ready: http://[::1]:8080 - documentation: http://[::1]:8080/docs - "
        "Redis at redis://***@cache/0, Postgres at postgresql://***@db/x"
    )
