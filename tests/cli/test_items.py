"""`channels items`: files of articles, beside a running service."""

import itertools
import json
from pathlib import Path

import pytest

from tests.cli.terminal import Commands, Said
from tests.cli.test_shops import ADD

_numbers = itertools.count(1)


class Items:
    """Commands about the articles of one shop."""

    def __init__(self, commands: Commands, name: str, folder: Path) -> None:
        self._commands = commands
        self.name = name
        self._folder = folder

    def set(self, text: str, *options: str, ending: str = "csv") -> Said:
        file = self._folder / f"items.{ending}"
        file.write_text(text, encoding="utf-8")
        return self._commands("channels", "items", "set", self.name, str(file), *options)

    def list(self, *options: str) -> Said:
        return self._commands("channels", "items", "list", self.name, *options)


@pytest.fixture
def items(commands: Commands, tmp_path: Path) -> Items:
    made = Items(commands, f"articles-{next(_numbers)}", tmp_path)
    commands("channels", "shops", "add", made.name, *ADD).done()
    return made


def test_set_and_listed(items: Items) -> None:
    done = items.set("product_id,sku_id,sku,quantity\n521,,TEE,2\n521,,MUG,1\n520,100,TEE,1\n")
    assert done.done().endswith(f"items.csv: 2 articles of {items.name} are set\n")
    first, second = items.list("--json").json()
    assert (first["product_id"], first["sku_id"], first["written"]) == ("520", "100", None)
    assert {each["sku"]: each["quantity"] for each in second["parts"]} == {"TEE": 2, "MUG": 1}
    rows = [line.split("  ") for line in items.list().done().splitlines()]
    assert rows[2][0] == "521"
    assert {"2 × TEE", "MUG"} == {part.strip() for part in rows[2][-1].split(",")}

    article = json.dumps({"product_id": "520", "sku_id": "100", "parts": []})
    told = items.set(article, "--json", ending="ndjson").json()
    assert (told["items"], told["lines"], told["problems"]) == (1, 1, [])
    assert [each["product_id"] for each in items.list("--json").json()] == ["521"]


def test_a_file_with_a_broken_line_sets_nothing(items: Items) -> None:
    text = "product_id,sku,quantity\n520,TEE,1\n521,TEE,lots\n"
    said = items.set(text)
    assert (said.code, said.out) == (1, "")
    first, second = said.err.splitlines()
    assert first.endswith("items.csv: 1 of 2 lines are broken; nothing was set.")
    assert second == '  line 3, quantity: should be a whole number, 1 to 1,000,000, not "lots"'
    assert [each["line"] for each in items.set(text, "--json").json(1)["problems"]] == [3]
    assert items.list("--json").json() == []


def test_more_than_a_call_takes_are_set(items: Items) -> None:
    lines = "".join(f"{number},TEE,1\n" for number in range(2100))
    items.set(f"product_id,sku,quantity\n{lines}").done()
    assert len(items.list("--json").json()) == 2100


def test_what_cannot_be_set_is_told(items: Items, commands: Commands, tmp_path: Path) -> None:
    file = tmp_path / "items.csv"
    file.write_text("product_id,sku,quantity\n520,TEE,1\n", encoding="utf-8")
    for arguments in (("set", "nobody", str(file)), ("list", "nobody")):
        assert "There is no shop nobody" in commands("channels", "items", *arguments).refused()
    assert "ends with none of .csv" in items.set("", ending="txt").refused()
    assert commands("channels", "items", "set", items.name, "-").code == 2
