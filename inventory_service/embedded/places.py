"""The files of the data folder that belong to both servers: lock, password, socket folders, servers.json."""

import fcntl
import hashlib
import json
import os
import re
import secrets
import tempfile
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from inventory_service.embedded.errors import DataDirInUse, EmbeddedError

SERVICE_LOCK = "service.lock"
SOCKET_PATH_MAX = 100  # bytes; the kernel's limit is 108 on Linux and 104 on macOS
PLAIN_PATH = re.compile(r"[A-Za-z0-9/._-]+")  # may stand in a URL and in both servers' settings as it is


@dataclass(frozen=True, slots=True)
class Urls:
    """How to reach the servers; both carry the password."""

    redis_url: str
    database_url: str


@dataclass(frozen=True, slots=True)
class ProcessId:
    """A process for good: a pid comes back, a pid with its start time does not."""

    pid: int
    started: str


@dataclass(frozen=True, slots=True)
class Running:
    """What servers.json says."""

    urls: Urls
    redis: ProcessId
    postgres: ProcessId


def lock_file(path: Path) -> int | None:
    """An open descriptor that holds the lock until every copy of it is closed; None when another holds it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def lock_service(data_dir: Path) -> int:
    """Take the data folder for one service. Raises DataDirInUse."""
    path = data_dir / SERVICE_LOCK
    descriptor = lock_file(path)
    if descriptor is None:
        holder = path.read_text(errors="replace").strip()
        who = f"process {holder}" if holder.isdecimal() else "another process"
        raise DataDirInUse(f"{data_dir} is in use by {who}: stop it, or choose another --data-dir")
    os.ftruncate(descriptor, 0)
    os.write(descriptor, str(os.getpid()).encode())
    return descriptor


def password(data_dir: Path) -> str:
    """The password of both servers, made once per data folder."""
    path = data_dir / "password"
    if not path.exists():
        write_private(path, secrets.token_hex(24))
    text = path.read_text(encoding="ascii").strip()
    if not re.fullmatch(r"[0-9a-f]{32,}", text):
        raise EmbeddedError(f"{path} does not hold the servers' password any more: bring the file back from a backup")
    return text


def socket_folder(home: Path, uid: int, gid: int) -> Path:
    """Where a server puts its socket: its home, or a private folder under the temporary one, or /tmp, when that path is
    too long, or not plain. Raises EmbeddedError when someone else has made that folder.
    """
    if _can_hold_socket(home):
        return home
    name = f"inventory-{hashlib.sha256(os.fsencode(home)).hexdigest()[:12]}"
    folder = Path(tempfile.gettempdir(), name)
    if not _can_hold_socket(folder):
        folder = Path("/tmp", name)  # noqa: S108  # private, or refused below
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        os.chown(folder, uid, gid)
    status = folder.lstat()
    if folder.is_symlink() or status.st_uid != uid or status.st_mode & 0o077:
        raise EmbeddedError(f"{folder} is not a private folder of user {uid}: remove it")
    return folder


def _can_hold_socket(folder: Path) -> bool:
    longest = os.fsencode(folder / ".s.PGSQL.5432")
    return len(longest) <= SOCKET_PATH_MAX and PLAIN_PATH.fullmatch(str(folder)) is not None


def close_socket_folder(folder: Path, home: Path) -> None:
    """Remove a folder of `socket_folder`, unless it is the home, or something is left in it."""
    if folder != home:
        with suppress(OSError):
            folder.rmdir()


def write_running(data_dir: Path, servers: Running) -> None:
    write_private(data_dir / "servers.json", json.dumps(asdict(servers), indent=2) + "\n")


def read_running(data_dir: Path) -> Running | None:
    """What was written last, unless it is gone or not whole."""
    try:
        fields = json.loads((data_dir / "servers.json").read_bytes())
        return Running(Urls(**fields["urls"]), ProcessId(**fields["redis"]), ProcessId(**fields["postgres"]))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def forget_running(data_dir: Path) -> None:
    (data_dir / "servers.json").unlink(missing_ok=True)


def write_private(path: Path, text: str) -> None:
    """Whole or not at all, for our eyes only, and still there after a power cut."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:  # noqa: PTH123 - a mode at creation
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make a rename in it last."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
