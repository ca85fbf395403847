"""Start and stop as a service does it."""

import asyncio
import json
import os
import tempfile
from pathlib import Path

import asyncpg
import pytest
from redis.asyncio import Redis

from inventory_service.embedded import DataDirInUse, EmbeddedError, EmbeddedServers, ServerFailed, Urls, running
from inventory_service.embedded.places import SOCKET_PATH_MAX, Running, read_running


async def write_both(urls: Urls, text: str) -> None:
    async with Redis.from_url(urls.redis_url) as redis:
        await redis.set("written", text)
    connection = await asyncpg.connect(urls.database_url)
    await connection.execute("CREATE TABLE IF NOT EXISTS written (text text)")
    await connection.execute("INSERT INTO written VALUES ($1)", text)
    await connection.close()


async def read_both(urls: Urls) -> tuple[str, str]:
    async with Redis.from_url(urls.redis_url, decode_responses=True) as redis:
        in_redis = await redis.get("written")
    connection = await asyncpg.connect(urls.database_url)
    in_postgres = await connection.fetchval("SELECT text FROM written")
    await connection.close()
    return str(in_redis), str(in_postgres)


def recorded(data_dir: Path) -> Running:
    known = read_running(data_dir)
    assert known is not None
    return known


async def test_the_first_start_makes_everything_and_the_next_finds_it(new_data_dir: Path) -> None:
    servers = EmbeddedServers(new_data_dir)
    await write_both(await servers.start(), "before")
    await servers.stop()

    urls = await servers.start()
    assert await read_both(urls) == ("before", "before")
    await servers.stop()


async def test_every_answer_of_both_is_on_disk(data_dir: Path) -> None:
    servers = EmbeddedServers(data_dir)
    urls = await servers.start()
    wanted = {"appendonly": "yes", "appendfsync": "always", "no-appendfsync-on-rewrite": "no", "save": ""}
    async with Redis.from_url(urls.redis_url, decode_responses=True) as redis:
        assert await redis.config_get(*wanted) == wanted
        assert await redis.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    connection = await asyncpg.connect(urls.database_url)
    for setting in ("fsync", "synchronous_commit", "full_page_writes", "data_checksums"):
        assert await connection.fetchval("SELECT current_setting($1)", setting) == "on", setting
    assert await connection.fetchval("SHOW server_encoding") == "UTF8"
    await connection.close()
    await servers.stop()


async def test_only_their_sockets_lead_to_them_and_only_with_the_password(data_dir: Path) -> None:
    servers = EmbeddedServers(data_dir)
    urls = await servers.start()
    password = (data_dir / "password").read_text()
    async with Redis.from_url(urls.redis_url.replace(password, "guessed")) as redis:
        with pytest.raises(Exception, match=r"WRONGPASS|invalid username-password"):
            await redis.ping()
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(urls.database_url.replace(password, "guessed"))
    async with Redis.from_url(urls.redis_url, decode_responses=True) as redis:
        assert (await redis.config_get("port"))["port"] == "0"
    for secret in ("password", "servers.json", "redis/redis.conf"):
        assert (data_dir / secret).stat().st_mode & 0o777 == 0o600, secret
    await servers.stop()


async def test_servers_json_tells_commands_beside_the_service(data_dir: Path) -> None:
    assert running(data_dir) is None
    servers = EmbeddedServers(data_dir)
    urls = await servers.start()
    assert running(data_dir) == urls
    told = json.loads((data_dir / "servers.json").read_text())
    assert told["urls"] == {"redis_url": urls.redis_url, "database_url": urls.database_url}
    for name in ("redis", "postgres"):
        assert os.getsid(told[name]["pid"]) == told[name]["pid"], "a Ctrl-C would reach it"
    await servers.stop()
    assert running(data_dir) is None
    assert not (data_dir / "servers.json").exists()


async def test_postgres_is_never_root(data_dir: Path) -> None:
    servers = EmbeddedServers(data_dir)
    await servers.start()
    owner = Path(f"/proc/{recorded(data_dir).postgres.pid}").stat().st_uid
    assert owner == os.geteuid() if os.geteuid() else owner != 0
    await servers.stop()


