"""Douyin's calls, answers and messages: one envelope, amounts in fen, times in seconds."""

from collections.abc import Sequence
from dataclasses import replace

from inventory_service.channels.calling import THROTTLED_MS, Answer, Call
from inventory_service.channels.calls import Document, Renewal, document_of
from inventory_service.channels.documents import decoded, ends_ms, identifier, mapping, sequence, text, time_ms, whole
from inventory_service.channels.douyin.signature import canonical, signature
from inventory_service.domain.shops.credential import Credential
from inventory_service.usecases.sync.adapter import (
    Arrived,
    ChannelError,
    CredentialRefused,
    Hint,
    NotUnderstood,
    Permanent,
    Refund,
    Reply,
    StockLevel,
    Temporary,
    Throttled,
    TokenExpired,
)

REFRESH_API = "token.refresh"
REFRESH_TOKEN_MS = 14 * 24 * 60 * 60 * 1000  # told in the documents, not in the answer
SUCCESS = 10000
ACCEPTED = Reply(200, b'{"code":0,"msg":"success"}')
REFUSED = Reply(200, b'{"code":1,"msg":"fail"}')
PROBE_TAG = "0"  # sent when the address is entered
MESSAGES_MAX = 1000  # in one push

_CREDENTIALS = {
    "isv.signature-invalid": "app_secret",
    "isv.signature-missing": "app_secret",
    "isv.access-token-no-existed": "access_token",
    "isv.access-token-invalid": "access_token",
    "dop.authorization-no-existed": "permission",
    "dop.authorization-closed": "permission",
}


class DouyinDialect:
    def __init__(self, sign_method: str) -> None:
        self._sign_method = sign_method

    def call(self, api: str, parameters: Document, credential: Credential, now_ms: int) -> Call:
        param_json = canonical(parameters)
        fields = {
            "app_key": credential.app_key,
            "method": api,
            "param_json": param_json,
            "timestamp": str(now_ms // 1000),
            "v": "2",
        }
        query = {name: value for name, value in fields.items() if name != "param_json"} | {
            "access_token": credential.access_token,
            "sign": signature(fields, credential.app_secret, self._sign_method),
            "sign_method": self._sign_method,
        }
        headers = {"Content-Type": "application/json;charset=utf-8", "x-open-no-old-err-code": "1"}
        return Call(api, "/" + api.replace(".", "/"), param_json.encode(), headers, query)

    def result(self, answer: Answer) -> Document:
        document = document_of(answer)
        if whole(document.get("code"), "code") != SUCCESS:
            raise error_of(document)
        return mapping(document.get("data") or {}, "data")

    def renewal(self, credential: Credential) -> Renewal | None:
        if not credential.refresh_token:
            return None
        asked = {"grant_type": "refresh_token", "refresh_token": credential.refresh_token}
        return Renewal(REFRESH_API, asked)

    def renewed(self, credential: Credential, result: Document, now_ms: int) -> Credential:
        return replace(
            credential,
            access_token=text(result.get("access_token"), "access_token"),
            refresh_token=text(result.get("refresh_token"), "refresh_token"),
            expires_ms=ends_ms(result.get("expires_in"), now_ms),
            renewable_until_ms=now_ms + REFRESH_TOKEN_MS,
        )


def error_of(document: Document) -> ChannelError:
    code, sub_code = whole(document.get("code"), "code"), str(document.get("sub_code", ""))
    detail = f"{document.get('msg', '')} {document.get('sub_msg', '')}".strip()
    told = f"{code} {sub_code}".strip()
    if code == 60000:
        return Throttled(THROTTLED_MS, detail, told)
    if sub_code == "isv.access-token-expired":
        return TokenExpired(detail, told)
    if code == 30001 or sub_code in _CREDENTIALS:
        return CredentialRefused(_CREDENTIALS.get(sub_code, "permission"), detail, told)
    # A timestamp is wrong once: this answer has told the right time, and the next attempt signs with it.
    if code in {20000, 20001} or sub_code == "isv.timestamp-invalid" or sub_code.startswith("isp."):
        return Temporary(detail, told)
    return Permanent(detail, told)


def arrived(row: object) -> Arrived:
    document = mapping(row, "order")
    return Arrived(
        identifier(document.get("order_id"), "order_id"),
        time_ms(document.get("update_time"), "update_time"),
        document,
    )


def refund(row: object) -> Refund:
    document = mapping(row, "after-sale")
    told = mapping(document.get("aftersale_info"), "aftersale_info")
    of_order = mapping(document.get("order_info"), "order_info")
    return Refund(
        identifier(told.get("aftersale_id"), "aftersale_id"),
        identifier(of_order.get("shop_order_id"), "shop_order_id"),
        time_ms(told.get("update_time"), "update_time"),
        document,
    )


def stock_parameters(level: StockLevel) -> Document:
    """Ids of articles are numbers here."""
    sku = {"sku_id": whole(level.sku_id, "sku_id")} if level.sku_id else {}
    product_id = whole(level.product_id, "product_id")
    return {"product_id": product_id, "stock_num": level.available, "incremental": False} | sku


def messages(body: bytes) -> Sequence[Document]:
    """Of a push: a list, or one object, as its readers disagree."""
    pushed = decoded(body)
    found = sequence([pushed] if isinstance(pushed, dict) else pushed, "push")
    if len(found) > MESSAGES_MAX:
        raise NotUnderstood(f"more than {MESSAGES_MAX} messages in one push")
    return [mapping(message, "message") for message in found]


def hint(message: Document) -> Hint | None:
    """The order that a message is about; None for articles and whatever else has no order."""
    try:
        data = mapping(decoded(text(message.get("data"), "data").encode()), "data")
        return Hint(identifier(data.get("p_id"), "p_id"), str(data.get("shop_id", "")))
    except NotUnderstood:
        return None
