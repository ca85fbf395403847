"""What is told of the gate while nobody can know."""

import os
import signal

from tests.acceptance.client import Api
from tests.acceptance.processes import command_line, recorded_pids
from tests.acceptance.service import RunningService
from tests.acceptance.waiting import eventually
from tests.telemetry.scrape import scrape


async def test_a_new_worker_does_not_repeat_that_the_gate_is_open(service: RunningService, api: Api) -> None:
    """Its predecessor said so; this one cannot ask, since Redis hangs."""
    redis = [pid for pid in recorded_pids(service.data_dir) if is_redis(pid)]
    assert redis
    (worker,) = service.processes_running("worker")
    assert (await scrape(api)).value("inventory_gate_open") == 1

    async def told(value: int) -> bool:
        return [float(value)] == (await scrape(api)).values("inventory_gate_open")

    for pid in redis:
        os.kill(pid, signal.SIGSTOP)
    try:
        os.kill(worker, signal.SIGKILL)
        await eventually(lambda: told(0), "the gate is told to be closed", 30)
    finally:
        for pid in redis:
            os.kill(pid, signal.SIGCONT)
    await eventually(lambda: told(1), "the gate is told to be open", 30)


def is_redis(pid: int) -> bool:
    return any(word in command_line(pid)[0] for word in ("redis", "valkey"))
