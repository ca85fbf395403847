"""The SQL of this folder by name. `queries.sql` tells the format."""

import re
from collections.abc import Mapping
from importlib.resources import files
from types import MappingProxyType

_NAME = re.compile(r"^-- name: (?P<name>\w+)$", re.MULTILINE)


def parse(text: str) -> dict[str, str]:
    """Name → statement, its description included as an SQL comment. Raises ValueError for a name used twice."""
    parts = _NAME.split(text)[1:]
    queries: dict[str, str] = {}
    for name, body in zip(parts[::2], parts[1::2], strict=True):
        if name in queries:
            raise ValueError(f"queries.sql names {name} twice")
        queries[name] = f"/* {name} */ {body.strip()}"
    return queries


QUERIES: Mapping[str, str] = MappingProxyType(parse((files(__package__) / "queries.sql").read_text("utf-8")))
