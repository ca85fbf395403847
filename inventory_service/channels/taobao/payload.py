"""TOP's calls and answers: parameters, envelopes, error codes, times in China's zone."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import urlencode

from inventory_service.channels.calling import THROTTLED_MS, Answer, Call
from inventory_service.channels.calls import Document, Renewal, document_of
from inventory_service.channels.documents import decoded, ends_ms, identifier, mapping, text, whole
from inventory_service.channels.taobao.signature import signature
from inventory_service.domain.shops.credential import Credential
from inventory_service.usecases.sync.adapter import (
    Arrived,
    ChannelError,
    CredentialRefused,
    Hint,
    NotUnderstood,
    Permanent,
    Refund,
    Temporary,
    Throttled,
    TokenExpired,
)

CHINA = timezone(timedelta(hours=8))
TIME_FORMAT = "%Y-%m-%d %H:%M:%S"
REFRESH_API = "taobao.top.auth.token.refresh"

TRADE_FIELDS = (
    "tid,status,type,trade_from,payment,total_fee,discount_fee,adjust_fee,post_fee,received_payment,created,pay_time,"
    "modified,consign_time,end_time,buyer_open_uid,buyer_nick,buyer_message,seller_memo,seller_flag,receiver_name,"
    "receiver_mobile,receiver_phone,receiver_state,receiver_city,receiver_district,receiver_town,receiver_address,"
    "receiver_zip,receiver_country,oaid,shipping_type,step_trade_status,step_paid_fee,orders"
)
REFUND_FIELDS = (
    "refund_id,tid,oid,refund_fee,status,good_status,has_good_return,refund_phase,refund_version,created,modified"
)

_BAN = re.compile(r"ban will last for ([0-9]{1,6}) more second")
_DAILY = "accesscontrol.limited-by-app-access-count"

_CREDENTIALS = {
    "10": "permission",
    "11": "permission",
    "12": "permission",
    "24": "app_secret",
    "25": "app_secret",
    "28": "app_key",
    "29": "app_key",
}
_SESSIONS = {"26", "27", "44"}
_CLOCKS = {"30", "31"}  # the answer has told the right time: the next attempt signs with it


class TopDialect:
    def __init__(self, sign_method: str) -> None:
        self._sign_method = sign_method

    def call(self, api: str, parameters: Document, credential: Credential, now_ms: int) -> Call:
        given = {name: str(value) for name, value in parameters.items()}
        given |= {
            "method": api,
            "app_key": credential.app_key,
            "session": credential.access_token,
            "timestamp": top_time(now_ms),
            "format": "json",
            "v": "2.0",
            "sign_method": self._sign_method,
        }
        given = {name: value for name, value in given.items() if value}
        given["sign"] = signature(given, credential.app_secret, self._sign_method)
        headers = {"Content-Type": "application/x-www-form-urlencoded;charset=utf-8"}
        return Call(api, "/router/rest", urlencode(given).encode(), headers, {})

    def result(self, answer: Answer) -> Document:
        document = document_of(answer)
        if "error_response" in document:
            raise error_of(mapping(document["error_response"], "error_response"), answer.at_ms)
        root = answer.api.removeprefix("taobao.").replace(".", "_") + "_response"
        return mapping(document.get(root), root)

    def renewal(self, credential: Credential) -> Renewal | None:
        if not credential.refresh_token:
            return None
        return Renewal(REFRESH_API, {"refresh_token": credential.refresh_token})

    def renewed(self, credential: Credential, result: Document, now_ms: int) -> Credential:
        tokens = mapping(decoded(text(result.get("token_result"), "token_result").encode()), "token_result")
        return replace(
            credential,
            access_token=text(tokens.get("access_token"), "access_token"),
            refresh_token=text(tokens.get("refresh_token", credential.refresh_token), "refresh_token"),
            expires_ms=ends_ms(tokens.get("expires_in"), now_ms),
            renewable_until_ms=ends_ms(tokens.get("re_expires_in"), now_ms),
        )


def error_of(error: Document, now_ms: int) -> ChannelError:
    """By TOP's table: `isp` is theirs and may go well later, `isv` is ours and stays as it is."""
    code, sub_code = str(error.get("code", "")), str(error.get("sub_code", ""))
    detail = f"{error.get('msg', '')} {error.get('sub_msg', '')}".strip()
    told = f"{code} {sub_code}".strip()
    if code == "7" or sub_code.startswith("accesscontrol."):
        return Throttled(_ban_ms(detail, sub_code, now_ms), detail, told)
    if code in _CREDENTIALS:
        return CredentialRefused(_CREDENTIALS[code], detail, told)
    if code in _SESSIONS:
        return TokenExpired(detail, told)
    if code in _CLOCKS or sub_code.startswith("isp."):
        return Temporary(detail, told)
    return Permanent(detail, told)


def arrived(trade: object) -> Arrived:
    document = mapping(trade, "trade")
    return Arrived(identifier(document.get("tid"), "tid"), time_ms(document.get("modified"), "modified"), document)


def refund(row: object) -> Refund:
    document = mapping(row, "refund")
    return Refund(
        identifier(document.get("refund_id"), "refund_id"),
        identifier(document.get("tid"), "tid"),
        time_ms(document.get("modified"), "modified"),
        document,
    )


def queued_message(row: object) -> tuple[str, Hint | None]:
    """Its id and its hint."""
    message = mapping(row, "message")
    return identifier(message.get("id"), "id"), hint(message)


def hint(message: Document) -> Hint | None:
    """The order that a queued message is about; None for articles and whatever else has no order."""
    try:
        content = mapping(decoded(text(message.get("content"), "content").encode()), "content")
        return Hint(identifier(content.get("tid"), "tid"), str(message.get("user_id", "")))
    except NotUnderstood:
        return None


def top_time(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms // 1000, CHINA).strftime(TIME_FORMAT)


def time_ms(value: object, what: str) -> int:
    try:
        at = datetime.strptime(text(value, what), TIME_FORMAT).replace(tzinfo=CHINA)
    except ValueError:
        raise NotUnderstood(f"{what} is no time") from None
    return round(at.timestamp()) * 1000


def total_of(result: Document) -> int:
    return whole(result.get("total_results"), "total_results")


def _ban_ms(detail: str, sub_code: str, now_ms: int) -> int:
    ban = _BAN.search(detail)
    if ban is not None:
        return (int(ban[1]) + 1) * 1000
    if sub_code == _DAILY:
        today = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(CHINA)
        midnight = today.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        return round(midnight.timestamp() * 1000) - now_ms
    return THROTTLED_MS
