"""Where mappings come from: one in each channel's folder, a file of one's own, or a shop's on top of ours."""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from inventory_service.channels.mapping.checking import WrongMapping, checked
from inventory_service.channels.mapping.table import FieldMapping

FILE = "mapping.toml"
BYTES_MAX = 256 * 1024

KEY_PARTS_MAX = 32
# `tomllib` takes the square of a key's parts: of a single one of 256 KiB half an hour, with everybody waiting.
_PART = r"""(?:(?<![\w-])[\w-]++|"(?:[^"\\\n]|\\.)*+"|'[^'\n]*+')"""
_LONG_KEY = re.compile(rf"(?:{_PART}[ \t]*+\.[ \t]*+){{{KEY_PARTS_MAX}}}")

_CHANNELS = Path(__file__).parent.parent


def shipped_channels() -> list[str]:
    """Those with a mapping of ours."""
    return sorted(path.parent.name for path in _CHANNELS.glob(f"*/{FILE}"))


@cache
def shipped(channel: str) -> FieldMapping:
    """Raises KeyError for a channel that has none."""
    if channel not in shipped_channels():
        raise KeyError(channel)
    return loaded((_CHANNELS / channel / FILE).read_bytes(), f"{channel}/{FILE}")


def loaded(data: bytes, name: str, shop: str = "") -> FieldMapping:
    """`name`: the file's, for messages. Raises WrongMapping.

    With `extends = "taobao"` it holds only what differs from ours: single keys of a field, single lines of a table.
    """
    raw = _parsed(data, name)
    try:
        return _checked(raw, name, shop)
    except RecursionError:
        raise WrongMapping(name, ["is nested without end"]) from None


def _checked(raw: Mapping[str, Any], name: str, shop: str) -> FieldMapping:
    base = raw.get("extends")
    if base is None:
        return checked(raw, name, shop)
    if base not in shipped_channels():
        raise WrongMapping(name, [f"extends: {base!r} is none of {', '.join(shipped_channels())}"])
    ours = _parsed((_CHANNELS / base / FILE).read_bytes(), f"{base}/{FILE}")
    if "version" not in raw:
        raise WrongMapping(name, ["version: is missing"])
    return checked(_over(ours, raw), name, shop)


def _parsed(data: bytes, name: str) -> dict[str, Any]:
    if len(data) > BYTES_MAX:
        raise WrongMapping(name, [f"is larger than {BYTES_MAX // 1024} KiB"])
    try:
        text = data.decode()
        if found := _LONG_KEY.search(text):
            line = text.count("\n", 0, found.start()) + 1
            raise WrongMapping(name, [f"line {line}: a key of more than {KEY_PARTS_MAX} parts"])
        return tomllib.loads(text)
    except UnicodeDecodeError as error:
        raise WrongMapping(name, [f"is not UTF-8: {error.reason} at byte {error.start}"]) from None
    except (tomllib.TOMLDecodeError, ValueError, RecursionError) as error:
        raise WrongMapping(name, [f"is no TOML: {error}"]) from None


def _over(base: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Tables are gone into, everything else is replaced."""
    result = dict(base)
    for key, value in other.items():
        below = result.get(key)
        result[key] = _over(below, value) if isinstance(below, Mapping) and isinstance(value, Mapping) else value
    return result
