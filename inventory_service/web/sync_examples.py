"""Examples of the calls that keep shops in step."""

from typing import Any

SHOP = "tees"
RANGE = {"from": "2026-11-10T22:00:00+08:00", "to": "2026-11-11T08:00:00+08:00"}
PUSHED = {"type": "order.paid", "timestamp": "2026-11-11T00:00:01Z", "data": {"order_id": "MP-1001"}}
_RUN: dict[str, Any] = {
    "shop": SHOP,
    "from": "2026-11-10T14:00:00.000Z",
    "to": "2026-11-11T00:00:00.000Z",
    "state": "done",
    "progress": 1.0,
    "attempts": 0,
    "reason": None,
    "requested_by": "desk",
    "requested_at": "2026-11-11T00:10:00.000Z",
    "ended_at": "2026-11-11T00:11:40.000Z",
}
BACKFILL = _RUN | {
    "backfill_id": "7",
    "new": 327,
    "changed": 2,
    "unchanged": 1204,
    "failed": 1,
    "orders": [
        {"channel_order_id": "MP-1001", "outcome": "new", "reason": None},
        {"channel_order_id": "MP-1002", "outcome": "failed", "reason": "modified_at: is missing"},
    ],
    "customers": [{"customer": "Kx3bWq0aYtE", "channel_order_ids": ["MP-1001"]}],
}
CHECK = _RUN | {
    "check_id": "8",
    "theirs": {"orders": 1534, "paid_minor": 19_788_600},
    "ours": {"orders": 1533, "paid_minor": 19_775_700},
    "differences": {"missing_here": 1, "fulfilment": 1},
    "orders": [
        {
            "channel_order_id": "MP-1003",
            "difference": "fulfilment",
            "theirs": {"payment": "paid", "fulfilment": "cancelled", "currency": "CNY", "paid_minor": 12_900},
            "ours": {"payment": "paid", "fulfilment": "open", "currency": "CNY", "paid_minor": 12_900},
        }
    ],
}
REPAIRED = {"check_id": "8", "orders": 2}
STATUS = {
    "shops": [
        {
            "shop": SHOP,
            "channel": "generic",
            "responsible": "Wang Fang",
            "enabled": True,
            "paused_reason": None,
            "reached_at": "2026-11-11T00:09:00.000Z",
            "succeeded_at": "2026-11-11T00:10:00.000Z",
            "failures": 0,
            "reason": None,
            "hints": 0,
            "backfill": _RUN,
            "check": None,
        }
    ]
}
ITEMS = {
    "items": [
        {"product_id": "520", "sku_id": "100", "parts": [{"sku": "TEE-RED-M", "quantity": 1}]},
        {
            "product_id": "521",
            "parts": [{"sku": "TEE-RED-M", "quantity": 2}, {"sku": "MUG-BLUE", "quantity": 1}],
        },
    ]
}
ITEMS_VIEW = {
    "items": [
        {**ITEMS["items"][0], "written": 598, "reason": None},
        {**ITEMS["items"][1], "sku_id": "", "written": None, "reason": "no such article [isv.item-not-exist]"},
    ]
}
