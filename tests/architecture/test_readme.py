"""The README's table of settings is the real one."""

import re
from pathlib import Path

from inventory_service.settings import Settings, variable_name

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")


def test_every_setting_is_in_the_table_and_nothing_else() -> None:
    listed = set(re.findall(r"^\| `(INVENTORY_[A-Z_]+)`", README, flags=re.MULTILINE))
    assert listed == {variable_name(name) for name in Settings.__struct_fields__}
