"""How a planted bug changes the service: a file of its kernel in a copy, a class by one of its attributes."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

from inventory_service import resources
from inventory_service.engine import script

_ASKED = "resource_folder"  # by `assemble`


def change_lua(name: str, old: str, new: str) -> None:
    """In this process `lua/<name>.lua` says `new` where it says `old`.

    AssertionError unless it says `old` exactly once: a bug that no longer fits must not pass for one that is there.
    """
    folder = Path(tempfile.mkdtemp(prefix="planted-"))
    shutil.copytree(_folder(), folder, dirs_exist_ok=True)
    path = folder / f"{name}.lua"
    text = path.read_text()
    assert text.count(old) == 1, f"{path.name} says {text.count(old)} times: {old}"
    path.write_text(text.replace(old, new))
    setattr(script, _ASKED, lambda _: folder)


def _folder() -> Path:
    """As far as it was changed already."""
    folder: Path = getattr(script, _ASKED, resources.resource_folder)("lua")
    return folder


def replace(owner: type[Any], name: str, new: Any) -> None:
    """AttributeError where the class has nothing of that name."""
    getattr(owner, name)
    setattr(owner, name, new)
