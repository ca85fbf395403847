"""The machine: Python and packages, the servers that it could start, disk, and the limits that bite under load."""

import platform
import resource
import shutil
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from inventory_service.bootstrap.doctor.lines import Line, ok, size, warning, wrong
from inventory_service.embedded import MissingServers, find_binaries
from inventory_service.embedded.postgres import cluster_major
from inventory_service.settings import Settings

TOPIC = "machine"
PACKAGES = ("inventory-service", "aiohttp", "asyncpg", "redis", "hiredis", "msgspec", "uvloop")
DISK_LEAST = 1 << 30  # a sale of a million events writes about this much to both logs
DISK_WANTED = 5 << 30
FILES_LEAST = 1024
FILES_WANTED = 8192  # each API process has a descriptor per caller
BACKLOG_WANTED = 512  # connections that may wait to be accepted; the kernel cuts longer queues down to this
SOMAXCONN = Path("/proc/sys/net/core/somaxconn")


def machine_lines(settings: Settings) -> Iterator[Line]:
    yield from _software()
    if settings.embedded:
        yield _programs(settings)
        yield _disk(settings.data_dir)
    yield _open_files()
    if SOMAXCONN.is_file():
        yield _waiting_connections(int(SOMAXCONN.read_text()))


def _software() -> Iterator[Line]:
    yield ok(TOPIC, "python", f"{platform.python_version()} on {platform.system()} {platform.machine()}")
    found: list[str] = []
    missing: list[str] = []
    for package in PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            missing.append(package)
    if missing:
        yield wrong(TOPIC, "packages", f"missing: {', '.join(missing)}", "Install them with `make .venv/installed`.")
    else:
        yield ok(TOPIC, "packages", ", ".join(found))


def _programs(settings: Settings) -> Line:
    try:
        found = find_binaries(cluster_major=cluster_major(settings.data_dir))
    except MissingServers as error:
        mend = "Install redis-server and postgresql, or give both URLs: `inventory-service serve` tells all ways out."
        return wrong(TOPIC, "server programs", str(error).partition("\n")[0], mend)
    return ok(TOPIC, "server programs", f"{found.redis}, {found.postgres}")


def _disk(data_dir: Path) -> Line:
    place = data_dir.absolute()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    detail = f"{size(free)} free for {data_dir.absolute()}"
    mend = "Free some space, or move the folder and say where with --data-dir: a full disk stops every write."
    if free < DISK_LEAST:
        return wrong(TOPIC, "disk", detail, mend)
    return ok(TOPIC, "disk", detail) if free >= DISK_WANTED else warning(TOPIC, "disk", detail, mend)


def _open_files() -> Line:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= FILES_WANTED:
        return ok(TOPIC, "open files", "no limit" if soft == resource.RLIM_INFINITY else f"up to {soft}")
    detail = f"up to {soft}: callers beyond that are turned away"
    within = hard == resource.RLIM_INFINITY or hard >= FILES_WANTED
    mend = (
        f"Run `ulimit -n {FILES_WANTED}` before the start (systemd: LimitNOFILE={FILES_WANTED})."
        if within
        else f"Raise the hard limit ({hard}) to {FILES_WANTED} (systemd: LimitNOFILE={FILES_WANTED})."
    )
    make = wrong if soft < FILES_LEAST else warning
    return make(TOPIC, "open files", detail, mend)


def _waiting_connections(most: int) -> Line:
    if most >= BACKLOG_WANTED:
        return ok(TOPIC, "waiting connections", f"up to {most}")
    mend = f"Run `sysctl -w net.core.somaxconn={BACKLOG_WANTED * 2}`."
    return warning(TOPIC, "waiting connections", f"up to {most}: a rush of callers is cut off", mend)