async def test_a_second_service_is_refused_and_told_who_has_the_folder(data_dir: Path) -> None:
    first, second = EmbeddedServers(data_dir), EmbeddedServers(data_dir)
    urls = await first.start()
    with pytest.raises(DataDirInUse, match=rf"in use by process {os.getpid()}"):
        await second.start()
    assert running(data_dir) == urls, "the refused one disturbed the first"
    await write_both(urls, "still")
    await first.stop()
    await second.start()
    await second.stop()


async def test_two_starts_at_once_give_one_service(data_dir: Path) -> None:
    both = EmbeddedServers(data_dir), EmbeddedServers(data_dir)
    results = await asyncio.gather(*(servers.start() for servers in both), return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["DataDirInUse", "Urls"]
    for servers in both:
        await servers.stop()


async def test_stopping_twice_is_harmless(data_dir: Path) -> None:
    servers = EmbeddedServers(data_dir)
    await servers.stop()
    await servers.start()
    await servers.stop()
    await servers.stop()


@pytest.mark.parametrize("name", ["my temp", "100%41", "long" * 30])
async def test_neither_path_can_hold_a_socket(
    name: str, data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / name
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    servers = EmbeddedServers(data_dir.rename(data_dir.with_name("my data")))
    try:
        await write_both(await servers.start(), "anyway")
    finally:
        await servers.stop()


async def test_a_path_too_long_for_a_socket_gets_a_private_folder(new_data_dir: Path) -> None:
    data_dir = new_data_dir / ("long" * 30)
    servers = EmbeddedServers(data_dir)
    urls = await servers.start()
    socket = Path(urls.redis_url.partition("@")[2].partition("?")[0])
    assert len(bytes(socket)) <= SOCKET_PATH_MAX
    assert not socket.is_relative_to(data_dir)
    assert socket.parent.stat().st_mode & 0o777 == 0o700
    await write_both(urls, "far")
    await servers.stop()
    assert not socket.parent.exists()


async def test_a_path_with_odd_characters_works(new_data_dir: Path) -> None:
    servers = EmbeddedServers(new_data_dir / """库存, "100%" it's \\ a b""")
    urls = await servers.start()
    await write_both(urls, "odd")
    assert await read_both(urls) == ("odd", "odd")
    await servers.stop()


async def test_a_folder_closed_to_others_works(new_data_dir: Path) -> None:
    new_data_dir.mkdir(mode=0o700)
    servers = EmbeddedServers(new_data_dir / "inside")
    await write_both(await servers.start(), "closed")
    await servers.stop()


async def test_when_one_cannot_start_neither_runs_and_its_log_says_why(data_dir: Path) -> None:
    for part in (data_dir / "redis" / "appendonlydir").glob("*.manifest"):
        part.write_text("no manifest at all\n")
    servers = EmbeddedServers(data_dir)
    with pytest.raises(ServerFailed, match=r"(?is)redis did not start:.*manifest"):
        await servers.start()
    assert running(data_dir) is None
    assert not (data_dir / "postgres" / "cluster" / "postmaster.pid").exists()
    assert not (data_dir / "servers.json").exists()


async def test_a_lost_password_is_named(data_dir: Path) -> None:
    (data_dir / "password").write_text("")
    with pytest.raises(EmbeddedError, match=str(data_dir / "password")):
        await EmbeddedServers(data_dir).start()


async def test_a_changed_password_is_named(data_dir: Path) -> None:
    (data_dir / "password").write_text("0" * 48)
    with pytest.raises(ServerFailed, match=f"refuses the password in {data_dir / 'password'}"):
        await EmbeddedServers(data_dir).start()
    assert not (data_dir / "postgres" / "cluster" / "postmaster.pid").exists()


async def test_a_folder_that_cannot_be_made_is_named(new_data_dir: Path) -> None:
    new_data_dir.write_text("a file is in the way")
    with pytest.raises(EmbeddedError, match=str(new_data_dir)):
        await EmbeddedServers(new_data_dir).start()
