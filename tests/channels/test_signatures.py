"""Every signature that the platforms' documents, or their SDKs, let one compute."""

import json

import pytest

from inventory_service.channels.douyin import signature as douyin
from inventory_service.channels.generic import signature as generic
from inventory_service.channels.taobao.signature import signature as top_signature
from inventory_service.domain.shops.credential import Credential
from inventory_service.standard_webhooks import signed_headers

TOP_SECRET = "helloworld"
TOP_ITEM = {
    "app_key": "12345678",
    "fields": "num_iid,title,nick,price,num",
    "format": "json",
    "method": "taobao.item.seller.get",
    "num_iid": "11223344",
    "session": "test",
    "timestamp": "2016-01-01 12:00:00",
    "v": "2.0",
}
TOP_TRADES = {
    "app_key": "12345678",
    "end_modified": "2026-01-01 11:30:00",
    "fields": "tid,status,modified",
    "format": "json",
    "method": "taobao.trades.sold.increment.get",
    "page_no": "1",
    "page_size": "50",
    "session": "test",
    "start_modified": "2026-01-01 11:00:00",
    "timestamp": "2026-01-01 12:00:00",
    "use_has_next": "true",
    "v": "2.0",
}
TOP_MEMO = TOP_TRADES | {"method": "taobao.trade.memo.update", "memo": "加急 发货&<ok>"}


@pytest.mark.parametrize(
    ("parameters", "sign_method", "expected"),
    [
        (TOP_ITEM, "md5", "66987CB115214E59E6EC978214934FB8"),
        (TOP_ITEM, "hmac", "D56D7858309C31B6251083A874D48273"),
        (TOP_ITEM, "hmac-sha256", "04DB15AD0774D5CFCE2C837DE43E3FCEA9011ED74F3038FB6AB5F3C4CEA119E8"),
        (TOP_TRADES, "hmac-sha256", "BF5F34A50EBBB5C1FC8A5DE0A93234D8CC6291D14FB6277E06C2C9B19446FAC6"),
        (TOP_MEMO, "md5", "337F3AAD7F7D657981BE43242B628685"),
    ],
)
def test_top(parameters: dict[str, str], sign_method: str, expected: str) -> None:
    given = parameters | {"sign_method": sign_method}
    assert top_signature(given, TOP_SECRET, sign_method) == expected
    assert top_signature(given | {"sign": "0", "empty": ""}, TOP_SECRET, sign_method) == expected


APP_KEY = "7000000000000000001"
SECRET = "00000000-1111-2222-3333-444444444444"
SEARCH = {
    "combine_status": [{"order_status": "2,3"}],
    "size": 100,
    "page": 0,
    "order_by": "update_time",
    "order_asc": True,
    "update_time_start": 1767238200,
    "update_time_end": 1767240000,
}
REMARK = {"shop_order_id": "6496679971677798670", "remark": "加急<b>&ok"}


def test_douyins_canonical_text() -> None:
    assert douyin.canonical(SEARCH) == (
        '{"combine_status":[{"order_status":"2,3"}],"order_asc":true,"order_by":"update_time","page":0,"size":100,'
        '"update_time_end":1767240000,"update_time_start":1767238200}'
    )
    assert douyin.canonical(REMARK) == '{"remark":"加急<b>&ok","shop_order_id":"6496679971677798670"}'


@pytest.mark.parametrize(
    ("method", "parameters", "sign_method", "expected"),
    [
        (
            "order.searchList",
            SEARCH,
            "hmac-sha256",
            "7f0e0989bfbe198e052c7946c7627d3ef56a4cfd1f9450f14b7250cef6733de0",
        ),
        ("order.searchList", SEARCH, "md5", "b0aa00605e5098c0e1a4a3d1dfc5bd86"),
        (
            "order.addOrderRemark",
            REMARK,
            "hmac-sha256",
            "6c23683032233fae2f059ba99f2e911c7b888d23ae318d34fc7d8c19236d3aca",
        ),
    ],
)
def test_calls_to_douyin(method: str, parameters: dict[str, object], sign_method: str, expected: str) -> None:
    fields = {
        "app_key": APP_KEY,
        "method": method,
        "param_json": douyin.canonical(parameters),
        "timestamp": "1767240000",
        "v": "2",
    }
    assert douyin.signature(fields, SECRET, sign_method) == expected


