"""TOP: Taobao and Tmall."""

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from tests.simulators.book import Book, Line, Order, Return
from tests.simulators.clock import Clock
from tests.simulators.platform import Json, Simulator, json_response, pages

STATES = {
    "unpaid": "WAIT_BUYER_PAY",
    "deposit_paid": "WAIT_BUYER_PAY",
    "paid": "WAIT_SELLER_SEND_GOODS",
    "on_hold": "PAID_FORBID_CONSIGN",
    "part_shipped": "SELLER_CONSIGNED_PART",
    "shipped": "WAIT_BUYER_CONFIRM_GOODS",
    "done": "TRADE_FINISHED",
    "cancelled": "TRADE_CLOSED_BY_TAOBAO",
    "refunded": "TRADE_CLOSED",
}
REFUNDS = {"none": "NO_REFUND", "requested": "WAIT_SELLER_AGREE", "succeeded": "SUCCESS", "closed": "CLOSED"}
PRESALES = {"unpaid": "FRONT_NOPAID_FINAL_NOPAID", "deposit_paid": "FRONT_PAID_FINAL_NOPAID"}
REDELIVERY_MS = 10 * 60 * 1000
REFRESH = "taobao.top.auth.token.refresh"


class Refusal(Exception):
    def __init__(self, code: int, message: str, sub_code: str = "", sub_message: str = "") -> None:
        super().__init__(message)
        self.body = {"code": code, "msg": message, "sub_code": sub_code, "sub_msg": sub_message, "request_id": "r1"}


