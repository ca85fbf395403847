"""Worker processes that tell people, killed and fenced on the way."""

import asyncio
import signal
from pathlib import Path

from inventory_service.bootstrap.worker import EXIT_FENCED
from inventory_service.ledger.pool import Pool
from inventory_service.usecases.clocks import wall_ms
from tests.acceptance.waiting import eventually
from tests.alerts.office import Clock, Office
from tests.alerts.robots import WECOM_KEY, WHSEC, Robots
from tests.bootstrap.running import Running, Start
from tests.kernel import make
from tests.ledger.house import house


class Alarms(Office):
    """Alarms on the real time, as the worker has it."""

    def __init__(self, pool: Pool) -> None:
        clock = Clock()
        clock.now_ms = wall_ms()
        super().__init__(pool, clock)


async def arrived(robots: Robots, chat: int, hook: int) -> None:
    async def probe() -> bool:
        return len(robots.texts["wecom"]) >= chat and len(robots.bodies["webhook"]) >= hook

    await eventually(probe, f"{chat} and {hook} messages", 60)


async def noted(pool: Pool, count: int) -> None:
    async def probe() -> bool:
        sent: int = await pool.fetchval("SELECT count(*) FROM notices WHERE sent_ms > 0")
        return sent >= count

    await eventually(probe, f"{count} notices are noted as sent", 60)


def types(robots: Robots) -> list[str]:
    return [f"{body['type']} {body['data']['alarm']} {body['data']['total']}" for body in robots.bodies["webhook"]]


async def ended(running: Running) -> int:
    return await asyncio.to_thread(running.process.wait, 60)


async def test_killed_between_sending_and_noting_it_sends_the_same_message_again(
    start: Start, robots: Robots, database: Pool
) -> None:
    worker = start("worker")
    await worker.says("gate.opened")
    alarms = Alarms(database)
    robots.hold.clear()  # the webhook has it, and does not say so yet
    await alarms.raise_alarms("deficit", *(f"SKU-{number} SHA" for number in range(327)), deficit=1)
    await arrived(robots, 0, 1)
    worker.process.kill()
    await ended(worker)
    robots.hold.set()
    assert await database.fetchval("SELECT count(*) FROM notices WHERE sent_ms = 0 AND sink = 'hook'") == 1

    successor = start("worker")
    await noted(database, 2)
    assert types(robots) == ["alarm.opened deficit 327"] * 2
    assert robots.webhook_ids[0] == robots.webhook_ids[1]
    assert robots.bodies["webhook"][0] == robots.bodies["webhook"][1]
    await alarms.close_alarms("deficit", *(f"SKU-{number} SHA" for number in range(327)))
    await noted(database, 4)
    assert types(robots)[2:] == ["alarm.over deficit 327"]
    assert successor.end() == 0
    for secret in (WHSEC, WECOM_KEY):
        assert secret not in worker.said() + successor.said()


async def test_of_two_workers_one_tells_and_the_other_takes_over(start: Start, robots: Robots, database: Pool) -> None:
    first = start("worker")
    await first.says("gate.opened")
    second = start("worker")
    await second.says("this one stands by")
    alarms = Alarms(database)
    await alarms.raise_alarms("deficit", "A SHA")
    await noted(database, 2)
    first.process.kill()
    await second.says("gate.opened")
    await alarms.raise_alarms("low_stock", "B SHA")
    await noted(database, 4)
    assert types(robots) == ["alarm.opened deficit 1", "alarm.opened low_stock 1"]
    await second.says("notice.sent")
    assert second.end() == 0


async def test_a_worker_that_slept_past_its_turn_tells_nothing_twice(
    start: Start, robots: Robots, database: Pool, redis_url: str, database_url: str
) -> None:
    first = start("worker")
    await first.says("gate.opened")
    first.process.send_signal(signal.SIGSTOP)
    here = await database.fetchval("SELECT oid FROM pg_database WHERE datname = current_database()")
    lost = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND database = $1"
    await database.execute(lost, here)
    second = start("worker")
    await second.says("gate.opened")
    await Alarms(database).raise_alarms("deficit", "A SHA")
    await noted(database, 2)
    first.process.send_signal(signal.SIGCONT)
    async with house(redis_url, database_url) as caller:
        await caller.do(make.receive("B", 5))
        await first.says("worker.stopped")
    assert await ended(first) == EXIT_FENCED
    assert types(robots) == ["alarm.opened deficit 1"]
    assert len(robots.texts["wecom"]) == 1
    assert second.end() == 0


async def test_a_sink_that_never_answers_holds_up_neither_the_ledger_nor_another_sink(
    start: Start, robots: Robots, database: Pool, redis_url: str, database_url: str
) -> None:
    robots.hold.clear()
    worker = start("worker")
    await worker.says("gate.opened")
    await Alarms(database).raise_alarms("low_stock", "A SHA")
    await arrived(robots, 1, 1)
    async with house(redis_url, database_url) as caller:
        await caller.do(make.receive("A", 5), make.receive("B", 1))

        async def written() -> bool:
            events: int = await database.fetchval("SELECT count(*) FROM ledger_events")
            return events == 2

        await eventually(written, "the ledger follows", 30)
    worker.process.terminate()
    assert await ended(worker) == 0
    assert '"event":"drain.finished"' in worker.said()
    assert await database.fetchval("SELECT under_way FROM notices WHERE sink = 'hook'")


async def test_why_a_sink_fails_is_told_and_counted_without_its_secret(
    start: Start, robots: Robots, database: Pool
) -> None:
    worker = start("worker", WECOM_KEY="wrong-key-of-somebody")
    await worker.says("gate.opened")
    await Alarms(database).raise_alarms("deficit", "A SHA")
    await worker.says("notice.failed")
    assert robots.refused[:1] == [93000]
    assert '"sink":"chat"' in worker.said()
    assert "93000" in worker.said()
    assert "wrong-key" not in worker.said()
    await arrived(robots, 0, 1)
    listed = start("alerts", "list")
    assert await ended(listed) == 0
    assert "Li Na" in listed.said()
    assert "chat: 1 not sent since" in listed.said()
    assert worker.end() == 0


async def test_a_wrong_file_stops_the_start_and_is_named(start: Start, tmp_path: Path) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text('rules = []\n[sinks.a]\ntype = "wecom"\n', encoding="utf-8")
    for command in (("worker",), ("serve", "--port", "0"), ("alerts", "list")):
        running = start(*command, INVENTORY_NOTICES=str(path))
        assert await ended(running) == 2
        assert f"{path}: sinks.a: Object missing required field `key`" in running.said()


async def test_a_test_message_is_sent_and_the_answer_told(start: Start, robots: Robots) -> None:
    test = start("alerts", "test", "chat")
    assert await ended(test) == 0
    assert test.said() == 'chat answered: {"errcode": 0, "errmsg": "ok"}\n'
    (text,) = robots.texts["wecom"]
    assert "这是测试消息，无需处理。" in text
    refused = start("alerts", "test", "hook", HOOK_SECRET="whsec_AAAA")
    assert await ended(refused) == 1
    assert refused.said() == 'error: hook did not take it: status 401: {"error": "no such signature"}\n'
    unknown = start("alerts", "test", "fax")
    assert await ended(unknown) == 1
    assert "There is no sink fax; there are hook, chat." in unknown.said()
    unset = start("alerts", "test", "chat", INVENTORY_NOTICES="")
    assert await ended(unset) == 2
    as_json = start("alerts", "test", "chat", "--json")
    assert await ended(as_json) == 0
    assert '"arrived": true' in as_json.said()
