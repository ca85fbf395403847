"""The SQL of this folder by name; the format is told in `ledger/queries.sql`."""

from collections.abc import Mapping
from importlib.resources import files
from types import MappingProxyType

from inventory_service.ledger.queries import parse

QUERIES: Mapping[str, str] = MappingProxyType(parse((files(__package__) / "queries.sql").read_text("utf-8")))
