"""Warehouses."""

from inventory_service.domain.warehouse import Warehouse
from inventory_service.web.answers import Answer, Call, json_answer
from inventory_service.web.schemas.lists import NoQuery, PageBody, PageQuery
from inventory_service.web.schemas.warehouses import WarehouseBody, WarehouseView


async def put_warehouse(call: Call[WarehouseBody, NoQuery]) -> Answer:
    body = call.body
    warehouse = Warehouse(
        code=call.path["code"],
        name=body.name,
        kind=body.kind,
        country=body.country,
        region=body.region,
        lat=body.lat,
        lon=body.lon,
        priority=body.priority,
        serves=None if body.serves is None else tuple(body.serves),
        enabled=body.enabled,
    )
    return json_answer(_view(await call.services.warehouses.put(warehouse)))


async def list_warehouses(call: Call[None, PageQuery]) -> Answer:
    page = await call.services.warehouses.list(call.query.limit, call.query.position)
    return json_answer(PageBody([_view(warehouse) for warehouse in page.data], page.next_cursor or None))


def _view(warehouse: Warehouse) -> WarehouseView:
    return WarehouseView(
        code=warehouse.code,
        name=warehouse.name,
        kind=warehouse.kind,
        country=warehouse.country,
        region=warehouse.region,
        lat=warehouse.lat,
        lon=warehouse.lon,
        priority=warehouse.priority,
        serves=None if warehouse.serves is None else list(warehouse.serves),
        enabled=warehouse.enabled,
    )
