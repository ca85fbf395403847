"""Who calls: a storefront, a WMS, a person. Keys rotate, the client stays."""

from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    """What a key allows."""

    RESERVE = "reserve"
    STOCK_READ = "stock:read"
    STOCK_WRITE = "stock:write"
    SCAN = "scan"
    ORDERS = "orders"
    REPORTS = "reports"
    PII_READ = "pii:read"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Client:
    """The holder of a valid key, with what that key allows."""

    name: str
    scopes: frozenset[Scope]
