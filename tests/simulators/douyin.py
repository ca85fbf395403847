"""Douyin shop."""

import hashlib
import hmac
import json
import random
from collections.abc import Sequence
from typing import Any

from aiohttp import web

from tests.simulators.book import Book, Line, Order, Return
from tests.simulators.clock import Clock
from tests.simulators.platform import Json, Simulator, json_response, pages

# What the order says, and what its main status says.
STATES = {
    "unpaid": (1, 1),
    "deposit_paid": (1, 103),
    "on_hold": (105, 105),
    "paid": (2, 2),
    "part_shipped": (101, 101),
    "shipped": (3, 3),
    "cancelled": (4, 4),
    "done": (5, 5),
    "refunded": (4, 21),
}
AFTER_SALES = {"requested": (6, 1), "succeeded": (12, 3), "closed": (28, 4), "none": (0, 0)}
SHOP_ID = 123_456


class Refusal(Exception):
    def __init__(self, code: int, message: str, sub_code: str = "", sub_message: str = "") -> None:
        super().__init__(message)
        self.body = {"code": code, "msg": message, "sub_code": sub_code, "sub_msg": sub_message, "log_id": "l1"}


class DouyinSimulator(Simulator):
    name = "douyin"
    time_key = "update_time"

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock, Book(clock))
        self.rows_max = 10_000  # page times size stays below
        self._messages = 0

    def answer(self, request: web.Request, body: bytes) -> web.Response:
        try:
            api = self._verified(request, body)
            parameters: Json = json.loads(body)
            self.note(api, parameters)
            data = self._dispatch(api, parameters)
        except Refusal as refusal:
            return json_response(refusal.body)
        return json_response({"code": 10000, "msg": "success", "sub_code": "", "sub_msg": "", "data": data})

    def push(self, orders: Sequence[Order], tag: str = "101", repeat: bool = False) -> tuple[dict[str, str], bytes]:
        """Headers and body of a signed push about orders, shuffled; `repeat`: each message twice."""
        messages = [self._message(order, tag) for order in orders] * (2 if repeat else 1)
        random.Random(7).shuffle(messages)
        return self.signed(json.dumps(messages).encode())

    def signed(self, body: bytes, secret: str | None = None) -> tuple[dict[str, str], bytes]:
        text = self.app_key.encode() + body + (secret or self.secret).encode()
        return {"App-Id": self.app_key, "Event-Sign": hashlib.md5(text).hexdigest()}, body  # noqa: S324  # as it signs

    def _message(self, order: Order, tag: str) -> Json:
        self._messages += 1
        data = {
            "p_id": int(order.order_id),
            "s_ids": [int(line.line_id) for line in order.lines],
            "shop_id": SHOP_ID,
            "order_status": STATES[order.state][0],
            "order_type": 0,
            "pay_time": order.paid_ms and order.paid_ms // 1000,
            "pay_amount": order.total_minor,
        }
        return {"tag": tag, "msg_id": f"{order.order_id}:0:{tag}:{self._messages}", "data": json.dumps(data)}

    def _verified(self, request: web.Request, body: bytes) -> str:
        query = request.query
        api = query.get("method", "")
        if request.method != "POST" or request.path != "/" + api.replace(".", "/"):
            raise Refusal(40004, "method and path differ", "isv.parameter-invalid")
        if len(set(query)) != len(query) or query.get("v") != "2" or query.get("app_key") != self.app_key:
            raise Refusal(40001, "parameter missing", "isv.app-key-missing")
        if not query.get("timestamp", "").isdigit() or abs(int(query["timestamp"]) * 1000 - self.now_ms()) > 600_000:
            raise Refusal(40003, "timestamp", "isv.timestamp-invalid")
        text = self._sorted_json(body)
        made = call_sign(self.secret, self.app_key, api, text, query["timestamp"], query.get("sign_method", "md5"))
        if not hmac.compare_digest(query.get("sign", ""), made):
            self.bad_signatures += 1
            echo = f"wrong sign, access_token={query.get('access_token')}"
            raise Refusal(40003, "signature", "isv.signature-invalid", echo)
        if self.banned():
            raise Refusal(60000, "too many calls", "isv.too-many-requests")
        self._check_token(api, query.get("access_token", ""))
        return api

    def _sorted_json(self, body: bytes) -> str:
        """The platform signs what it serialises itself: a caller who sorts or escapes otherwise has a wrong sign."""
        return _compact(json.loads(body))

    def _check_token(self, api: str, token: str) -> None:
        if api == "token.refresh":
            return
        if token != self.access_token:
            raise Refusal(40003, "token", "isv.access-token-no-existed", f"no token {token}")
        if self.tokens_expired:
            raise Refusal(40003, "token", "isv.access-token-expired", f"{token} is over")

    def _dispatch(self, api: str, given: Json) -> Json:
        answers = {
            "order.searchList": self._search,
            "order.orderDetail": self._detail,
            "afterSale.List": self._after_sales,
            "sku.syncStock": self._set_stock,
            "token.refresh": self._refresh,
        }
        if api not in answers:
            raise Refusal(40004, "no such method", "isv.method-invalid")
        return answers[api](given)

    def _refresh(self, given: Json) -> Json:
        right = given.get("refresh_token") == self.refresh_token and given.get("grant_type") == "refresh_token"
        if not right or not self.can_refresh:
            raise Refusal(50001, "refused", "dop.token-generate-failed:4", "the refresh token is over")
        self.new_tokens()
        return {"access_token": self.access_token, "refresh_token": self.refresh_token, "expires_in": 604_800}

    def _search(self, given: Json) -> Json:
        if given.get("order_by") not in {"create_time", "update_time"}:
            raise Refusal(40004, "order_by", "isv.parameter-invalid")
        time = given["order_by"]
        within = self.book.orders_within if time == "update_time" else self.book.created_within
        found = within(given[f"{time}_start"] * 1000, given[f"{time}_end"] * 1000)
        rows = found if given.get("order_asc") else found[::-1]
        shown = [self.shown(order.order_id, shop_order(order)) for order in self._within_caps(given, rows)]
        return self._page(given, shown, len(rows), "shop_order_list")

    def _after_sales(self, given: Json) -> Json:
        if given.get("order_by") != ["update_time asc"]:
            raise Refusal(40004, "order_by", "isv.parameter-invalid")
        rows = self.book.returns_within(given["update_start_time"] * 1000, given["update_end_time"] * 1000)
        page = self._page(given, [after_sale(one) for one in self._within_caps(given, rows)], len(rows), "items")
        return page | {"has_more": (given["page"] + 1) * given["size"] < len(rows)}

    def _within_caps(self, given: Json, rows: list[Any]) -> list[Any]:
        number, size = given.get("page", 0), given.get("size", 0)
        if not isinstance(number, int) or number < 0 or not 1 <= size <= 100:
            raise Refusal(40004, "size", "isv.parameter-invalid")
        if number * size >= self.rows_max:
            raise Refusal(50002, "too deep", "isv.business-failed:31010", "narrow the window")
        return pages(rows, number, size)

    def _page(self, given: Json, rows: list[Json], total: int, name: str) -> Json:
        self.between_pages()
        return {name: self.sent(rows), "total": total, "page": given["page"], "size": len(rows)}

    def _detail(self, given: Json) -> Json:
        order = self.book.orders.get(given.get("shop_order_id", ""))
        if order is None:
            raise Refusal(50002, "no such order", "isv.business-failed:31009", "no such order")
        return {"shop_order_detail": shop_order(self.behind(order))}

    def _set_stock(self, given: Json) -> Json:
        if given.get("incremental") is not False or given["stock_num"] < 0 or given.get("sku_id") == 999:
            raise Refusal(50002, "stock", "isv.business-failed:2010", "no such sku")
        if type(given["product_id"]) is not int or type(given.get("sku_id", 0)) is not int:
            raise Refusal(40004, "numbers", "isv.parameter-invalid")
        self.book.stock[str(given["product_id"]), str(given.get("sku_id", ""))] = given["stock_num"]
        return {}


