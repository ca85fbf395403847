"""Outbound scans: kept whatever they look like, and trusted by key or by signature."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import pytest

from inventory_service.domain.clients import Client, Scope
from inventory_service.usecases.ports import WebhookSigner
from inventory_service.usecases.requests import MalformedScan, ScanRequest
from inventory_service.web import examples
from inventory_service.web.routes import SINGLE_BODY_BYTES
from tests.acceptance.malformed import NO_CODES, NO_QUANTITIES
from tests.web.fakes import UseCases
from tests.web.running import Web

PATH = "/v1/wms/outbound-scans"
KEY = base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
OTHER_KEY = base64.b64encode(b"fedcba9876543210fedcba9876543210").decode()


def scan(**changes: Any) -> dict[str, Any]:
    fields = {"scan_id": "s", "reservation_id": "r", "warehouse": "SHA", "sku": "A", "quantity": 1}
    return {name: value for name, value in (fields | changes).items() if value is not ...}


async def send(web: Web, *scans: Any) -> list[dict[str, Any]]:
    answer = await web.post(PATH, {"scans": list(scans)})
    assert answer.status == 200, answer
    results: list[dict[str, Any]] = answer.body["results"]
    assert len(results) == len(scans)
    return results


def sent(cases: UseCases) -> list[Any]:
    ((_, _, scans),) = cases.asked
    return list(scans)


async def test_a_scan_reaches_the_use_case(web: Web, cases: UseCases) -> None:
    results = await send(web, examples.SCANS["scans"][0], scan(reservation_id=..., order_ref="#1001", channel="shop"))
    assert [result["result"] for result in results] == ["applied", "applied"]
    first, second = sent(cases)
    assert isinstance(first, ScanRequest)
    assert (first.reservation_id, first.order_ref, first.scanned_ms) == ("order-1001", "", 1_794_389_400_000)
    assert (second.reservation_id, second.order_ref, second.channel, second.scanned_ms) == ("", "#1001", "shop", 0)


async def test_further_fields_are_kept_but_no_content(web: Web, cases: UseCases) -> None:
    await send(web, scan(), scan(attempt=2, operator={"name": "李"}))
    plain, stamped = sent(cases)
    assert json.loads(stamped.payload) == scan(attempt=2, operator={"name": "李"})
    assert plain.content == stamped.content


async def test_a_scan_is_nested_no_deeper_than_all_can_read(web: Web, cases: UseCases) -> None:
    """One of 960 levels was accepted, and no event for the ledger, which had less room."""

    def nested(levels: int) -> bytes:
        more = b"[" * levels + rb'"[[\\\"["' + b"]" * levels
        return (
            b'{"scans":[{"scan_id":"s","reservation_id":"r","warehouse":"SHA","sku":"A","quantity":1,"x":%b}]}' % more
        )

    assert (await web.post(PATH, raw=nested(99))).status == 200
    (kept,) = sent(cases)
    assert isinstance(kept, ScanRequest)
    (await web.post(PATH, raw=nested(100))).problem("malformed_json")
    many = [scan(serials=["{"] * 200, boxes=[{"n": [1]}] * 200)]
    assert (await web.post(PATH, {"scans": many})).status == 200


MALFORMED: dict[str, tuple[Any, str, str | None]] = {
    "number": (5, "", None),
    "null": (None, "", None),
    "text": ("x", "", None),
    "list": ([1], "", None),
    "empty": ({}, "/scan_id", None),
    "no order": (scan(reservation_id=...), "/reservation_id", "s"),
    "bad id": (scan(scan_id="a b"), "/scan_id", None),
    "no sku": (scan(sku=...), "/sku", "s"),
    "time without offset": (scan(scanned_at="2026-11-11T00:00:00"), "/scanned_at", "s"),
    "no time": (scan(scanned_at="yesterday"), "/scanned_at", "s"),
    "a time before time": (scan(scanned_at="0001-01-01T00:00:00Z"), "/scanned_at", "s"),
    "serials": (scan(serials="a"), "/serials", "s"),
    "NUL": (scan(carrier="\x00"), "/carrier", "s"),
    "half a pair": (scan(lot="\ud800"), "/lot", "s"),
    **{f"quantity {name}": (scan(quantity=value), "/quantity", "s") for name, value in NO_QUANTITIES.items()},
    **{f"warehouse {name}": (scan(warehouse=value), "/warehouse", "s") for name, value in NO_CODES.items()},
}


@pytest.mark.parametrize("case", MALFORMED)
async def test_a_malformed_scan_is_parked(web: Web, cases: UseCases, case: str) -> None:
    malformed, pointer, scan_id = MALFORMED[case]
    before, result, after = await send(web, scan(scan_id="a"), malformed, scan(scan_id="b"))
    assert (before["result"], after["result"]) == ("applied", "applied")
    assert result.items() >= {"scan_id": scan_id, "result": "parked", "code": "validation_failed"}.items()
    assert result["pointer"] == f"/scans/1{pointer}"
    kept = sent(cases)[1]
    assert isinstance(kept, MalformedScan)
    assert kept.scan_id == (scan_id or "")
    assert kept.detail
    if r"\uffff" not in kept.payload:
        assert json.loads(kept.payload) == malformed


async def test_what_no_store_can_keep_is_replaced(web: Web, cases: UseCases) -> None:
    await send(web, scan(note="a\x00b\ud800c"))
    assert json.loads(sent(cases)[0].payload)["note"] == "a\uffffb\uffffc"


async def test_one_enormous_scan_is_refused_with_its_call(web: Web, cases: UseCases) -> None:
    answer = await web.post(PATH, {"scans": [scan(), scan(note="x" * SINGLE_BODY_BYTES)]})
    answer.problem("payload_too_large", "/scans/1")
    assert not cases.asked


def signature(body: bytes, message_id: str, timestamp: int | str, key: str = KEY) -> str:
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(base64.b64decode(key), signed, hashlib.sha256)).decode()


def headers(body: bytes, **changes: str) -> dict[str, str]:
    timestamp = str(int(time.time()))
    fields = {
        "webhook-id": "msg_1",
        "webhook-timestamp": timestamp,
        "webhook-signature": signature(body, "msg_1", timestamp),
    }
    return fields | {name.replace("_", "-"): value for name, value in changes.items()}


@pytest.fixture
def signing(cases: UseCases) -> UseCases:
    """Two clients with secrets: one may scan."""
    scanner, other = Client("wms", frozenset({Scope.SCAN})), Client("shop", frozenset({Scope.RESERVE}))
    cases.registry.signers += [
        WebhookSigner(other, [f"whsec_{OTHER_KEY}"]),
        WebhookSigner(scanner, ["whsec_" + base64.b64encode(b"the old one, still alive").decode(), f"whsec_{KEY}"]),
    ]
    return cases


BODY = json.dumps({"scans": [scan()]}).encode()


async def test_a_signature_stands_for_a_key(web: Web, signing: UseCases) -> None:
    answer = await web.post(PATH, raw=BODY, key=None, headers=headers(BODY))
    assert answer.status == 200
    assert signing.asked[0][1] == "wms"


async def test_one_good_signature_of_several_is_enough(web: Web, signing: UseCases) -> None:
    several = f"v1,{KEY} v2,abc {headers(BODY)['webhook-signature']}"
    assert (await web.post(PATH, raw=BODY, key=None, headers=headers(BODY, webhook_signature=several))).status == 200
    assert signing.asked


async def test_a_signer_without_the_scope(web: Web, signing: UseCases) -> None:
    now = str(int(time.time()))
    signed = {"webhook-timestamp": now, "webhook-signature": signature(BODY, "msg_1", now, OTHER_KEY)}
    (await web.post(PATH, raw=BODY, key=None, headers=headers(BODY) | signed)).problem("forbidden")
    assert not signing.asked


@pytest.mark.parametrize("missing", ["webhook-id", "webhook-timestamp", "webhook-signature"])
async def test_a_header_of_a_signed_call_that_is_missing_is_named(web: Web, signing: UseCases, missing: str) -> None:
    sent = {name: value for name, value in headers(BODY).items() if name != missing}
    problem = (await web.post(PATH, raw=BODY, key=None, headers=sent)).problem("unauthenticated")
    assert problem["detail"].endswith(f"here is no {missing}.")
    assert not signing.asked


@pytest.mark.parametrize("seconds", [-301, 301, 10**6, -(10**6)])
async def test_a_signature_out_of_its_time(web: Web, signing: UseCases, seconds: int) -> None:
    stamp = str(int(time.time()) + seconds)
    signed = {"webhook-timestamp": stamp, "webhook-signature": signature(BODY, "msg_1", stamp)}
    (await web.post(PATH, raw=BODY, key=None, headers=headers(BODY) | signed)).problem("unauthenticated")
    assert not signing.asked


GARBAGE: dict[str, dict[str, str]] = {
    "no comma": {"webhook_signature": "v1"},
    "no text": {"webhook_signature": "v1,"},
    "empty": {"webhook_signature": ""},
    "two commas": {"webhook_signature": "v1,a,b"},
    "bad base64": {"webhook_signature": "v1,%%%"},
    "not ASCII": {"webhook_signature": "v1,é"},
    "another version": {"webhook_signature": "v2," + KEY},
    "very many": {"webhook_signature": "v1,AAAA " * 500},
    "spaces": {"webhook_signature": "    "},
    "no id": {"webhook_id": ""},
    "id is not ASCII": {"webhook_id": "é"},
    "no timestamp": {"webhook_timestamp": ""},
    "timestamp is text": {"webhook_timestamp": "now"},
    "timestamp is huge": {"webhook_timestamp": "9" * 500},
    "timestamp is negative": {"webhook_timestamp": "-1"},
    "timestamp is a float": {"webhook_timestamp": "1.5"},
    "timestamp in other digits": {"webhook_timestamp": "١٢"},
}


@pytest.mark.parametrize("case", GARBAGE)
async def test_garbage_for_a_signature(web: Web, signing: UseCases, case: str) -> None:
    (await web.post(PATH, raw=BODY, key=None, headers=headers(BODY, **GARBAGE[case]))).problem("unauthenticated")
    assert not signing.asked


async def test_a_signature_of_other_bytes(web: Web, signing: UseCases) -> None:
    (await web.post(PATH, raw=BODY + b" ", key=None, headers=headers(BODY))).problem("unauthenticated")
    (await web.post(PATH, raw=b"\xff\xfe", key=None, headers=headers(BODY))).problem("unauthenticated")
    assert not signing.asked


async def test_signed_garbage_is_judged_as_any_body(web: Web, signing: UseCases) -> None:
    (await web.post(PATH, raw=b"\xff\xfe", key=None, headers=headers(b"\xff\xfe"))).problem("malformed_json")
    assert not signing.asked


async def test_a_wrong_key_is_not_saved_by_a_signature(web: Web, signing: UseCases) -> None:
    (await web.post(PATH, raw=BODY, key="nobody's", headers=headers(BODY))).problem("unauthenticated")
    assert not signing.asked


async def test_other_calls_take_no_signature(web: Web, signing: UseCases) -> None:
    raw = b'{"movements":[1]}'
    (await web.post("/v1/stock/movements", raw=raw, key=None, headers=headers(raw))).problem("unauthenticated")
    assert not signing.asked
