"""The places with stock."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode

from inventory_service.domain import warehouse_rules
from inventory_service.domain.errors import Refused
from inventory_service.domain.warehouse import Warehouse
from inventory_service.usecases.ports import Page, Warehouses

_CURSOR_PREFIX = "warehouses:"


class ManageWarehouses:
    def __init__(self, warehouses: Warehouses) -> None:
        self._warehouses = warehouses

    async def put(self, warehouse: Warehouse) -> Warehouse:
        """Create or replace one; other processes hear of it within 2 s.

        Raises Refused (`validation_failed`) for settings that contradict each other, NotReady, OutcomeUnknown.
        """
        warehouse_rules.check(warehouse)
        await self._warehouses.put(warehouse)
        return warehouse

    async def list(self, limit: int, cursor: str) -> Page[Warehouse]:
        """Warehouses by code. Raises Refused (`validation_failed`) for a cursor that is not of this list."""
        last = _code_of(cursor) if cursor else ""
        behind = [warehouse for code, warehouse in sorted(self._warehouses.all().items()) if code > last]
        page = behind[:limit]
        return Page(page, _cursor_of(page[-1].code) if len(behind) > limit else "")


def _cursor_of(code: str) -> str:
    return urlsafe_b64encode(f"{_CURSOR_PREFIX}{code}".encode()).decode().rstrip("=")


def _code_of(cursor: str) -> str:
    try:
        text = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except (binascii.Error, ValueError):  # also what is not ASCII or not UTF-8
        text = ""
    if not text.startswith(_CURSOR_PREFIX):
        raise Refused("validation_failed", "This cursor is not one of this list.", "/cursor")
    return text.removeprefix(_CURSOR_PREFIX)
