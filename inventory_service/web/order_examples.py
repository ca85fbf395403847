"""What orders look like, for the OpenAPI document."""

ORDER_NO = "223JG2TBD4F38GT2W2"
# What stands in a path, by the name of its parameter.
PATH = {"order_no": ORDER_NO, "failure_id": "fail_0000000000000001", "saying": "ack"}
_LINE = {
    "line_id": "1",
    "sku": "TEE-RED-M",
    "channel_sku": "4821",
    "channel_item": "654321",
    "title": "红色T恤",
    "quantity": 2,
    "list_price_minor": 4990,
    "paid_minor": 8780,
    "fulfilment": "open",
    "refund": "none",
    "refund_id": None,
    "refunded": None,
    "shipped": 0,
    "is_gift": False,
}
ORDER = {
    "order_no": ORDER_NO,
    "channel": "generic",
    "shop": "shop-1",
    "channel_order_id": "S-2026-7",
    "parent_order_id": None,
    "payment": "paid",
    "fulfilment": "open",
    "cash_on_delivery": False,
    "currency": "CNY",
    "amounts": {"total_minor": 9980, "discount_minor": 1200, "freight_minor": 600, "paid_minor": 9380},
    "created_at": "2026-11-11T00:00:01.000Z",
    "paid_at": "2026-11-11T00:01:00.000Z",
    "modified_at": "2026-11-11T00:01:02.000Z",
    "shipped_at": None,
    "ended_at": None,
    "ship_by": None,
    "seen_at": "2026-11-11T00:01:05.000Z",
    "erased_at": None,
    "buyer_reference": "b****",
    "buyer_message": "****",
    "seller_memo": "",
    "receiver": {
        "name": "李****",
        "phone": "138****8888",
        "country": "CN",
        "province": "上海市",
        "city": "上海市",
        "district": "黄****",
        "town": "",
        "address": "南****",
        "postcode": "",
        "token": "",
    },
    "presale": None,
    "lines": [_LINE],
    "parcels": [],
    "reservation_id": ORDER_NO,
    "case": None,
}
ORDER_WITH_HISTORY = ORDER | {
    "history": [
        {
            "at": "2026-11-11T00:01:05.000Z",
            "kind": "arrived",
            "detail": {"payment": "paid", "fulfilment": "open"},
        },
        {
            "at": "2026-11-11T00:01:05.020Z",
            "kind": "reserve",
            "detail": {"reservation": ORDER_NO, "outcome": "done"},
        },
    ]
}
FAILURE = {
    "failure_id": "fail_0000000000000001",
    "state": "open",
    "channel": "generic",
    "shop": "shop-1",
    "channel_order_id": "S-2026-8",
    "field": "order.payment",
    "path": "payment",
    "reason": 'is "free", not one of unpaid, deposit_paid, paid, part_refunded, refunded',
    "attempts": 3,
    "first_at": "2026-11-11T00:02:00.000Z",
    "last_at": "2026-11-11T00:02:15.000Z",
    "next_try_at": "2026-11-11T00:02:35.000Z",
}
RETRIED = {"result": "failed", "order_no": None}
SKU_CODE = {
    "channel": "generic",
    "code": "SET-1",
    "parts": [{"sku": "TEE-RED-M", "quantity": 2}, {"sku": "MUG-BLUE", "quantity": 1}],
}
SKU_CODE_VIEW = SKU_CODE | {"shop": None, "title": None, "orders": 0}
ERASE = {"channel": "generic", "buyer_reference": "buyer-7"}
ERASED = {"orders": 1, "failures": 0}
_TOLD = [{"sku": "TEE-RED-M", "quantity": 2}]
FEED = {
    "data": [
        {
            "position": 41,
            "kind": "ship",
            "at": "2026-11-11T00:01:05.040Z",
            "order_no": ORDER_NO,
            "reservation_id": ORDER_NO,
            "warehouse": "SHA",
            "lines": _TOLD,
            "allocations": [{"warehouse": "SHA", "lines": _TOLD}],
            "channel": "generic",
            "shop": "shop-1",
            "channel_order_id": "S-2026-7",
            "cash_on_delivery": False,
            "collect_minor": 0,
            "currency": "CNY",
            "amounts": ORDER["amounts"],
            "ship_by": None,
            "receiver": ORDER["receiver"],
            "buyer_message": "****",
        }
    ],
    "next_cursor": "41",
}
OUTBOUND_ANSWER = {"answer_id": "wms-7-41", "warehouse": "SHA", "position": 41, "by": "Li", "note": "shelf 7"}
ANSWERED = {"order_no": ORDER_NO, "result": "noted", "case": None}
