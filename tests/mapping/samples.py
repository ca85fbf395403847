"""Documents as the platforms answer them, made after `platforms.md`. Ids are beyond 2**53, as theirs are."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

from inventory_service.channels.mapping.applying import apply
from inventory_service.channels.mapping.loading import shipped
from inventory_service.domain.orders.order import Order

Document = dict[str, Any]

TAOBAO_LINE: Document = {
    "oid": 2600000000000000011,
    "num_iid": 654321,
    "sku_id": "4821",
    "outer_iid": "TEE",
    "outer_sku_id": "TEE-RED-M",
    "num": 2,
    "price": "49.90",
    "payment": "95.80",
    "total_fee": "89.80",
    "discount_fee": "10.00",
    "divide_order_fee": "87.80",
    "status": "WAIT_SELLER_SEND_GOODS",
    "refund_status": "NO_REFUND",
    "title": "红色T恤",
}
TAOBAO: Document = {
    "tid": 2600000000000000001,
    "status": "WAIT_SELLER_SEND_GOODS",
    "type": "fixed",
    "payment": "93.80",
    "total_fee": "99.80",
    "discount_fee": "12.00",
    "post_fee": "6.00",
    "created": "2026-11-11 00:00:01",
    "pay_time": "2026-11-11 00:01:00",
    "modified": "2026-11-11 00:01:02",
    "buyer_open_uid": "AAHm5d-EAAeGwJedwSHpg8bT",
    "buyer_message": "加急 发货&<ok>",
    "receiver_name": "李**",
    "receiver_mobile": "*******8888",
    "receiver_state": "河南省",
    "receiver_city": "",
    "receiver_district": "济源市",
    "receiver_address": "天坛路***",
    "oaid": "abc=",
    "orders": {"order": [TAOBAO_LINE]},
}
DOUYIN_LINE: Document = {
    "order_id": "4888888888888888889",
    "parent_order_id": "4888888888888888888",
    "product_id": 3500000000000000001,
    "product_id_str": "3500000000000000001",
    "sku_id": 1700000000000000001,
    "out_sku_id": "0",
    "code": "TEE-RED-M",
    "item_num": 2,
    "origin_amount": 4990,
    "order_amount": 9980,
    "pay_amount": 8780,
    "order_status": 2,
    "main_status": 2,
    "product_name": "红色T恤",
    "given_product_type": "",
    "after_sale_info": {"after_sale_status": 0, "after_sale_type": 0, "refund_status": 0},
}
DOUYIN: Document = {
    "order_id": "4888888888888888888",
    "shop_id": 123456,
    "order_status": 2,
    "main_status": 2,
    "pay_type": 1,
    "order_amount": 9980,
    "pay_amount": 9380,
    "promotion_amount": 1200,
    "post_amount": 600,
    "create_time": 1794326401,
    "pay_time": 1794326460,
    "update_time": 1794326462,
    "ship_time": 0,
    "finish_time": 0,
    "exp_ship_time": 1794499260,
    "doudian_open_id": "1@#secret",
    "buyer_words": "",
    "encrypt_post_receiver": "#c1ph3r#",
    "mask_post_receiver": "李**",
    "post_addr": {
        "province": {"name": "上海市", "id": "31"},
        "city": {"name": "上海市", "id": "310100"},
        "town": {"name": "浦东新区", "id": "310115"},
        "street": {"name": "花木街道", "id": "310115001"},
        "encrypt_detail": "##c1ph3r##",
    },
    "logistics_info": [],
    "sku_order_list": [DOUYIN_LINE],
}
GENERIC: Document = {
    "order_id": "MP-1",
    "payment": "paid",
    "fulfilment": "open",
    "currency": "CNY",
    "created_at": "2026-01-01T03:59:00Z",
    "paid_at": "2026-01-01T12:00:00+08:00",
    "modified_at": "2026-01-01T04:00:00.250Z",
    "total": "99.80",
    "discount": "12.00",
    "freight": "6.00",
    "paid": "93.80",
    "buyer_id": "u-77",
    "remark": "加急",
    "receiver": {"name": "李四", "phone": "13800008888", "country": "CN", "city": "上海市", "address": "世纪大道1号"},
    "lines": [{"line_id": "1", "sku": "TEE-RED-M", "quantity": 2, "price": "49.90", "paid": "87.80"}],
    "parcels": [{"carrier": "SF", "tracking_number": "SF1", "status": "ACCEPT"}],
}
SAMPLES: Mapping[str, Document] = {"taobao": TAOBAO, "douyin": DOUYIN, "generic": GENERIC}


def changed(document: Document, change: Callable[[Document], object]) -> Document:
    copy = deepcopy(document)
    change(copy)
    return copy


def order_of(channel: str, document: object) -> Order:
    return apply(shipped(channel), document)


def taobao(line: Document | None = None, **fields: object) -> Order:
    lines = [{**TAOBAO_LINE, **(line or {})}]
    return order_of("taobao", {**TAOBAO, "orders": {"order": lines}, **fields})


def douyin(line: Document | None = None, **fields: object) -> Order:
    return order_of("douyin", {**DOUYIN, "sku_order_list": [{**DOUYIN_LINE, **(line or {})}], **fields})