@pytest.mark.parametrize(
    ("sign_method", "expected"),
    [
        ("md5", "ab9a87683c6490bc474c568ffd9dc323"),
        ("hmac-sha256", "eb65f1213cb49779e4c542479b3c8ec2af968ae4be6d05017755617cd31d1f77"),
    ],
)
def test_callbacks_of_douyin(sign_method: str, expected: str) -> None:
    fields = {"app_key": APP_KEY, "param_json": douyin.canonical(REMARK), "timestamp": "2026-01-01 12:00:00"}
    assert douyin.signature(fields, SECRET, sign_method) == expected


EVENT = (
    rb'[{"tag":"101","msg_id":"7590000000000000001:0:1:2:3",'
    rb'"data":"{\"p_id\":4888888888888888888,\"shop_id\":123456,\"order_status\":2}"}]'
)
EVENT_SIGN = "4fe65ba419f4ac3e327d03a4bb416570"
LIVE = [
    Credential(version=2, app_key=APP_KEY, app_secret="another"),
    Credential(version=1, app_key=APP_KEY, app_secret=SECRET),
]


def test_pushes_of_douyin() -> None:
    headers = {"app-id": APP_KEY, "event-sign": EVENT_SIGN}
    assert douyin.event_signed(headers, EVENT, LIVE)
    assert json.loads(EVENT)[0]["tag"] == "101"
    for wrong in (
        {"app-id": APP_KEY},
        {"event-sign": EVENT_SIGN},
        headers | {"event-sign": EVENT_SIGN.upper()},
        headers | {"app-id": "7000000000000000002"},
        headers | {"event-sign": "é"},
        headers | {"event-sign": "\udcff"},
    ):
        assert not douyin.event_signed(wrong, EVENT, LIVE)
    assert not douyin.event_signed(headers, EVENT + b"\n", LIVE)
    assert not douyin.event_signed(headers, EVENT, LIVE[:1])
    assert not douyin.event_signed(headers, EVENT, [])


def test_a_push_signed_without_a_secret_opens_nothing() -> None:
    import hashlib

    made = hashlib.md5(APP_KEY.encode() + EVENT).hexdigest()  # noqa: S324  # as Douyin signs
    bare = Credential(version=1, app_key=APP_KEY, app_secret="")
    assert not douyin.event_signed({"app-id": APP_KEY, "event-sign": made}, EVENT, [bare])


SHOP_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SHOP = [Credential(version=1, app_key="shop", app_secret=SHOP_SECRET)]


@pytest.mark.parametrize(
    ("message_id", "timestamp", "body", "expected"),
    [
        (
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "1614265330",
            '{"test": 2432232314}',
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        ),
        (
            "msg_1",
            "1767240000",
            '{"type":"order.paid","timestamp":"2026-01-01T04:00:00Z","data":{"order_id":"MP-1","remark":"加急"}}',
            "v1,INnZVwgrJ2fxCq+9p5bTMsOQ9Pgf1k6OMCbICBgO9eQ=",
        ),
    ],
)
def test_messages_of_ones_own_shop(message_id: str, timestamp: str, body: str, expected: str) -> None:
    now_ms = int(timestamp) * 1000
    headers = {"webhook-id": message_id, "webhook-timestamp": timestamp, "webhook-signature": expected}
    assert generic.message_signed(headers, body.encode(), SHOP, now_ms)
    assert not generic.message_signed(headers, body.encode() + b" ", SHOP, now_ms)
    assert signed_headers(message_id, body.encode(), SHOP_SECRET, now_ms) == headers
