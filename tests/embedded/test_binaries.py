"""Which programs are taken, and what is said when there is none."""

from pathlib import Path

import pytest

from inventory_service.embedded import MissingServers
from inventory_service.embedded.binaries import Places, find_binaries

NOWHERE = Path("/nonexistent")


def program(folder: Path, name: str, says: str) -> Path:
    """A program that only knows its version."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\necho '{says}'\n")
    path.chmod(0o755)
    return path


def postgres(folder: Path, version: str) -> Path:
    program(folder, "initdb", f"initdb (PostgreSQL) {version}")
    return program(folder, "postgres", f"postgres (PostgreSQL) {version}")


def test_the_machine_comes_before_the_wheels(tmp_path: Path) -> None:
    valkey = program(tmp_path, "valkey-server", "Valkey server v=8.1.4 sha=00000000:0 malloc=jemalloc bits=64 build=1")
    program(tmp_path, "redis-server", "Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc bits=64 build=1")
    server = postgres(tmp_path, "16.4 (Debian 16.4-1)")
    found = find_binaries(Places(path=str(tmp_path), debian=NOWHERE))
    assert (found.redis, found.postgres, found.initdb) == (valkey, server, tmp_path / "initdb")
    assert found.postgres_major == 16


def test_programs_too_old_are_passed_over(tmp_path: Path) -> None:
    program(tmp_path, "valkey-server", "Valkey server v=6.9.9 sha=0")
    redis = program(tmp_path, "redis-server", "Redis server v=7.0.0 sha=0")
    postgres(tmp_path / "path", "14.13")
    newest = postgres(tmp_path / "debian" / "17" / "bin", "17.2")
    postgres(tmp_path / "debian" / "9.6" / "bin", "9.6.24")
    postgres(tmp_path / "debian" / "15" / "bin", "15.8")
    found = find_binaries(Places(path=f"{tmp_path}:{tmp_path}/path", debian=tmp_path / "debian", wheels=False))
    assert found.redis == redis
    assert found.postgres == newest


def test_data_is_opened_by_the_version_that_made_it(tmp_path: Path) -> None:
    program(tmp_path, "redis-server", "Redis server v=7.2.4 sha=0")
    postgres(tmp_path, "17.2")
    older = postgres(tmp_path / "debian" / "15" / "bin", "15.8")
    places = Places(path=str(tmp_path), debian=tmp_path / "debian", wheels=False)
    assert find_binaries(places, cluster_major=15).postgres == older
    with pytest.raises(MissingServers, match=r"(?s)Postgres 16\.\nThe data folder was made by Postgres 16.*17\.2"):
        find_binaries(places, cluster_major=16)


def test_a_postgres_without_initdb_is_passed_over(tmp_path: Path) -> None:
    program(tmp_path, "redis-server", "Redis server v=7.2.4 sha=0")
    postgres(tmp_path, "17.2")
    (tmp_path / "initdb").unlink()
    with pytest.raises(MissingServers, match="Not found on this machine: Postgres, 15 or newer"):
        find_binaries(Places(path=str(tmp_path), debian=NOWHERE, wheels=False))


def test_links_lead_to_the_program_that_has_its_initdb_beside(tmp_path: Path) -> None:
    program(tmp_path, "redis-server", "Redis server v=7.2.4 sha=0")
    real = postgres(tmp_path / "lib", "17.2")
    (tmp_path / "postgres").symlink_to(real)
    assert find_binaries(Places(path=str(tmp_path), debian=NOWHERE, wheels=False)).postgres == real


def test_a_redis_that_is_a_link_keeps_its_name(tmp_path: Path) -> None:
    """As in Debian, where the server is a link to redis-check-rdb and decides by its name what it is."""
    shared = program(tmp_path, "redis-check-rdb", "")
    shared.write_text("""#!/bin/sh\ncase "$0" in */redis-server) echo "Redis server v=7.0.15 sha=0";; esac\n""")
    (tmp_path / "redis-server").symlink_to(shared)
    postgres(tmp_path, "17.2")
    assert find_binaries(Places(path=str(tmp_path), debian=NOWHERE, wheels=False)).redis == tmp_path / "redis-server"


def test_nothing_at_all_is_one_screen_with_three_ways_out() -> None:
    with pytest.raises(MissingServers) as caught:
        find_binaries(Places(path=str(NOWHERE), debian=NOWHERE, wheels=False))
    screen = str(caught.value).splitlines()
    assert screen[0] == "Not found on this machine: Redis or Valkey, 7.0 or newer and Postgres, 15 or newer."
    assert [line.strip()[:2] for line in screen if line.startswith("  ") and line.strip()[1] == "."] == [
        "1.",
        "2.",
        "3.",
    ]
    assert len(screen) <= 24
    assert max(map(len, screen)) <= 110


def test_what_does_not_run_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "redis-server"
    broken.write_bytes(b"\x7fELF of another machine")
    broken.chmod(0o755)
    postgres(tmp_path, "17.2")
    with pytest.raises(MissingServers, match=f"{broken}: does not run"):
        find_binaries(Places(path=str(tmp_path), debian=NOWHERE, wheels=False))
