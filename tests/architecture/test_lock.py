"""requirements.lock pins everything, for every platform, and tells nobody where it was made."""

import re
import tomllib
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
LOCK = (REPOSITORY / "requirements.lock").read_text(encoding="utf-8")
PINS = re.findall(r"^([a-z0-9][a-z0-9.-]*)(?:\[[a-z,]+\])?==([^ ;\\]+)((?:.|\n(?=    ))*)", LOCK, flags=re.MULTILINE)


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_line_is_a_pin_a_hash_or_a_comment() -> None:
    odd = [
        line for line in LOCK.splitlines() if line and not re.match(r"\s*#|    --hash=sha256:[0-9a-f]{64}|\S+==", line)
    ]
    assert odd == []


def test_every_pin_has_hashes() -> None:
    assert len(PINS) > 80
    assert [name for name, _, rest in PINS if "--hash=sha256:" not in rest] == []


def test_it_names_no_address_and_no_path() -> None:
    assert re.findall(r"\w+://\S+|^#.*(?:/\w+){2,}.*$|^-.*$", LOCK, flags=re.MULTILINE) == []


def test_everything_that_is_asked_for_is_pinned() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [*project["dependencies"], *(need for extra in project["optional-dependencies"].values() for need in extra)]
    asked_names = {normal(re.split(r"[\[<>=~;! ]", need, maxsplit=1)[0]) for need in asked}
    assert asked_names - {normal(name) for name, _, _ in PINS} == set()