class TaobaoSimulator(Simulator):
    name = "taobao"
    time_key = "modified"

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock, Book(clock))
        self.app_key = "12345678"
        self.queue: dict[str, Json] = {}
        self._fetched_ms: dict[str, int] = {}
        self._messages = 0

    def answer(self, request: web.Request, body: bytes) -> web.Response:
        try:
            given = self._verified(request, body)
            self.note(given["method"], given)
            result = self._dispatch(given)
        except Refusal as refusal:
            return json_response({"error_response": refusal.body})
        root = given["method"].removeprefix("taobao.").replace(".", "_")
        return json_response({f"{root}_response": result | {"request_id": "r1"}})

    def tell(self, order: Order, topic: str = "taobao_trade_TradeBuyerPay", times: int = 1) -> None:
        """Queue a message about an order."""
        content = {
            "tid": int(order.order_id),
            "oid": int(order.lines[0].line_id),
            "payment": yuan(order.total_minor),
            "type": "guarantee_trade",
            "buyer_nick": "t**1",
            "seller_nick": "shop",
        }
        for _ in range(times):
            self._queue(topic, json.dumps(content))

    def tell_nonsense(self) -> None:
        self._queue("taobao_item_ItemUpdate", "{")

    def _queue(self, topic: str, content: str) -> None:
        self._messages += 1
        number = 2_222_222_222_222_222_000 + self._messages
        self.queue[str(number)] = {
            "id": number,
            "topic": topic,
            "content": content,
            "user_id": 263_817,
            "user_nick": "shop",
            "pub_time": china(self.now_ms()),
            "pub_app_key": self.app_key,
        }

    def _verified(self, request: web.Request, body: bytes) -> dict[str, str]:
        if request.method != "POST" or request.path != "/router/rest":
            raise Refusal(9, "Http Action Not Allowed")
        pairs = parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True)
        given = dict(pairs)
        if len(given) != len(pairs) or not given.get("method", "").startswith("taobao."):
            raise Refusal(22, "Invalid Method")
        if given.get("format") != "json" or given.get("v") != "2.0":
            raise Refusal(40, "Missing Required Arguments:format")
        if given.get("app_key") != self.app_key:
            raise Refusal(29, "Invalid App Key")
        at_ms = china_ms(given.get("timestamp", ""))
        if abs(at_ms - self.now_ms()) > 10 * 60 * 1000:
            raise Refusal(31, "Invalid Timestamp")
        if not hmac.compare_digest(given.get("sign", ""), top_sign(given, self.secret)):
            self.bad_signatures += 1
            raise Refusal(25, "Invalid signature", "isv.invalid-signature", f"sign of {given.get('session')} is wrong")
        self._check_limits()
        self._check_session(given)
        return given

    def _check_limits(self) -> None:
        if self.banned():
            seconds = -(-(self.banned_until_ms - self.now_ms()) // 1000)
            told = f"This ban will last for {seconds} more seconds"
            raise Refusal(7, "App Call Limited", "accesscontrol.limited-by-api-access-count", told)

    def _check_session(self, given: dict[str, str]) -> None:
        if given["method"] == REFRESH:
            return
        if not given.get("session"):
            raise Refusal(26, "Missing Session")
        if given["session"] != self.access_token or self.tokens_expired:
            raise Refusal(27, "Invalid Session", "invalid-sessionkey", f"session {given['session']} is over")

    def _dispatch(self, given: dict[str, str]) -> Json:
        answers = {
            "taobao.trades.sold.increment.get": self._increment,
            "taobao.trades.sold.get": self._sold,
            "taobao.trade.fullinfo.get": self._full_info,
            "taobao.refunds.receive.get": self._refunds,
            "taobao.skus.quantity.update": self._set_skus,
            "taobao.item.quantity.update": self._set_item,
            "taobao.tmc.messages.consume": self._consume,
            "taobao.tmc.messages.confirm": self._confirm,
            REFRESH: self._refresh,
        }
        if given["method"] not in answers:
            raise Refusal(22, "Invalid Method")
        return answers[given["method"]](given)

    def _refresh(self, given: dict[str, str]) -> Json:
        if given.get("refresh_token") != self.refresh_token or not self.can_refresh:
            raise Refusal(15, "Remote service error", "isv.refresh-token-invalid", "the refresh token is over")
        self.new_tokens()
        tokens = {"access_token": self.access_token, "refresh_token": self.refresh_token, "expires_in": 86_400}
        return {"token_result": json.dumps(tokens)}

    def _increment(self, given: dict[str, str]) -> Json:
        return self._trades(given, self.book.orders_within(*_window(given)))

    def _sold(self, given: dict[str, str]) -> Json:
        start_ms, end_ms = china_ms(given.get("start_created", "")), china_ms(given.get("end_created", ""))
        return self._trades(given, self.book.created_within(start_ms, end_ms))

    def _trades(self, given: dict[str, str], rows: list[Order]) -> Json:
        if not given.get("fields"):
            raise Refusal(40, "Missing Required Arguments:fields")
        asked = given["fields"].split(",")
        shown = [{name: value for name, value in trade(order).items() if name in asked} for order in reversed(rows)]
        return self._page(given, shown, "trades", "trade")

    def _refunds(self, given: dict[str, str]) -> Json:
        rows = [refund(one) for one in reversed(self.book.returns_within(*_window(given)))]
        return self._page(given, rows, "refunds", "refund")

    def _page(self, given: dict[str, str], rows: list[Json], plural: str, singular: str) -> Json:
        number, size = int(given.get("page_no", 1)), int(given.get("page_size", 40))
        if number < 1 or not 1 <= size <= 100:
            raise Refusal(41, "Invalid Arguments:page_size")
        shown = self.sent(pages(rows, number - 1, size))
        listed = {plural: {singular: shown}} if shown else {}
        self.between_pages()
        if given.get("use_has_next") == "true":
            return listed | {"has_next": number * size < len(rows)}
        return listed | {"total_results": len(rows)}

    def _full_info(self, given: dict[str, str]) -> Json:
        order = self.book.orders.get(given.get("tid", ""))
        if order is None:
            raise Refusal(15, "Remote service error", "isv.trade-not-exist", "no such trade")
        asked = given["fields"].split(",")
        document = self.shown(order.order_id, trade(self.behind(order)))
        return {"trade": {name: value for name, value in document.items() if name in asked}}

    def _set_skus(self, given: dict[str, str]) -> Json:
        pairs = [pair.split(":") for pair in given["skuid_quantities"].split(";")]
        if len(pairs) > 20 or given.get("type") != "1":
            raise Refusal(41, "Invalid Arguments:skuid_quantities")
        if not given["num_iid"].isdigit() or any(int(quantity) < 0 or sku == "999" for sku, quantity in pairs):
            raise Refusal(15, "Remote service error", "isv.item-not-exist", "no such sku")
        for sku, quantity in pairs:
            self.book.stock[given["num_iid"], sku] = int(quantity)
        return {"item": {"num_iid": int(given["num_iid"]), "modified": china(self.now_ms())}}

    def _set_item(self, given: dict[str, str]) -> Json:
        if int(given["quantity"]) < 0 or given.get("type") != "1" or not given.get("num_iid", "").isdigit():
            raise Refusal(41, "Invalid Arguments:quantity")
        self.book.stock[given["num_iid"], ""] = int(given["quantity"])
        return {"item": {"num_iid": int(given["num_iid"]), "modified": china(self.now_ms())}}

    def _consume(self, given: dict[str, str]) -> Json:
        quantity = int(given.get("quantity", 100))
        if not given.get("group_name") or not 10 <= quantity <= 200:
            raise Refusal(41, "Invalid Arguments:quantity")
        back_ms = self.now_ms() - REDELIVERY_MS
        due = [number for number in self.queue if self._fetched_ms.get(number, back_ms) <= back_ms][:quantity]
        self._fetched_ms |= dict.fromkeys(due, self.now_ms())
        return {"messages": {"tmc_message": [self.queue[number] for number in due]}} if due else {}

    def _confirm(self, given: dict[str, str]) -> Json:
        numbers = given["s_message_ids"].split(",")
        if len(numbers) > 200:
            raise Refusal(41, "Invalid Arguments:s_message_ids")
        for number in numbers:
            self.queue.pop(number, None)
        return {"is_success": True}


def top_sign(given: dict[str, str], secret: str) -> str:
    """As the platform checks it: `sign_method` of the call decides."""
    keys = [key for key in given if key != "sign" and given[key]]
    keys.sort(key=str.encode)
    text = b"".join(key.encode() + given[key].encode() for key in keys)
    match given.get("sign_method"):
        case "md5":
            return hashlib.md5(secret.encode() + text + secret.encode()).hexdigest().upper()  # noqa: S324  # its choice
        case "hmac":
            return hmac.new(secret.encode(), text, hashlib.md5).hexdigest().upper()
        case "hmac-sha256":
            return hmac.new(secret.encode(), text, hashlib.sha256).hexdigest().upper()
        case _:
            raise Refusal(41, "Invalid Arguments:sign_method")


def trade(order: Order) -> Json:
    paid = {"pay_time": china(order.paid_ms)} if order.paid_ms else {}
    return (
        paid
        | _presale(order)
        | {
            "tid": int(order.order_id),
            "status": STATES[order.state],
            "type": "cod" if order.cash_on_delivery else "step" if order.deposit_minor else "fixed",
            "trade_from": "WAP,WAP",
            "payment": yuan(order.total_minor),
            "total_fee": yuan(order.goods_minor),
            "discount_fee": "0.00",
            "adjust_fee": "0.00",
            "post_fee": yuan(order.postage_minor),
            "received_payment": yuan(order.total_minor if order.state == "done" else 0),
            "created": china(order.created_ms),
            "modified": china(order.modified_ms),
            "buyer_open_uid": "AAFnd2qKAB",
            "buyer_nick": "t**1",
            "buyer_message": order.memo,
            "seller_flag": 0,
            "receiver_name": order.receiver[:1] + "**",
            "receiver_mobile": order.mobile[:3] + "****" + order.mobile[-4:],
            "receiver_state": order.province,
            "receiver_city": order.city,
            "receiver_district": "南山区",
            "receiver_town": "粤海街道",
            "receiver_address": order.address,
            "receiver_zip": "518057",
            "oaid": f"oaid-{order.order_id}",
            "shipping_type": "express",
            "orders": {"order": [_line(order, line) for line in order.lines]},
        }
    )


def _presale(order: Order) -> Json:
    if not order.deposit_minor:
        return {}
    paid_minor = {"unpaid": 0, "deposit_paid": order.deposit_minor}.get(order.state, order.total_minor)
    status = PRESALES["deposit_paid" if order.forfeited else order.state] if _waits(order) else "FRONT_PAID_FINAL_PAID"
    return {"step_trade_status": status, "step_paid_fee": yuan(paid_minor)}


def _waits(order: Order) -> bool:
    return order.forfeited or order.state in PRESALES


def _line(order: Order, line: Line) -> Json:
    parcel = {"logistics_company": "顺丰速运", "invoice_no": order.tracking_number} if order.tracking_number else {}
    goods_minor = line.price_minor * line.quantity
    # With a single line its payment includes the postage.
    payment_minor = goods_minor + (order.postage_minor if len(order.lines) == 1 else 0)
    return parcel | {
        "oid": int(line.line_id),
        "num_iid": 520_813_250_866,
        "sku_id": "3208012025040",
        "outer_iid": line.sku.rpartition("-")[0],
        "outer_sku_id": line.sku,
        "num": line.quantity,
        "price": yuan(line.price_minor),
        "payment": yuan(payment_minor),
        "total_fee": yuan(goods_minor),
        "discount_fee": "0.00",
        "divide_order_fee": yuan(goods_minor),
        "part_mjz_discount": "0.00",
        "status": "TRADE_CLOSED" if line.is_closed else STATES[order.state],
        "refund_status": REFUNDS[line.refund],
        "sku_properties_name": "颜色:红;尺码:M",
        "title": "T恤 <新款>",
    }


def refund(one: Return) -> Json:
    return {
        "refund_id": one.refund_id,
        "tid": int(one.order_id),
        "oid": int(one.line_id),
        "num": one.bought,
        "refund_fee": yuan(one.amount_minor),
        "status": REFUNDS[one.state],
        "good_status": "BUYER_RECEIVED" if one.goods_return else "BUYER_NOT_RECEIVED",
        "has_good_return": one.goods_return,
        "refund_phase": "onsale",
        "refund_version": one.modified_ms,
        "modified": china(one.modified_ms),
    }


def yuan(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02}"


def china(at_ms: int) -> str:
    return (datetime.fromtimestamp(at_ms // 1000, UTC) + timedelta(hours=8)).strftime("%Y-%m-%d %H:%M:%S")


def china_ms(text: str) -> int:
    try:
        at = datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        raise Refusal(31, "Invalid Timestamp") from None
    return int((at - timedelta(hours=8)).timestamp()) * 1000


def _window(given: dict[str, str]) -> tuple[int, int]:
    start_ms, end_ms = china_ms(given.get("start_modified", "")), china_ms(given.get("end_modified", ""))
    if not 0 <= end_ms - start_ms <= 24 * 60 * 60 * 1000:
        raise Refusal(41, "Invalid Arguments:end_modified", "isv.invalid-parameter", "a day at most")
    return start_ms, end_ms


def shown_state(document: Any) -> str:
    """The book's word for what an order's document says."""
    if document.get("step_trade_status") == PRESALES["deposit_paid"]:
        return "deposit_paid"
    return next(state for state, told in STATES.items() if told == document["status"])
