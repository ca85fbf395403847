"""`channels map set`, `show`, `history` and `unset`: beside a running service."""

import itertools
from pathlib import Path

import pytest

from tests.cli.terminal import Commands, Said
from tests.cli.test_shops import ADD

ARTICLE = 'version = 1\nextends = "taobao"\n[line]\nsku.path = "outer_iid"\n'
_numbers = itertools.count(1)


class Maps:
    """Commands about the mapping of one shop."""

    def __init__(self, commands: Commands, name: str, file: Path) -> None:
        self._commands = commands
        self.name = name
        self._file = file

    def __call__(self, *arguments: str) -> Said:
        return self._commands("channels", "map", arguments[0], self.name, *arguments[1:])

    def set(self, toml: str, *options: str) -> Said:
        self._file.write_text(toml, encoding="utf-8")
        return self("set", str(self._file), *options)


@pytest.fixture
def maps(commands: Commands, tmp_path: Path) -> Maps:
    made = Maps(commands, f"mapped-{next(_numbers)}", tmp_path / "shop.toml")
    commands("channels", "shops", "add", made.name, *ADD).done()
    return made


def test_set_shown_listed_and_taken_back(maps: Maps) -> None:
    assert maps("show").done().startswith(f"{maps.name}, taobao/mapping.toml, of taobao, version 1, digest ")
    tried = maps.set(ARTICLE, "--dry-run").done().splitlines()
    assert tried[1].split("  ")[0] == "[line] sku path"
    assert tried[-1] == "nothing is kept; changes: 1"
    assert maps("history", "--json").json() == []

    done = maps.set(ARTICLE, "--json").json()
    change = {"place": "[line] sku path", "before": "outer_sku_id, outer_iid", "after": "outer_iid"}
    assert (done["version"], done["changes"]) == (1, [change])
    shown = maps("show", "--json").json()
    assert shown["mapping"]["digest"] == done["digest"]
    assert {each["field"]: each["path"] for each in shown["fields"]}["line.sku"] == ["outer_iid"]
    assert maps("unset").done().splitlines()[-1] == f"our mapping counts for {maps.name}; changes: 1"
    rows = [line.split() for line in maps("history").done().splitlines()]
    assert [(row[0], row[-2]) for row in rows[1:]] == [("2", "cli"), ("1", "cli")]
    assert [bool(each["toml"]) for each in maps("history", "--json").json()] == [False, True]


def test_a_wrong_file_is_told_with_every_place(maps: Maps) -> None:
    said = maps.set(ARTICLE.replace("sku", "skus") + "quantity.type = 7\n")
    assert (said.code, said.out) == (2, "")
    assert said.err.splitlines() == [
        "The mapping is wrong:",
        "  shop.toml: [line] skus: is not known here; is sku meant?",
        "  shop.toml: [line] quantity type: is 7; should be count",
    ]
    refused = maps.set(ARTICLE.replace("taobao", "douyin").replace("outer_iid", "code")).refused()
    assert f"This is a mapping of douyin, and {maps.name} is a shop of taobao." in refused
    assert maps("history", "--json").json() == []


def test_an_unknown_shop_is_told(commands: Commands, maps: Maps, tmp_path: Path) -> None:
    file = tmp_path / "shop.toml"
    file.write_text(ARTICLE, encoding="utf-8")
    for arguments in (("show", "nobody"), ("history", "nobody"), ("unset", "nobody"), ("set", "nobody", str(file))):
        assert "There is no shop nobody" in commands("channels", "map", *arguments).refused()
