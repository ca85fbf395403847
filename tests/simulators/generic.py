"""One's own shop, as a shop's developer would build it from the contract."""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from tests.simulators.book import Book, Line, Order, Return
from tests.simulators.clock import Clock
from tests.simulators.platform import Json, Simulator, json_response

# What is paid, and what has left.
STATES = {
    "unpaid": ("unpaid", "open"),
    "deposit_paid": ("deposit_paid", "open"),
    "paid": ("paid", "open"),
    "on_hold": ("paid", "on_hold"),
    "part_shipped": ("paid", "part_shipped"),
    "shipped": ("paid", "shipped"),
    "done": ("paid", "done"),
    "cancelled": ("unpaid", "cancelled"),
    "refunded": ("refunded", "cancelled"),
}


class Refusal(Exception):
    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code


class GenericSimulator(Simulator):
    name = "generic"
    time_key = "modified_at"

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock, Book(clock, prefix="MP-", first=1))
        self.secret = new_secret()
        self._messages = 0

    def change_secret(self) -> str:
        self.secret = new_secret()
        return self.secret

    def answer(self, request: web.Request, body: bytes) -> web.Response:
        try:
            message = self._verified(request, body)
            self.note(message["type"], message["data"])
            data = self._dispatch(message["type"], message["data"])
        except Refusal as refusal:
            answer = json_response({"error": {"code": refusal.code, "message": refusal.code}}, refusal.status)
            if refusal.status == 429:
                answer.headers["Retry-After"] = str(-(-(self.banned_until_ms - self.now_ms()) // 1000))
            return answer
        return json_response({"data": data})

    def push(self, order: Order, kind: str = "order.paid") -> tuple[dict[str, str], bytes]:
        """Headers and body of a signed message about an order."""
        told = {"type": kind, "timestamp": iso(self.now_ms()), "data": {"order_id": order.order_id, "remark": "加急"}}
        return self.signed(json.dumps(told).encode())

    def signed(self, body: bytes, secret: str | None = None) -> tuple[dict[str, str], bytes]:
        self._messages += 1
        message_id, timestamp = f"msg_{self._messages}", str(self.now_ms() // 1000)
        made = webhook_sign(secret or self.secret, message_id, timestamp, body)
        return {"Webhook-Id": message_id, "Webhook-Timestamp": timestamp, "Webhook-Signature": f"v1,{made}"}, body

    def _verified(self, request: web.Request, body: bytes) -> Json:
        headers = request.headers
        if request.method != "POST":
            raise Refusal(405, "post_only")
        message_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
        made = webhook_sign(self.secret, message_id, timestamp, body)
        if not timestamp.isdigit() or abs(int(timestamp) * 1000 - self.now_ms()) > 300_000:
            raise Refusal(401, "stale_timestamp")
        if not message_id or headers.get("webhook-signature") != f"v1,{made}":
            self.bad_signatures += 1
            raise Refusal(401, "invalid_signature")
        if self.banned():
            raise Refusal(429, "too_many_calls")
        message: Json = json.loads(body)
        return message

    def _dispatch(self, kind: str, data: Json) -> Json:
        answers = {
            "orders.search": self._search,
            "orders.get": self._get,
            "refunds.search": self._refunds,
            "stock.set": self._set_stock,
        }
        if kind not in answers:
            raise Refusal(400, "unknown_type")
        return answers[kind](data)

    def _search(self, data: Json) -> Json:
        if "created_from" in data:
            rows = self.book.created_within(ms(data["created_from"]), ms(data["created_to"]))
        else:
            rows = self.book.orders_within(ms(data["modified_from"]), ms(data["modified_to"]))
        return self._page(data, [shop_order(order) for order in rows], "orders", "order_id")

    def _refunds(self, data: Json) -> Json:
        rows = self.book.returns_within(ms(data["modified_from"]), ms(data["modified_to"]))
        return self._page(data, [refund(one) for one in rows], "refunds", "refund_id")

    def _page(self, data: Json, rows: list[Json], name: str, key: str) -> Json:
        """A cursor names the last row that was sent: its time and its id."""
        if not 1 <= data["limit"] <= 100:
            raise Refusal(400, "limit")
        behind = data["cursor"]
        time = "created_at" if "created_from" in data else "modified_at"
        ahead = [row for row in rows if behind is None or [row[time], row[key]] > json.loads(behind)]
        shown = ahead[: data["limit"]]
        self.between_pages()
        more = len(ahead) > len(shown)
        out = [self.shown(row["order_id"], row) for row in shown]
        return {name: self.sent(out), "next_cursor": json.dumps([shown[-1][time], shown[-1][key]]) if more else None}

    def _get(self, data: Json) -> Json:
        order = self.book.orders.get(data["order_id"])
        if order is None:
            raise Refusal(404, "not_found")
        return {"order": shop_order(self.behind(order))}

    def _set_stock(self, data: Json) -> Json:
        refused = []
        for level in data["levels"]:
            if level["available"] < 0 or "999" in (level["product_id"], level["sku_id"]):
                # A shop whose articles have no variants says so in its own way.
                variant = {"sku_id": level["sku_id"] or None}
                refused.append(level | variant | {"code": "unknown_sku", "message": "no such sku"})
            else:
                self.book.stock[level["product_id"], level["sku_id"]] = level["available"]
        return {"refused": refused}


def new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()


def webhook_sign(secret: str, message_id: str, timestamp: str, body: bytes) -> str:
    key = binascii.a2b_base64(secret.removeprefix("whsec_"))
    text = b".".join([message_id.encode(), timestamp.encode(), body])
    return base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()


def shop_order(order: Order) -> Json:
    payment, fulfilment = STATES[order.state]
    parcel = {"carrier": "SF", "tracking_number": order.tracking_number, "status": "on its way"}
    return {
        "order_id": order.order_id,
        "payment": "unpaid" if order.cash_on_delivery else payment,
        "fulfilment": fulfilment,
        "cash_on_delivery": order.cash_on_delivery,
        "created_at": iso(order.created_ms),
        "modified_at": iso(order.modified_ms),
        "paid_at": iso(order.paid_ms) if order.paid_ms else None,
        "currency": "CNY",
        "total": yuan(order.goods_minor),
        "discount": "0.00",
        "freight": yuan(order.postage_minor),
        "paid": yuan(order.total_minor if order.paid_ms or order.cash_on_delivery else 0),
        "buyer_id": "buyer-1",
        "remark": order.memo,
        "receiver": {
            "name": order.receiver,
            "phone": order.mobile,
            "country": "CN",
            "province": order.province,
            "city": order.city,
            "district": "南山区",
            "address": order.address,
        },
        "presale": _presale(order),
        "parcels": [parcel] if order.tracking_number else [],
        "lines": [_line(order, line) for line in order.lines],
    }


def _presale(order: Order) -> Json | None:
    if not order.deposit_minor:
        return None
    stages = {"unpaid": "deposit_due", "deposit_paid": "deposit_paid"}
    stage = "forfeited" if order.forfeited else stages.get(order.state, "final_paid")
    paid_minor = {"unpaid": 0, "deposit_paid": order.deposit_minor}.get(order.state, order.total_minor)
    return {"stage": stage, "paid": yuan(paid_minor)}


def _line(order: Order, line: Line) -> Json:
    return {
        "line_id": line.line_id,
        "sku": line.sku,
        "product_id": "520",
        "variant_id": "100",
        "title": "T恤 <新款>",
        "quantity": line.quantity,
        "price": yuan(line.price_minor),
        "paid": yuan(line.price_minor * line.quantity),
        "fulfilment": "cancelled" if line.is_closed else STATES[order.state][1],
        "refund": line.refund,
        "is_gift": line.is_gift,
    }


def refund(one: Return) -> Json:
    return {
        "refund_id": one.refund_id,
        "order_id": one.order_id,
        "line_id": one.line_id,
        "quantity": one.units,
        "goods_return": one.goods_return,
        "amount": yuan(one.amount_minor),
        "state": one.state,
        "modified_at": iso(one.modified_ms),
    }


def yuan(minor: int) -> str:
    return f"{minor / 100:.2f}"


def iso(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms // 1000, UTC).isoformat()


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) * 1000


def shown_state(document: Any) -> str:
    told = (document["payment"], document["fulfilment"])
    return next(state for state, both in STATES.items() if both == told)
