"""Every example of the OpenAPI document, sent as it stands to a real service, in the order in which a shop would."""

import json
from collections.abc import Iterator
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # stubs would be one more dependency for one call
import pytest

from inventory_service.web.openapi import document
from tests.acceptance.arriving import arrives, settles
from tests.acceptance.client import Answer, Api
from tests.acceptance.service import RunningService
from tests.acceptance.waiting import eventually
from tests.orders.house import document as document_of_shop
from tests.orders.house import line

DOCUMENT: dict[str, Any] = json.loads(document())
OPERATIONS: dict[str, tuple[str, str, dict[str, Any]]] = {
    operation["operationId"]: (method.upper(), path, operation)
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
}

# What a response example shows beside the answer to the request example: the second of two, refused.
BESIDE: dict[str, dict[str, Any]] = {
    "move_stock": {
        "movement_id": "po-7-2", "type": "receive", "sku": "TEE-RED-M", "warehouse": "NOWHERE", "quantity": 1,
    },
    "accept_scans": {
        "scan_id": "wms-88-2", "reservation_id": "order-1001", "warehouse": "SHA", "sku": "NEVER-SEEN", "quantity": 1,
    },
}  # fmt: skip
# Of their own, since the transfer of the examples is received and the order of the examples is shipped from SHA.
PLAN = "tr-2026-11-2"
MOVING = "order-1004"
# What callers or rules fill, with members of their own.
FREE = {"metadata", "scan", "detail", "before", "after"}

# In this order. A status of its own where the example is sent again, or path values where ids are the service's.
ORDER = (
    "put_warehouse", "list_warehouses", "move_stock", "set_policy", "read_policy", "read_stock", "list_stock",
    "preview_allocation", "reserve", "read_reservation", "list_reservations", "read_allocation", "extend", "batch",
    "confirm", "release", "open_transfer", "ship_transfer", "read_transfer", "list_transfers", "receive_transfer",
    "cancel_transfer", "reallocate", "accept_short_picks", "accept_scans", "list_stock_events", "list_exceptions",
    "resolve_exception", "list_alerts", "acknowledge_alert", "reallocate_warehouse", "put_sku_code", "list_sku_codes",
    "list_orders", "read_order", "list_outbound_orders", "answer_outbound_order", "list_order_failures",
    "retry_order_failure", "erase_customer", "put_shop",
    "probe_shop", "read_shop", "list_shops", "put_credential", "list_credentials", "put_mapping", "read_mapping",
    "unset_mapping", "livez", "readyz", "metrics",
    "openapi", "docs", "docs_script", "docs_style", "problem_index", "problem_page",
)  # fmt: skip
# They need a platform that answers: tests/sync has them.
OF_A_SHOP = (
    "take_push", "ask_backfill", "read_backfill", "ask_check", "read_check", "repair_check", "read_channels_status",
    "put_items", "list_items",
)  # fmt: skip


def test_every_call_is_tried() -> None:
    assert sorted((*ORDER, *OF_A_SHOP)) == sorted(OPERATIONS)


async def test_every_example_works_as_it_stands(api: Api, service: RunningService) -> None:
    lines = [line(sku="TEA", quantity=1)]
    await arrives(service, document_of_shop(order_id="S-2026-8", payment="free", lines=lines))
    order_no = (await arrives(service, document_of_shop(order_id="S-2026-7", lines=lines))).order_no
    for operation_id in ORDER:
        await _prepare(api, operation_id)
        if operation_id == "list_orders":  # the hub may have looked at it while there was no such SKU
            await _receive(api, "TEA", "SHA")
            (await api.get("/v1/stock", {})).ok()  # the ledger knows the SKU by now
            await settles(service, order_no)
        method, path, operation = OPERATIONS[operation_id]
        values = {each["name"]: each["example"] for each in operation.get("parameters", []) if each["in"] == "path"}
        values |= await _made_by_the_service(api, operation_id)
        body = _body(operation_id, operation) if operation_id != "answer_outbound_order" else await _answer(api)
        sent = {} if body is None else {"body": body}
        answer = await _answered(api, method, path.format(**values), sent)
        first = "201" if "201" in operation["responses"] else "200"
        assert answer.status == int(first), f"{operation_id}: {answer}"
        _check(operation_id, operation["responses"][first]["content"], answer.body)
    await _send_the_reserve_again(api)


async def _answered(api: Api, method: str, path: str, sent: dict[str, Any]) -> Answer:
    """As a caller would have it: an answer that says "once more" is no answer yet."""

    async def asked() -> Answer | None:
        answer = await api.call(method, path, **sent)
        return None if isinstance(answer.body, dict) and answer.body.get("retryable") else answer

    answer = await eventually(asked, f"{method} {path} is answered for good", within_seconds=30)
    assert answer is not None
    return answer


async def _send_the_reserve_again(api: Api) -> None:
    """Everything has left by now: the answer is the documented 200, as a replay."""
    _, path, operation = OPERATIONS["reserve"]
    answer = await api.post(path, _body("reserve", operation))
    assert answer.ok(200)["status"] == "shipped"
    assert answer.replayed
    shown = operation["responses"]["200"]["content"]["application/json"]["example"]
    assert _keys(shown) <= _keys(answer.body)


def _body(operation_id: str, operation: dict[str, Any]) -> Any:
    """The example, or what an optional body may be; None: the call takes none."""
    if "requestBody" not in operation:
        return None
    media = operation["requestBody"]["content"]["application/json"]
    if "example" not in media:
        assert operation_id in ("acknowledge_alert", "probe_shop"), f"{operation_id} has no example"
        return {}
    if operation_id in BESIDE:
        ((name, items),) = media["example"].items()
        return {name: [*items, BESIDE[operation_id]]}
    return media["example"]


