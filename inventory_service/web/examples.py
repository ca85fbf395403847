"""Examples for the OpenAPI document. A test holds each of them against its schema."""

# What stands in a path, by the name of its parameter.
PATH = {
    "reservation_id": "order-1001",
    "sku": "TEE-RED-M",
    "code": "SHA",
    "transfer_id": "tr-2026-11-1",
    "exception_id": "exc_0000000000000107",
    "alert_id": "alr_0000000000000003",
    "shop": "tees",
    "problem_code": "insufficient_stock",
} | {"shop": "tees", "backfill_id": "7", "check_id": "8"}
RESERVE = {
    "reservation_id": "order-1001",
    "lines": [{"sku": "TEE-RED-M", "quantity": 2}],
    "ttl_seconds": 900,
    "channel": "storefront",
    "order_ref": "1001",
    "customer_id": "c-77",
    "ship_to": {
        "country": "CN",
        "region": "310000",
        "province": "上海市",
        "city": "上海市",
        "lat": 31.23,
        "lon": 121.47,
    },
    "allocation": {"strategy": "nearest", "warehouses": ["SHA", "PEK"], "max_splits": 2},
    "allow_partial": False,
    "metadata": {"cart": "9f3"},
}
RESERVATION = {
    "reservation_id": "order-1001",
    "status": "held",
    "created_at": "2026-11-11T00:00:00.123Z",
    "expires_at": "2026-11-11T00:15:00.123Z",
    "lines": [
        {
            "sku": "TEE-RED-M",
            "quantity": 2,
            "shipped": 0,
            "released": 0,
            "allocations": [{"warehouse": "SHA", "quantity": 2, "shipped": 0}],
        }
    ],
    "channel": "storefront",
    "order_ref": "1001",
    "customer_id": "c-77",
    "metadata": {"cart": "9f3"},
}
RESERVED = RESERVATION | {"durability": "disk"}
CONFIRMED = RESERVED | {
    "status": "confirmed",
    "outcome": "confirmed",
    "expires_at": None,
    "confirmed_at": "2026-11-11T00:01:07.456Z",
}
RELEASED = RESERVED | {
    "status": "released",
    "outcome": "released",
    "ended_at": "2026-11-11T00:02:00.000Z",
    "lines": [{"sku": "TEE-RED-M", "quantity": 2, "shipped": 0, "released": 2, "allocations": []}],
}
EXTENDED = RESERVED | {"outcome": "extended", "expires_at": "2026-11-11T00:30:00.123Z"}
RELEASE_PART = {"lines": [{"sku": "TEE-RED-M", "quantity": 1}], "release_id": "order-1001-part-1"}
BATCH = {
    "operations": [
        {"op": "reserve", "reservation_id": "order-1002", "lines": [{"sku": "TEE-RED-M", "quantity": 1}]},
        {"op": "confirm", "reservation_id": "order-1001"},
    ]
}
BATCH_RESULTS = {
    "results": [
        {"status": 201, "body": RESERVED | {"reservation_id": "order-1002"}},
        {"status": 200, "body": CONFIRMED},
    ]
}

