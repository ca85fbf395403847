"""`doctor` and `status` when something is away: that is when people run them."""

import json

import pytest
from redis.asyncio import Redis

from tests.acceptance.processes import recorded_pids
from tests.acceptance.service import RunningService
from tests.cli.terminal import Commands
from tests.cli.test_screens import run

DEAD_REDIS = "redis://:hunter2secret@127.0.0.1:1/0"
DEAD_POSTGRES = "postgresql://inventory:hunter2secret@127.0.0.1:1/inventory"


def verdicts(redis_url: str, database_url: str) -> dict[str, tuple[str, str]]:
    """(topic name) → verdict and mend. What it says must be without secrets."""
    urls = {"INVENTORY_REDIS_URL": redis_url, "INVENTORY_DATABASE_URL": database_url}
    said = run("doctor", "--json", **urls)
    assert "hunter2secret" not in said.stdout + said.stderr
    lines = said_lines(said.stdout)
    assert said.returncode == int(any(verdict == "wrong" for verdict, _ in lines.values())), said
    return lines


def said_lines(text: str) -> dict[str, tuple[str, str]]:
    return {f"{line['topic']} {line['name']}": (line["verdict"], line["mend"]) for line in json.loads(text)}


async def test_redis_is_away(database_url: str) -> None:
    told = verdicts(DEAD_REDIS, database_url)
    assert told["redis server"] == ("wrong", "Start it, or set INVENTORY_REDIS_URL right.")
    assert told["postgres server"][0] == told["postgres migrations"][0] == "ok"
    assert told["service worker"][0] == "wrong"
    assert "service gate" not in told


async def test_postgres_is_away(redis: Redis, redis_url: str) -> None:
    before = await redis.info("commandstats")
    told = verdicts(redis_url, DEAD_POSTGRES)
    assert told["postgres server"] == ("wrong", "Start it, or set INVENTORY_DATABASE_URL right.")
    assert told["redis server"][0] == told["redis durability"][0] == "ok"
    assert told["service gate"][0] == "wrong"
    after = await redis.info("commandstats")
    used = {name for name in after if after[name]["calls"] != before.get(name, {"calls": 0})["calls"]}
    assert used <= {
        f"cmdstat_{name}"
        for name in ("info", "time", "hmget", "zcard", "config|get", "auth", "hello", "select", "client|setinfo")
    }


def test_both_are_away() -> None:
    told = verdicts(DEAD_REDIS, DEAD_POSTGRES)
    assert told["redis server"][0] == told["postgres server"][0] == "wrong"
    assert told["machine python"][0] == "ok"


async def test_a_schema_that_is_not_there_and_a_redis_that_forgets(
    redis: Redis, redis_url: str, empty_database_url: str
) -> None:
    await redis.config_set("appendfsync", "everysec")
    try:
        told = verdicts(redis_url, empty_database_url)
    finally:
        await redis.config_set("appendfsync", "always")
    assert told["postgres migrations"] == ("wrong", "Run `inventory-service migrate up`.")
    assert told["redis durability"] == ("wrong", "Run `CONFIG SET appendfsync always`, and keep it.")


async def test_the_gate_says_what_the_worker_will_say(redis: Redis, redis_url: str, database_url: str) -> None:
    await redis.hset("{inv:0}:meta", mapping={"deployment": "another", "position": "1-5", "seq": "5"})
    verdict, mend = verdicts(redis_url, database_url)["service gate"]
    assert verdict == "wrong"
    assert "one of the URLs is wrong" in mend
    assert "rebuild --old-primary-is-dead" in mend


def test_a_killed_service_is_told_and_left_alone() -> None:
    with RunningService() as service:
        service.kill()
        commands = Commands(service)
        status = commands("status")
        assert status.code == 1
        assert "Redis does not answer." in status.out
        assert status.err == "Run `inventory-service doctor` to see what mends it.\n"
        doctor = commands("doctor")
        assert doctor.code == 1
        assert "Start the service with `inventory-service serve`; if it runs already" in doctor.out
        assert not recorded_pids(service.data_dir)


@pytest.mark.parametrize("command", [("status",), ("doctor",)])
def test_nothing_is_made_where_no_service_ever_ran(
    tmp_path_factory: pytest.TempPathFactory, command: tuple[str]
) -> None:
    folder = tmp_path_factory.mktemp("never") / "data"
    said = run(*command, "--data-dir", str(folder))
    assert said.returncode == 1
    assert f"o service runs on {folder}" in said.stdout
    assert not folder.exists()


def test_following_needs_a_service(tmp_path_factory: pytest.TempPathFactory) -> None:
    said = run("events", "tail", "--follow", "--data-dir", str(tmp_path_factory.mktemp("never")))
    assert said.returncode == 1
    assert "start it, or leave --follow out" in said.stderr
