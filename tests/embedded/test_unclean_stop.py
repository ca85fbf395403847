"""Whatever was killed, the next start has everything that was answered, and one server of each kind."""

import os
import shutil
import signal
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from inventory_service.embedded import EmbeddedServers, find_binaries, processes, running
from inventory_service.embedded import redis as redis_module
from inventory_service.embedded.accounts import own_account
from inventory_service.embedded.places import lock_file
from inventory_service.embedded.postgres import PostgresServer
from inventory_service.embedded.processes import is_alive
from tests.embedded.supervisor import supervisor
from tests.embedded.test_servers import read_both, recorded, write_both


async def test_both_servers_killed(data_dir: Path) -> None:
    servers = EmbeddedServers(data_dir)
    await write_both(await servers.start(), "kept")
    known = recorded(data_dir)
    os.kill(known.redis.pid, signal.SIGKILL)
    os.kill(known.postgres.pid, signal.SIGKILL)
    await servers.stop()

    again = EmbeddedServers(data_dir)
    assert await read_both(await again.start()) == ("kept", "kept")
    await again.stop()


async def test_servers_left_behind_by_a_killed_service_are_adopted(data_dir: Path) -> None:
    with supervisor(data_dir) as process:
        before = recorded(data_dir)
        await write_both(before.urls, "kept")
        process.kill()
    assert running(data_dir) == before.urls

    servers = EmbeddedServers(data_dir)
    urls = await servers.start()
    assert recorded(data_dir) == before, "adopted, not started anew"
    assert await read_both(urls) == ("kept", "kept")
    await servers.stop()
    assert not is_alive(before.redis)
    assert not is_alive(before.postgres)


async def test_everything_killed(data_dir: Path) -> None:
    with supervisor(data_dir) as process:
        known = recorded(data_dir)
        await write_both(known.urls, "kept")
        for pid in (process.pid, known.redis.pid, known.postgres.pid):
            os.kill(pid, signal.SIGKILL)
    assert running(data_dir) is None

    servers = EmbeddedServers(data_dir)
    assert await read_both(await servers.start()) == ("kept", "kept")
    await servers.stop()


async def test_a_stop_by_the_owner_leaves_nothing(data_dir: Path) -> None:
    with supervisor(data_dir) as process:
        known = recorded(data_dir)
        assert process.stdin
        process.stdin.close()
        assert process.wait(30) == 0
    assert not is_alive(known.redis)
    assert not is_alive(known.postgres)


async def test_a_server_that_is_left_behind_and_does_not_answer_is_replaced(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with supervisor(data_dir) as process:
        known = recorded(data_dir)
        await write_both(known.urls, "kept")
        process.kill()
    os.kill(known.redis.pid, signal.SIGSTOP)
    monkeypatch.setattr(redis_module, "ANSWER_SECONDS", 0.2)
    monkeypatch.setattr(processes, "ADOPT_SECONDS", 0.5)
    monkeypatch.setattr(processes, "KILL_SECONDS", 0.5)

    servers = EmbeddedServers(data_dir)
    assert await read_both(await servers.start()) == ("kept", "kept")
    assert recorded(data_dir).redis != known.redis
    assert not is_alive(known.redis)
    assert recorded(data_dir).postgres == known.postgres
    await servers.stop()


async def test_pid_files_that_name_another_program_do_not_matter(data_dir: Path) -> None:
    """As after a power cut: the pids belong to somebody else by now, who must not be harmed."""
    owner = (data_dir / "postgres" / "cluster").stat()
    user = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []} if os.geteuid() == 0 else {}
    with subprocess.Popen(["sleep", "600"], **user) as innocent:  # type: ignore[call-overload]
        try:
            postmaster = f"{innocent.pid}\n{data_dir}/postgres/cluster\n1700000000\n5432\n{data_dir}/postgres\n\n"
            (data_dir / "postgres" / "cluster" / "postmaster.pid").write_text(postmaster)
            (data_dir / "postgres" / ".s.PGSQL.5432.lock").write_text(postmaster)
            for name in ("redis", "postgres"):
                (data_dir / name / "server.lock").write_text(f"{innocent.pid} long ago")
            (data_dir / "redis" / "redis.sock").touch()

            servers = EmbeddedServers(data_dir)
            await write_both(await servers.start(), "new")
            await servers.stop()
            assert innocent.poll() is None
        finally:
            innocent.kill()


@pytest.mark.parametrize("content", ["", "{", '{"urls": {}}', '{"urls": 1, "redis": 2}', "[]", "null", "\x00\xff"])
async def test_a_half_written_servers_json_is_ignored(data_dir: Path, content: str) -> None:
    (data_dir / "servers.json").write_text(content)
    assert running(data_dir) is None


async def test_servers_json_of_an_earlier_boot_is_ignored(data_dir: Path) -> None:
    with supervisor(data_dir):
        written = (data_dir / "servers.json").read_text()
        known = recorded(data_dir)
        (data_dir / "servers.json").write_text(written.replace(known.redis.started, "another boot"))
        assert running(data_dir) is None
        (data_dir / "servers.json").write_text(written)
        assert running(data_dir) == known.urls


async def test_an_interrupted_initdb_is_done_again(data_dir: Path) -> None:
    home = data_dir / "postgres"
    (home / "cluster").rename(home / "cluster.new")
    shutil.rmtree(home / "cluster.new" / "global")
    (home / "initdb.password").write_text("left behind")

    servers = EmbeddedServers(data_dir)
    await write_both(await servers.start(), "new")
    await servers.stop()
    assert sorted(path.name for path in home.iterdir()) == ["cluster", "server.lock"]


async def test_initdb_keeps_the_folder_locked(new_data_dir: Path) -> None:
    """Killed without its child, a service leaves an initdb that still writes."""
    found = find_binaries()
    home = new_data_dir / "postgres"
    (new_data_dir / "logs").mkdir(parents=True)
    initdb = new_data_dir / "initdb"
    initdb.write_text(f"""#!/bin/sh\nreadlink /proc/$$/fd/* > {home}/open-files\nexec {found.initdb} "$@"\n""")
    initdb.chmod(0o755)
    server = PostgresServer(replace(found, initdb=initdb), new_data_dir, "secret")
    await server.start()
    await server.stop()
    assert str(home / "server.lock") in (home / "open-files").read_text().splitlines()


async def test_a_start_waits_for_what_still_holds_the_folder(data_dir: Path) -> None:
    lock = lock_file(data_dir / "postgres" / "server.lock")
    assert lock is not None
    with subprocess.Popen(["sleep", "0.5"], pass_fds=(lock,)) as leftover:
        os.close(lock)
        servers = EmbeddedServers(data_dir)
        await servers.start()
        assert leftover.poll() == 0
        await servers.stop()


async def test_the_folder_of_redis_may_be_removed_between_two_runs(data_dir: Path) -> None:
    shutil.rmtree(data_dir / "redis")
    servers = EmbeddedServers(data_dir)
    await write_both(await servers.start(), "new")
    await servers.stop()


def test_a_process_is_told_apart_from_a_later_one_with_its_pid() -> None:
    with subprocess.Popen(["sleep", "600"]) as process:
        started = processes.start_of(process.pid)
        assert started
        assert processes.start_of(os.getpid()) not in (None, started)
        process.kill()
    assert processes.start_of(process.pid) is None
    assert own_account().uid == os.geteuid()