def call_sign(secret: str, app_key: str, method: str, param_json: str, timestamp: str, sign_method: str) -> str:
    text = f"{secret}app_key{app_key}method{method}param_json{param_json}timestamp{timestamp}v2{secret}".encode()
    if sign_method == "hmac-sha256":
        return hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()
    return hashlib.md5(text).hexdigest()  # noqa: S324  # the platform's default


def _compact(value: Any) -> str:
    """JSON as Go writes it with escaping of HTML switched off."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{_compact(key)}:{_compact(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_compact, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def shop_order(order: Order) -> Json:
    order_status, main_status = STATES[order.state]
    return {
        "order_id": order.order_id,
        "shop_id": SHOP_ID,
        "order_status": order_status,
        "main_status": main_status,
        "order_type": 0,
        "biz": 2,
        "order_amount": order.total_minor,
        "pay_amount": order.total_minor if order.paid_ms else 0,
        "promotion_amount": 0,
        "post_amount": order.postage_minor,
        "create_time": order.created_ms // 1000,
        "pay_time": (order.paid_ms or 0) // 1000,
        "update_time": order.modified_ms // 1000,
        "ship_time": 0,
        "finish_time": 0,
        "exp_ship_time": order.created_ms // 1000 + 172_800,
        "doudian_open_id": "1@#open",
        "buyer_words": order.memo,
        "seller_words": "",
        "encrypt_post_receiver": "##cipher-receiver##",
        "encrypt_post_tel": "$$cipher-tel$$",
        "post_addr": {
            "province": {"name": order.province, "id": "44"},
            "city": {"name": order.city, "id": "440300"},
            "town": {"name": "南山区", "id": "440305"},
            "street": {"name": "粤海街道", "id": "440305007"},
            "encrypt_detail": "##cipher-detail##",
        },
        "mask_post_receiver": order.receiver[:1] + "*",
        "mask_post_tel": order.mobile[:3] + "****" + order.mobile[-4:],
        "mask_post_addr": {"detail": "科**"},
        "pay_type": 0 if order.cash_on_delivery else 8,
        "logistics_info": [_parcel(order)] if order.tracking_number else [],
        "sku_order_list": [_line(order, line) for line in order.lines],
    }


def _parcel(order: Order) -> Json:
    return {"tracking_no": order.tracking_number, "company": "shunfeng", "company_name": "顺丰速运"}


def _line(order: Order, line: Line) -> Json:
    goods_minor = line.price_minor * line.quantity
    after_sale_status, refund_status = AFTER_SALES[line.refund]
    order_status, main_status = (4, 21) if line.is_closed else STATES[order.state]
    return {
        "order_id": line.line_id,
        "order_status": order_status,
        "main_status": main_status,
        "parent_order_id": order.order_id,
        "product_id": 3_473_196_049_974_326_153,
        "product_id_str": "3473196049974326153",
        "sku_id": 1_690_000_000_000_000_001,
        "out_sku_id": line.sku,
        "code": line.sku,
        "out_product_id": line.sku.rpartition("-")[0],
        "item_num": line.quantity,
        "origin_amount": line.price_minor,
        "order_amount": goods_minor,
        "pay_amount": goods_minor if order.paid_ms else 0,
        "sum_amount": goods_minor,
        "promotion_amount": 0,
        "after_sale_info": {
            "after_sale_status": after_sale_status,
            "after_sale_type": 2 if after_sale_status else 0,
            "refund_status": refund_status,
        },
        "inventory_list": [],
        "given_product_type": "FREE" if line.is_gift else "",
    }


def after_sale(one: Return) -> Json:
    after_sale_status, refund_status = AFTER_SALES[one.state]
    return {
        "aftersale_info": {
            "aftersale_id": one.refund_id,
            "aftersale_status": after_sale_status,
            "aftersale_type": 0 if one.goods_return else 2,
            "related_id": one.line_id,
            "update_time": one.modified_ms // 1000,
            "refund_amount": one.amount_minor,
            "refund_status": refund_status,
            "aftersale_num": one.units,
        },
        "order_info": {
            "shop_order_id": one.order_id,
            "related_order_info": [
                {
                    "sku_order_id": one.line_id,
                    "item_num": one.bought,
                    "aftersale_item_num": one.units,
                    "aftersale_pay_amount": one.amount_minor,
                }
            ],
        },
    }


def shown_state(document: Any) -> str:
    """The book's word for what an order's document says."""
    told = (document["order_status"], document["main_status"])
    return next(state for state, statuses in STATES.items() if statuses == told)