_COUNTERS = {
    "on_hand": 120,
    "held": 2,
    "committed": 10,
    "unavailable": 3,
    "safety_stock": 5,
    "incoming": 40,
    "available": 100,
    "deficit": 0,
    "warn_below": 20,
    "preordered": 0,
    "arrivals": [{"expected_at": "2026-11-20T00:00:00.000Z", "quantity": 40}],
    "in_transit": 40,
}
STOCK = {
    "sku": "TEE-RED-M",
    **_COUNTERS,
    "warehouses": [{"warehouse": "SHA", "kind": "warehouse", **_COUNTERS}],
    "pool": {"warehouses": 120, "stores": 0, "in_transit": 40, "expected": 0},
    "as_of": "2026-11-11T00:00:00.123Z",
}
STOCK_SET = {**STOCK, "durability": "disk"}
EVENT = {
    "event_id": "evt_0000000000000042",
    "type": "receive",
    "sku": "TEE-RED-M",
    "warehouse": "SHA",
    "quantity": 120,
    "before": {"on_hand": 0},
    "after": {"on_hand": 120},
    "reason": "first delivery",
    "reference": "PO-7",
    "reservation_id": None,
    "client": "warehouse-desk",
    "time": "2026-11-10T08:00:00.000Z",
}
MOVEMENTS = {
    "movements": [
        {
            "movement_id": "po-7-1",
            "type": "receive",
            "sku": "TEE-RED-M",
            "warehouse": "SHA",
            "quantity": 120,
            "reason": "first delivery",
            "reference": "PO-7",
        },
        {
            "movement_id": "po-8-1",
            "type": "expect",
            "sku": "TEE-RED-M",
            "warehouse": "SHA",
            "quantity": 40,
            "expected_at": "2026-11-20T00:00:00Z",
        },
    ]
}
MOVEMENT_RESULTS = {
    "results": [
        {"movement_id": "po-7-1", "result": "applied", "stock": STOCK, "durability": "disk"},
        {"movement_id": "po-8-1", "result": "applied", "stock": STOCK, "durability": "disk"},
        {
            "movement_id": "po-7-2",
            "result": "rejected",
            "code": "unknown_warehouse",
            "pointer": "/movements/2/warehouse",
        },
    ]
}
_TAOBAO = {"safety_stock": 5, "limit_below": 30, "limit_quantity": 2, "pause_below": 10, "warn_below": 40}
POLICY = {
    "safety_stock": 5,
    "warn_below": 20,
    "total_safety_stock": 10,
    "total_warn_below": 60,
    "channels": {"taobao": _TAOBAO},
    "preorder_limit": 40,
}
POLICY_VIEW = {
    "sku": "TEE-RED-M",
    "safety_stock": 5,
    "warn_below": 20,
    "warehouses": [{"warehouse": "PEK", "safety_stock": 2, "warn_below": None}],
    "total_safety_stock": 10,
    "limit_below": 0,
    "limit_quantity": 0,
    "pause_below": 0,
    "total_warn_below": 60,
    "channels": POLICY["channels"],
    "preorder_limit": 40,
}
TRANSFER_NEW = {
    "transfer_id": "tr-2026-11-1",
    "from": "SHA",
    "to": "PEK",
    "lines": [{"sku": "TEE-RED-M", "quantity": 40}],
    "expected_at": "2026-11-20T00:00:00Z",
    "reference": "weekly refill",
}
_TRANSFER_LINE = {
    "sku": "TEE-RED-M",
    "quantity": 40,
    "shipped": 38,
    "received": 0,
    "damaged": 0,
    "lost": 0,
    "outstanding": 38,
    "discrepancy": 0,
}
TRANSFER = {
    "transfer_id": "tr-2026-11-1",
    "state": "in_transit",
    "from": "SHA",
    "to": "PEK",
    "reference": "weekly refill",
    "expected_at": "2026-11-20T00:00:00.000Z",
    "created_at": "2026-11-18T08:00:00.000Z",
    "shipped_at": "2026-11-18T08:00:00.000Z",
    "ended_at": None,
    "lines": [_TRANSFER_LINE],
}
TRANSFER_DONE = TRANSFER | {"durability": "disk"}
TRANSFER_PLANNED = TRANSFER_DONE | {
    "state": "draft",
    "shipped_at": None,
    "lines": [_TRANSFER_LINE | {"shipped": 0, "outstanding": 0}],
}
TRANSFER_SHIP = {"lines": [{"sku": "TEE-RED-M", "quantity": 38}]}
RECEIPT = {"receipt_id": "dock-7-1", "lines": [{"sku": "TEE-RED-M", "quantity": 36, "damaged": 1}], "close": True}
TRANSFER_RECEIVED = TRANSFER_DONE | {
    "state": "received",
    "ended_at": "2026-11-20T09:00:00.000Z",
    "lines": [_TRANSFER_LINE | {"received": 36, "damaged": 1, "lost": 2, "outstanding": 0, "discrepancy": -2}],
}
TRANSFER_CANCELLED = TRANSFER_PLANNED | {"state": "cancelled", "ended_at": "2026-11-18T09:00:00.000Z"}
WAREHOUSE = {
    "name": "上海仓",
    "kind": "warehouse",
    "country": "CN",
    "region": "310000",
    "lat": 31.23,
    "lon": 121.47,
    "priority": 10,
    "serves": ["310000", "320000", "330000"],
    "enabled": True,
    "paused": False,
    "cross_border": ["HK", "SG"],
    "outbound": {
        "time_zone": "Asia/Shanghai",
        "cut_off": "16:00",
        "working_days": [1, 2, 3, 4, 5, 6],
        "closed_dates": ["2026-01-01", {"from": "2026-02-16", "to": "2026-02-23"}],
        "daily_capacity": 5000,
    },
    "freight": {"currency": "CNY", "amounts": {"310000": 600, "320000": 800, "330000": 800, "*": 1500}},
}
WAREHOUSE_VIEW = {"code": "SHA", **WAREHOUSE}
SCANS = {
    "scans": [
        {
            "scan_id": "wms-88-1",
            "reservation_id": "order-1001",
            "warehouse": "SHA",
            "sku": "TEE-RED-M",
            "quantity": 2,
            "package_no": "P-1",
            "carrier": "SF",
            "tracking_no": "SF1234567890",
            "scanned_at": "2026-11-11T09:30:00.000Z",
        }
    ]
}
SCAN_RESULTS = {
    "results": [
        {"scan_id": "wms-88-1", "result": "applied", "durability": "disk"},
        {
            "scan_id": "wms-88-2",
            "result": "parked",
            "code": "unknown_sku",
            "pointer": "/scans/1/sku",
            "durability": "disk",
        },
    ]
}
EXCEPTION = {
    "exception_id": "exc_0000000000000107",
    "kind": "applied",
    "code": "over_scan",
    "state": "open",
    "client": "wms-sha",
    "scan_id": "wms-88-3",
    "reservation_id": "order-1001",
    "warehouse": "SHA",
    "sku": "TEE-RED-M",
    "quantity": 3,
    "scan": {
        "scan_id": "wms-88-3",
        "reservation_id": "order-1001",
        "warehouse": "SHA",
        "sku": "TEE-RED-M",
        "quantity": 3,
    },
    "opened_at": "2026-11-11T09:31:00.000Z",
    "resolution": None,
    "note": None,
    "resolved_by": None,
    "resolved_at": None,
}
RESOLVED = EXCEPTION | {
    "state": "resolved",
    "resolution": "dismissed",
    "note": "Counted again, two were right.",
    "resolved_by": "desk",
    "resolved_at": "2026-11-11T10:00:00.000Z",
}
RESOLVE = {"action": "dismiss", "note": "Counted again, two were right."}
ALERT = {
    "alert_id": "alr_0000000000000003",
    "rule": "deficit",
    "cause": "TEE-RED-M@SHA",
    "state": "open",
    "count": 2,
    "detail": {"deficit": 3, "orders_at_risk": ["order-1001"]},
    "opened_at": "2026-11-11T09:31:00.000Z",
    "last_at": "2026-11-11T09:40:00.000Z",
    "acknowledged_by": None,
}


