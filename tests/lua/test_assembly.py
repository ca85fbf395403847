"""The loader: every include in its place once, and a helpful error for one that cannot be."""

from pathlib import Path

import pytest
import redis

from inventory_service.engine.script import ScriptAssemblyError, assemble
from tests.lua.sources import SCRIPTS


def write(folder: Path, **files: str) -> Path:
    for name, source in files.items():
        path = folder / f"{name.replace('__', '/')}.lua"
        path.parent.mkdir(exist_ok=True)
        path.write_text(source)
    return folder


def test_includes_come_where_they_stand_and_once(tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        main='#!lua\n--- @include "lib/b"\n--- @include "lib/c"\nreturn 1\n',
        lib__a="-- a",
        lib__b='--- @include "lib/a"\n-- b',
        lib__c='--- @include "lib/a"\n--- @include "lib/b"\n-- c',
    )

    assert assemble("main", folder).text == "#!lua\n-- a\n-- b\n-- c\nreturn 1\n"


def test_a_missing_include_is_named_with_its_place(tmp_path: Path) -> None:
    folder = write(tmp_path, main='#!lua\n--- @include "lib/a"\n', lib__a='-- a\n\n--- @include "lib/gone"\n')

    with pytest.raises(ScriptAssemblyError, match=r"lib/a\.lua:3: .*lib/gone\.lua"):
        assemble("main", folder)


@pytest.mark.parametrize("back_to", ["lib/a", "lib/b", "main"])
def test_a_circle_is_named_with_its_place(tmp_path: Path, back_to: str) -> None:
    folder = write(
        tmp_path,
        main='#!lua\n--- @include "lib/a"\n',
        lib__a='--- @include "lib/b"\n',
        lib__b=f'-- b\n--- @include "{back_to}"\n',
    )

    with pytest.raises(ScriptAssemblyError, match=rf"lib/b\.lua:2: .*{back_to}.* circle"):
        assemble("main", folder)


def test_a_line_that_only_looks_like_an_include_stays(tmp_path: Path) -> None:
    source = '#!lua\n  --- @include "lib/a"\n-- @include "lib/a"\n'

    assert assemble("main", write(tmp_path, main=source)).text == source


def test_the_name_is_the_hash_that_redis_gives(redis_client: "redis.Redis", tmp_path: Path) -> None:
    script = assemble("main", write(tmp_path, main="#!lua\nreturn '库存'\n"))

    assert redis_client.script_load(script.text) == script.sha
    assert redis_client.evalsha(script.sha, 0) == "库存".encode()


def test_allowing_oom_is_another_script_with_the_same_lines() -> None:
    plain = assemble("apply")
    allowing = plain.allowing_oom()

    assert allowing.text.splitlines()[0] == "#!lua flags=allow-oom"
    assert allowing.text.splitlines()[1:] == plain.text.splitlines()[1:]
    assert allowing.sha != plain.sha


@pytest.mark.parametrize("name", [path.stem for path in SCRIPTS])
def test_every_script_compiles_on_the_server(redis_client: "redis.Redis", name: str) -> None:
    script = assemble(name)

    assert redis_client.script_load(script.text) == script.sha
