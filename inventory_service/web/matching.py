"""Which route a request line names, as far as it tells without decoding anything."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from aiohttp import hdrs

from inventory_service.web.endpoint import Endpoint
from inventory_service.web.routes import Route

_PARAMETER = re.compile(r"\\{(\w+)\\}")


class Match(NamedTuple):
    """`values`: what stands in the path for each of its parameters, undecoded."""

    endpoint: Endpoint
    values: Mapping[str, str]


class Matcher:
    """A path without parameters is looked up; for all others one expression per method knows every route."""

    def __init__(self, endpoints: Sequence[Endpoint]) -> None:
        self._fixed = {
            (method, each.route.path): Match(each, {}) for each in endpoints for method in methods(each.route)
        }
        self._named = {f"r{number}": each for number, each in enumerate(endpoints) if "{" in each.route.path}
        self._parameters = {name: re.findall(r"{(\w+)}", each.route.path) for name, each in self._named.items()}
        self._patterns = {method: self._pattern(method) for each in endpoints for method in methods(each.route)}

    def find(self, method: str, target: str) -> Match | None:
        path = target.partition("?")[0]
        fixed = self._fixed.get((method, path))
        if fixed is not None:
            return fixed
        pattern = self._patterns.get(method)
        found = pattern.fullmatch(path) if pattern else None
        if not found or not found.lastgroup:
            return None
        name = found.lastgroup  # the outermost group ends last
        return Match(self._named[name], {each: found[f"{name}_{each}"] for each in self._parameters[name]})

    def _pattern(self, method: str) -> re.Pattern[str]:
        asked = [(name, each.route) for name, each in self._named.items() if method in methods(each.route)]
        return re.compile("|".join(f"(?P<{name}>{_regex(name, route)})" for name, route in asked))


def methods(route: Route) -> Iterator[str]:
    """What can be read can be asked for without its body."""
    yield route.method
    if route.method == hdrs.METH_GET:
        yield hdrs.METH_HEAD


def _regex(name: str, route: Route) -> str:
    return _PARAMETER.sub(lambda found: f"(?P<{name}_{found[1]}>[^/]+)", re.escape(route.path))