async def _prepare(api: Api, operation_id: str) -> None:
    """What has to have happened, that no example does."""
    if operation_id == "read_policy":
        (await api.put("/v1/stock/TEE-RED-M/policy", {"warehouse": "PEK", "safety_stock": 2})).ok()
    if operation_id == "cancel_transfer":
        plan = _body("open_transfer", OPERATIONS["open_transfer"][2])
        (await api.post("/v1/stock/transfers", plan | {"transfer_id": PLAN})).ok(201)
    if operation_id == "reallocate":
        await _hold(api, MOVING, "TEE-RED-M", ["SHA", "PEK"])
    if operation_id == "accept_short_picks":
        await _hold(api, "order-1005", "TEE-RED-M", ["SHA", "PEK"])
    if operation_id == "reallocate_warehouse":  # what is in SHA only has to stay: `list_alerts` left an order there
        await _receive(api, "MUG-BLUE", "SHA")
        await _hold(api, "order-1006", "MUG-BLUE", ["SHA", "PEK"])
        await _receive(api, "MUG-BLUE", "PEK")
    if operation_id == "list_exceptions":
        excess = {"scan_id": "excess", "reservation_id": "order-1001", "warehouse": "SHA", "sku": "TEE-RED-M"}
        (await api.post("/v1/wms/outbound-scans", {"scans": [excess | {"quantity": 3}]})).ok()
    if operation_id == "list_alerts":
        await _hold(api, "order-1003", "TEE-RED-M", ["SHA"], 3)
        empty = {"movement_id": "count-1", "type": "count", "sku": "TEE-RED-M", "warehouse": "SHA", "quantity": 0}
        (await api.post("/v1/stock/movements", {"movements": [empty | {"force": True}]})).ok()


async def _hold(api: Api, reservation_id: str, sku: str, warehouses: list[str], quantity: int = 1) -> None:
    """To Shanghai, so that SHA is the nearest."""
    ship_to, allocation = {"country": "CN", "region": "310000"}, {"warehouses": warehouses}
    order = {"reservation_id": reservation_id, "lines": [{"sku": sku, "quantity": quantity}]}
    (await api.post("/v1/reservations", order | {"ship_to": ship_to, "allocation": allocation})).ok(201)


async def _answer(api: Api) -> Any:
    """The example, about the entry that there is."""
    (entry,) = (await api.get("/v1/wms/outbound-orders", {})).ok()["data"]
    return _body("answer_outbound_order", OPERATIONS["answer_outbound_order"][2]) | {"position": entry["position"]}


async def _receive(api: Api, sku: str, warehouse: str) -> None:
    one = {"movement_id": f"{sku}.{warehouse}", "type": "receive", "sku": sku, "warehouse": warehouse, "quantity": 1}
    (result,) = (await api.post("/v1/stock/movements", {"movements": [one]})).ok()["results"]
    assert result["result"] == "applied"


async def _made_by_the_service(api: Api, operation_id: str) -> dict[str, str]:
    """Path values that the document cannot know, or that name something which ended in another way."""

    async def first(path: str, state: str) -> Any:
        return (await api.get(path, {"state": state})).ok()["data"]

    if operation_id == "cancel_transfer":
        return {"transfer_id": PLAN}
    if operation_id == "reallocate":
        return {"reservation_id": MOVING}
    if operation_id == "release":
        return {"reservation_id": "order-1002"}  # the one of the batch example: all of it is given back, as shown
    if operation_id == "resolve_exception":
        rows = await eventually(lambda: first("/v1/wms/exceptions", "open"), "an exception")
        return {"exception_id": next(row["exception_id"] for row in rows if row["code"] == "over_scan")}
    if operation_id in {"read_order", "answer_outbound_order"}:
        return {"order_no": (await api.get("/v1/orders", {})).ok()["data"][0]["order_no"]}
    if operation_id == "retry_order_failure":
        return {"failure_id": (await first("/v1/orders/failures", "open"))[0]["failure_id"]}
    if operation_id == "acknowledge_alert":
        rows = await eventually(lambda: first("/v1/alerts", "open"), "an alarm")
        return {"alert_id": rows[0]["alert_id"]}
    return {}


def _check(operation_id: str, content: dict[str, Any], body: Any) -> None:
    """The answer fits its schema, and has the members that the example shows, no fewer and no more."""
    media = content.get("application/json", {})
    if "schema" not in media:
        return
    schema = {**media["schema"], "components": DOCUMENT["components"]}
    jsonschema.Draft202012Validator(schema).validate(body)
    shown, found = _keys(media["example"]), _keys(body)
    assert shown == found, f"{operation_id}: only shown {shown - found}, only answered {found - shown}: {body}"


def _keys(value: Any, at: str = "") -> set[str]:
    """Every path of members; the entries of a list count together."""
    return set(_walk(value, at))


def _walk(value: Any, at: str) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _walk(item, f"{at}[]")
    elif isinstance(value, dict):
        for name, part in value.items():
            yield f"{at}.{name}"
            if name not in FREE:
                yield from _walk(part, f"{at}.{name}")


@pytest.mark.parametrize("code", DOCUMENT["components"]["examples"])
def test_every_problem_example_fits_the_schema(code: str) -> None:
    schema = {"$ref": "#/components/schemas/Problem", "components": DOCUMENT["components"]}
    example = DOCUMENT["components"]["examples"][code]["value"]
    jsonschema.Draft202012Validator(schema).validate(example)
    assert (example["code"], example["type"]) == (code, f"/problems/{code}")
