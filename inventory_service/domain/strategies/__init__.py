"""How warehouses are ranked: each module here is one strategy, its `STRATEGY`. A new one is a new file."""

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType

from inventory_service.domain.strategy import Strategy

DEFAULT = "nearest"
FALLBACK = "priority"  # ranks whatever is known of the destination


def _found() -> Mapping[str, Strategy]:
    modules = [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]
    return MappingProxyType({module.STRATEGY.name: module.STRATEGY for module in modules})


STRATEGIES = _found()
