"""Where a value stands in a document: `post_addr.town.name`, `logistics_info[0].company`; a list: `orders.order[]`."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from inventory_service.channels.mapping.values import Unfit, kind_of

PATH = "names parted by dots, such as post_addr.province.name or logistics_info[0].company"
LIST = "names parted by dots with [] behind each list, such as orders.order[]"
STEPS_MAX = 16

_PART = re.compile(r"([^\s.\[\]]+)((?:\[[0-9]{0,4}\])*)")
_INDEX = re.compile(r"\[([0-9]*)\]")
_EACH = -1  # every element of a list

# What some platforms write instead of an object that is not there.
_NOTHING: tuple[object, ...] = (None, "", [])


class Path(NamedTuple):
    """`steps`: a name, the number of an element, or all elements."""

    text: str
    steps: tuple[str | int, ...]


def parsed(text: str, *, is_list: bool = False) -> Path | None:
    """None: it is no path, or not one of that sort."""
    steps: list[str | int] = []
    for part in text.split("."):
        match = _PART.fullmatch(part)
        if not match:
            return None
        steps += [match[1], *(int(index) if index else _EACH for index in _INDEX.findall(match[2]))]
    wanted = steps[-1] == _EACH if is_list else _EACH not in steps
    return Path(text, tuple(steps)) if wanted and len(steps) <= STEPS_MAX else None


def followed(path: Path, node: object) -> object:
    """The value there, None where nothing is. Raises Unfit where the document has another shape."""
    for step in path.steps:
        if node in _NOTHING:
            return None
        node = _below(step, node)
    return node


def elements(path: Path, node: object) -> list[tuple[str, object]] | None:
    """Each element with where it stands; None where there is no such list. Raises Unfit as `followed` does."""
    found: list[tuple[str, object]] = [("", node)]
    is_there = False
    for step in path.steps:
        below: list[tuple[str, object]] = []
        for place, each in found:
            if step == _EACH and each == []:
                is_there = True
            elif each not in _NOTHING:
                below += _elements(place, each) if step == _EACH else [(_joined(place, step), _below(step, each))]
        found = below
    return found if found or is_there else None


def _elements(place: str, node: object) -> Iterator[tuple[str, object]]:
    for index, each in enumerate(_list(node)):
        yield f"{place}[{index}]", each


def _below(step: str | int, node: object) -> object:
    if isinstance(step, str):
        if not isinstance(node, Mapping):
            raise Unfit(f"{kind_of(node)} stands where an object with {step} should be")
        return node.get(step)
    sequence = _list(node)
    return sequence[step] if step < len(sequence) else None


def _list(node: object) -> Sequence[object]:
    if not isinstance(node, list | tuple):
        raise Unfit(f"{kind_of(node)} stands where a list should be")
    return node


def _joined(place: str, step: str | int) -> str:
    if isinstance(step, int):
        return f"{place}[{step}]"
    return f"{place}.{step}" if place else step