def page(item: object) -> dict[str, object]:
    """A list of one."""
    return {"data": [item], "next_cursor": None}


ALLOCATION = {
    "reservation_id": "order-1001",
    "decided_at": "2026-11-11T00:00:00.123Z",
    "decided_by": "reserve",
    "strategy": "nearest",
    "place": {"region": "310000", "name": "上海市", "confidence": "region"},
    "warehouses": [
        {
            "warehouse": "SHA",
            "rank": 1,
            "reason": "used",
            "km": 12.4,
            "amount": 600,
            "store": False,
            "lines": [{"sku": "TEE-RED-M", "quantity": 2}],
        },
        {"warehouse": "PEK", "rank": 2, "reason": "ranked_behind", "km": 1067.9, "store": False, "lines": []},
        {"warehouse": "CAN", "rank": 3, "reason": "capacity", "km": 1213.1, "store": False, "lines": []},
    ],
    "excluded": [{"warehouse": "CTU", "reason": "out_of_area"}],
}
REALLOCATED = RESERVED | {
    "outcome": "reallocated",
    "lines": [
        {
            "sku": "TEE-RED-M",
            "quantity": 2,
            "shipped": 0,
            "released": 0,
            "allocations": [{"warehouse": "PEK", "quantity": 2, "shipped": 0}],
        }
    ],
}
PREVIEW = {"lines": [{"sku": "TEE-RED-M", "quantity": 900}], "ship_to": {"region": "310000"}}
PREVIEWED = {
    "outcome": "insufficient_stock",
    "lines": [{"sku": "TEE-RED-M", "quantity": 900, "allocations": []}],
    "shortages": [{"sku": "TEE-RED-M", "requested": 900, "available": 100, "reason": "capacity"}],
    "strategy": "nearest",
    "place": {"region": "310000", "name": "上海市", "confidence": "region"},
    "warehouses": [
        {
            "warehouse": "SHA",
            "rank": 1,
            "reason": "not_enough",
            "km": 12.4,
            "amount": 600,
            "store": False,
            "lines": [{"sku": "TEE-RED-M", "quantity": 100}],
        },
        {
            "warehouse": "PEK",
            "rank": 2,
            "reason": "capacity",
            "km": 1067.9,
            "store": False,
            "lines": [{"sku": "TEE-RED-M", "quantity": 800}],
        },
    ],
    "excluded": [],
}
MOVED_AWAY = {
    "moved": ["order-1001"],
    "unmoved": [
        {
            "reservation_id": "order-1002",
            "code": "insufficient_stock",
            "shortages": [{"sku": "TEE-RED-M", "requested": 1, "available": 0, "reason": "not_enough"}],
        }
    ],
    "next_cursor": None,
}
SHORT_PICKS = {
    "short_picks": [
        {
            "short_pick_id": "pick-77-1",
            "reservation_id": "order-1005",
            "warehouse": "SHA",
            "sku": "TEE-RED-M",
            "quantity": 1,
        }
    ]
}
SHORT_PICK_RESULTS = {"results": [{"short_pick_id": "pick-77-1", "result": "moved", "durability": "disk"}]}
