"""Redis or Valkey with an answer only once it is on disk."""

import asyncio
import signal
from collections.abc import Mapping
from pathlib import Path

import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from inventory_service.embedded.accounts import own_account
from inventory_service.embedded.append_only_file import is_damaged, repair
from inventory_service.embedded.errors import ServerFailed
from inventory_service.embedded.places import ProcessId, close_socket_folder, socket_folder, write_private
from inventory_service.embedded.processes import ServerProcess

log = structlog.get_logger()

STOP_SECONDS = 30.0
ANSWER_SECONDS = 5.0
DURABLE = {
    "appendonly": "yes",
    "appendfsync": "always",
    "no-appendfsync-on-rewrite": "no",
    # Redis itself cuts a torn log in the middle of a transaction; a half one then comes alive at the second start.
    "aof-load-truncated": "no",
    "maxmemory-policy": "noeviction",
    "save": "",
}


class RedisServer:
    """One server on a Unix socket under `data_dir`/redis. `settings` replace single ones of DURABLE."""

    def __init__(self, program: Path, data_dir: Path, password: str, settings: Mapping[str, str] | None = None) -> None:
        self._program = program
        self._home = data_dir / "redis"
        self._password = password
        self._settings = DURABLE | dict(settings or {})
        self._process = ServerProcess("Redis", self._home, data_dir / "logs" / "redis.log")
        self._socket = self._home / "redis.sock"

    @property
    def url(self) -> str:
        return f"unix://:{self._password}@{self._socket}?db=0"

    @property
    def identity(self) -> ProcessId:
        return self._process.identity

    async def start(self) -> None:
        """Repairs a log that is damaged at its end; what it then lacks, the comparison with the ledger shows.

        Raises ServerFailed.
        """
        try:
            await self._start()
        except ServerFailed as error:
            if not is_damaged(str(error)):
                raise
            done = await asyncio.to_thread(repair, self._program, self._home)
            log.warning("redis.log_repaired", bytes_cut=done.bytes_cut, damaged_file=str(done.copy))
            await self._start()

    async def _start(self) -> None:
        self._home.mkdir(mode=0o700, exist_ok=True)
        account = own_account()
        self._socket = socket_folder(self._home, account.uid, account.gid) / "redis.sock"
        try:
            if await self._process.adopt_or_lock(self._answering_pid):
                return
            write_private(self._home / "redis.conf", self._configuration())
            self._process.spawn([str(self._program), str(self._home / "redis.conf")], account)
        finally:
            self._process.unlock()
        await self._process.wait_until_ready(self._answering_pid)

    async def stop(self) -> None:
        await self._process.stop((signal.SIGTERM, STOP_SECONDS))
        close_socket_folder(self._socket.parent, self._home)

    def _configuration(self) -> str:
        fixed = {
            "port": "0",
            "unixsocket": str(self._socket),
            "unixsocketperm": "700",
            "requirepass": self._password,
            "dir": str(self._home),
            "daemonize": "no",
            "logfile": "",
        }
        return "".join(f"{name} {_quoted(text)}\n" for name, text in (fixed | self._settings).items())

    async def _answering_pid(self) -> int | None:
        """The pid of the server that answers on our socket, with our password, for our folder."""
        client = Redis.from_url(self.url, socket_timeout=ANSWER_SECONDS, retry=Retry(NoBackoff(), 0))
        try:
            folder = (await client.config_get("dir"))["dir"]
            pid = int((await client.info("server"))["process_id"])
            await client.ping()  # INFO and CONFIG are answered while the log is still being replayed
        except (RedisError, OSError):
            return None
        finally:
            await client.aclose()
        return pid if folder == str(self._home) else None


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
