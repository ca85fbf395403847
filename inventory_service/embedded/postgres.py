"""Postgres in a cluster of its own, reachable through a Unix socket only."""

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import asyncpg

from inventory_service.embedded.accounts import Account, account_for
from inventory_service.embedded.binaries import Binaries
from inventory_service.embedded.errors import ServerFailed
from inventory_service.embedded.places import ProcessId, close_socket_folder, socket_folder, sync_folder
from inventory_service.embedded.processes import ServerProcess, program_environment

USER = "inventory"
DATABASE = "inventory"
ANSWER_SECONDS = 5.0
INITDB_SECONDS = 120.0
FAST_STOP_SECONDS = 60.0  # a fast shutdown writes a checkpoint
IMMEDIATE_STOP_SECONDS = 5.0
DURABLE = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "logging_collector": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


def cluster_major(data_dir: Path) -> int | None:
    """The major version of Postgres that made the cluster under `data_dir`, None while there is none."""
    with suppress(OSError, ValueError):
        return int((data_dir / "postgres" / "cluster" / "PG_VERSION").read_text(encoding="ascii"))
    return None


class PostgresServer:
    """One server under `data_dir`/postgres. `settings` replace single ones of DURABLE."""

    def __init__(
        self, binaries: Binaries, data_dir: Path, password: str, settings: Mapping[str, str] | None = None
    ) -> None:
        self._binaries = binaries
        self._home = data_dir / "postgres"
        self._cluster = self._home / "cluster"
        self._sockets = self._home
        self._password = password
        self._settings = DURABLE | dict(settings or {})
        self._process = ServerProcess("Postgres", self._home, data_dir / "logs" / "postgres.log")

    @property
    def url(self) -> str:
        return self.url_of(DATABASE)

    @property
    def identity(self) -> ProcessId:
        return self._process.identity

    def url_of(self, database: str) -> str:
        """The URL of another database of this server. It names the port, since PGPORT would count otherwise."""
        return f"postgresql://{USER}:{self._password}@/{database}?host={self._sockets}&port=5432"

    async def start(self) -> None:
        """Raises ServerFailed."""
        self._home.mkdir(mode=0o700, exist_ok=True)
        account = account_for(self._home, self._binaries.postgres)
        self._sockets = socket_folder(self._home, account.uid, account.gid)
        try:
            if await self._process.adopt_or_lock(self._answering_pid):
                return
            self._make_cluster(account)
            self._remove_stale_pid()
            self._process.spawn(self._command(), account)
        finally:
            self._process.unlock()
        await self._process.wait_until_ready(self._answering_pid)

    async def stop(self) -> None:
        """Fast shutdown: open transactions are rolled back, everything committed is on disk."""
        await self._process.stop((signal.SIGINT, FAST_STOP_SECONDS), (signal.SIGQUIT, IMMEDIATE_STOP_SECONDS))
        close_socket_folder(self._sockets, self._home)

    def _command(self) -> list[str]:
        settings = self._settings | {"unix_socket_directories": str(self._sockets)}
        options = [word for name, text in settings.items() for word in ("-c", f"{name}={text}")]
        return [str(self._binaries.postgres), "-D", str(self._cluster), *options]

    def _make_cluster(self, account: Account) -> None:
        """Let initdb work in a draft that is renamed when it is whole, so that an interrupted one leaves no ruin."""
        if self._cluster.exists():
            return
        draft = self._home / "cluster.new"
        shutil.rmtree(draft, ignore_errors=True)
        secret = self._home / "initdb.password"
        secret.unlink(missing_ok=True)
        descriptor = os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.fchown(descriptor, account.uid, account.gid)
            os.write(descriptor, self._password.encode())
            self._initdb(draft, secret, account)
        finally:
            os.close(descriptor)
            secret.unlink(missing_ok=True)
        draft.rename(self._cluster)
        sync_folder(self._home)

    def _initdb(self, draft: Path, secret: Path, account: Account) -> None:
        command = [
            *account.prefix,
            str(self._binaries.initdb),
            f"--pgdata={draft}",
            f"--username={USER}",
            f"--pwfile={secret}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",  # the one locale that every machine has; text sorts by bytes everywhere
            "--data-checksums",
        ]
        done = subprocess.run(
            command,
            cwd=self._home,
            env=program_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=INITDB_SECONDS,
            check=False,
            start_new_session=True,
            pass_fds=self._process.held_files,
            **account.switch,
        )
        if done.returncode != 0:
            raise ServerFailed(f"Postgres: initdb failed:\n{done.stdout.decode(errors='replace').strip()}")

    def _remove_stale_pid(self) -> None:
        """Postgres refuses to start while the pid in its file is anybody's; the lock told that it is not ours."""
        pid = self._recorded_pid()
        if pid is not None and not _works_in(pid, self._cluster):
            (self._cluster / "postmaster.pid").unlink(missing_ok=True)
            (self._sockets / ".s.PGSQL.5432.lock").unlink(missing_ok=True)

    def _recorded_pid(self) -> int | None:
        with suppress(OSError):
            found = re.match(r"\d+", (self._cluster / "postmaster.pid").read_text(errors="replace"))
            return int(found[0]) if found else 0
        return None

    async def _answering_pid(self) -> int | None:
        """The pid of the server that answers on our socket, with our password, for our cluster."""
        try:
            connection = await asyncpg.connect(self.url, timeout=ANSWER_SECONDS)
            try:
                cluster = await connection.fetchval("SHOW data_directory", timeout=ANSWER_SECONDS)
            finally:
                await connection.close(timeout=ANSWER_SECONDS)
        except asyncpg.InvalidCatalogNameError:
            await self._create_database()
            return None
        except asyncpg.InvalidPasswordError:
            raise ServerFailed(f"Postgres refuses the password in {self._home.parent / 'password'}") from None
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
            return None
        return self._recorded_pid() if Path(cluster) == self._cluster else None

    async def _create_database(self) -> None:
        connection = await asyncpg.connect(self.url_of("postgres"), timeout=ANSWER_SECONDS)
        try:
            await connection.execute(f"CREATE DATABASE {DATABASE}")
        finally:
            await connection.close(timeout=ANSWER_SECONDS)


def _works_in(pid: int, folder: Path) -> bool:
    """Whether the process has `folder` as its working folder, as a Postgres has its cluster. A process that we may
    not look at belongs to somebody else, so it is not on this cluster; where the system does not tell, assume yes.
    """
    if not Path("/proc/self/cwd").exists():
        return True
    try:
        return Path(f"/proc/{pid}/cwd").resolve(strict=True) == folder
    except OSError:
        return False
