import asyncio
from pathlib import Path

import asyncpg
import pytest

from inventory_service.ledger.migrator import MigrationError, State, migrate, read_migrations, status

ONE, TWO = "0001_first.sql", "0002_second.sql"
FIRST = "CREATE TABLE first (id int);"
SECOND = "CREATE TABLE second (id int); INSERT INTO second VALUES (1);"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "0001_first.sql").write_text(FIRST)
    (tmp_path / "0002_second.sql").write_text(SECOND)
    return tmp_path


async def states(url: str, folder: Path) -> dict[str, State]:
    connection = await asyncpg.connect(url)
    try:
        return {each.name: each.state for each in await status(connection, folder)}
    finally:
        await connection.close()


async def up(url: str, folder: Path | None = None) -> list[str]:
    connection = await asyncpg.connect(url)
    try:
        return await migrate(connection, folder)
    finally:
        await connection.close()


async def test_the_real_ones_apply_once(empty_database_url: str) -> None:
    names = [migration.name for migration in read_migrations()]
    assert await up(empty_database_url) == names
    assert await up(empty_database_url) == []


async def test_each_is_applied_once_in_order(empty_database_url: str, folder: Path) -> None:
    assert await states(empty_database_url, folder) == {
        ONE: State.PENDING,
        TWO: State.PENDING,
    }
    assert await up(empty_database_url, folder) == [ONE, TWO]
    (folder / "0003_third.sql").write_text("ALTER TABLE first ADD COLUMN more int;")
    assert await up(empty_database_url, folder) == ["0003_third.sql"]
    assert set((await states(empty_database_url, folder)).values()) == {State.APPLIED}


async def test_several_at_once_apply_once(empty_database_url: str, folder: Path) -> None:
    applied = await asyncio.gather(*(up(empty_database_url, folder) for _ in range(4)))
    assert sorted(applied) == [[], [], [], [ONE, TWO]]


async def test_a_changed_file_is_refused_before_anything_runs(empty_database_url: str, folder: Path) -> None:
    await up(empty_database_url, folder)
    (folder / "0001_first.sql").write_text(FIRST + " -- better")
    (folder / "0003_third.sql").write_text("CREATE TABLE third (id int);")
    with pytest.raises(MigrationError, match=r"0001_first\.sql was applied with other content"):
        await up(empty_database_url, folder)
    assert await states(empty_database_url, folder) == {
        ONE: State.CHANGED,
        TWO: State.APPLIED,
        "0003_third.sql": State.PENDING,
    }


async def test_a_missing_file_is_refused(empty_database_url: str, folder: Path) -> None:
    await up(empty_database_url, folder)
    (folder / "0002_second.sql").unlink()
    with pytest.raises(MigrationError, match=r"0002_second\.sql was applied, but its file is gone"):
        await up(empty_database_url, folder)


async def test_one_that_fails_leaves_nothing_of_itself(empty_database_url: str, folder: Path) -> None:
    (folder / "0002_second.sql").write_text(SECOND + " SELECT 1/0;")
    with pytest.raises(asyncpg.DivisionByZeroError):
        await up(empty_database_url, folder)
    assert await states(empty_database_url, folder) == {
        ONE: State.APPLIED,
        TWO: State.PENDING,
    }
    (folder / "0002_second.sql").write_text(SECOND)
    assert await up(empty_database_url, folder) == [TWO]


@pytest.mark.parametrize("name", ["0004_gap.sql", "third.sql", "0002_twice.sql", "3_short.sql"])
def test_files_are_numbered_without_gaps(name: str, folder: Path) -> None:
    (folder / name).write_text("SELECT 1;")
    with pytest.raises(MigrationError, match="the next migration is called"):
        read_migrations(folder)
