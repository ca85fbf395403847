"""Outbound scans that are signed as Standard Webhooks instead of carrying a key."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.acceptance.client import Answer, Api
from tests.acceptance.keys import create_webhook_secret
from tests.acceptance.service import RunningService
from tests.acceptance.shop import Shop
from tests.acceptance.waiting import eventually

SCANS = "/v1/wms/outbound-scans"
Damage = Callable[[dict[str, str], bytes], bytes]


@pytest.fixture(scope="session")
def secret(service: RunningService) -> str:
    return create_webhook_secret(service, "signing-wms")


def signed(secret: str, body: bytes, at: float | None = None) -> dict[str, str]:
    """The three headers of a message sent now, or at another time."""
    timestamp = str(int(time.time() if at is None else at))
    content = b".".join([b"msg_1", timestamp.encode(), body])
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signature = base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()
    return {"webhook-id": "msg_1", "webhook-timestamp": timestamp, "webhook-signature": f"v1,{signature}"}


async def send(api: Api, body: bytes, headers: dict[str, str]) -> Answer:
    return await api.acting_as(None).post(SCANS, raw=body, headers=headers)


async def scan_body(shop: Shop) -> tuple[str, bytes]:
    """(reservation, body of one scan of it)."""
    await shop.stocked(5)
    reservation_id = await shop.confirmed(1)
    return reservation_id, json.dumps({"scans": [shop.scan_of(reservation_id)]}).encode()


async def until_known(shop: Shop, secret: str) -> None:
    """A secret reaches the service within seconds after it was made."""

    async def accepted() -> bool:
        body = json.dumps({"scans": []}).encode()
        return (await send(shop.api, body, signed(secret, body))).status != 401

    await eventually(accepted, "the secret is known")


async def test_a_signature_stands_for_a_key(shop: Shop, secret: str) -> None:
    await until_known(shop, secret)
    reservation_id, body = await scan_body(shop)
    (result,) = (await send(shop.api, body, signed(secret, body))).ok()["results"]
    assert result["result"] == "applied"
    (result,) = (await send(shop.api, body, signed(secret, body))).ok()["results"]
    assert result["result"] == "duplicate"
    assert (await shop.reservation(reservation_id))["status"] == "shipped"


async def test_a_repeat_signed_anew_is_applied_once(shop: Shop, secret: str) -> None:
    """As senders do for days: the same webhook-id, a new timestamp; also with the client's next secret."""
    await until_known(shop, secret)
    reservation_id, body = await scan_body(shop)
    await send(shop.api, body, signed(secret, body))
    for seconds in (-200, -1, 1, 200):
        (result,) = (await send(shop.api, body, signed(secret, body, time.time() + seconds))).ok()["results"]
        assert result["result"] == "duplicate"
    assert (await shop.reservation(reservation_id))["lines"][0]["shipped"] == 1


async def test_one_of_several_signatures_is_enough(shop: Shop, secret: str) -> None:
    await until_known(shop, secret)
    _, body = await scan_body(shop)
    headers = signed(secret, body)
    headers["webhook-signature"] = f"v1,AAAA v2,{headers['webhook-signature'][3:]} {headers['webhook-signature']}"
    (await send(shop.api, body, headers)).ok()


def other_body(_: dict[str, str], body: bytes) -> bytes:
    return body.replace(b'"quantity": 1', b'"quantity": 2')


def header(name: str, value: str | None) -> Damage:
    """Set a header to a value, None: leave it out."""

    def damage(headers: dict[str, str], body: bytes) -> bytes:
        if value is None:
            del headers[name]
        else:
            headers[name] = value
        return body

    return damage


DAMAGES: dict[str, Damage] = {
    "another body": other_body,
    "another id": header("webhook-id", "msg_2"),
    "no id": header("webhook-id", None),
    "empty id": header("webhook-id", ""),
    "another time": header("webhook-timestamp", str(int(time.time()) - 1)),
    "no time": header("webhook-timestamp", None),
    "time of letters": header("webhook-timestamp", "now"),
    "huge time": header("webhook-timestamp", "9" * 400),
    "negative time": header("webhook-timestamp", "-1"),
    "no signature": header("webhook-signature", None),
    "empty signature": header("webhook-signature", ""),
    "no version": header("webhook-signature", "AAAA"),
    "no base64": header("webhook-signature", "v1,%%%"),
    "bytes": header("webhook-signature", "v1,\u00e9\u00e9"),
    "many": header("webhook-signature", " ".join(["v1,AAAA"] * 200)),
}


@pytest.mark.parametrize("case", DAMAGES)
async def test_a_damaged_message_is_401(shop: Shop, secret: str, case: str) -> None:
    reservation_id, body = await scan_body(shop)
    headers = signed(secret, body)
    damaged = DAMAGES[case](headers, body)
    (await send(shop.api, damaged, headers)).problem(401, "unauthenticated")
    assert (await shop.reservation(reservation_id))["status"] == "confirmed"


@pytest.mark.parametrize("seconds", [-3600, 3600])
async def test_an_old_message_or_one_from_the_future_is_401(shop: Shop, secret: str, seconds: int) -> None:
    _, body = await scan_body(shop)
    (await send(shop.api, body, signed(secret, body, time.time() + seconds))).problem(401, "unauthenticated")


async def test_another_secret_is_401(shop: Shop, secret: str) -> None:
    _, body = await scan_body(shop)
    other = "whsec_" + base64.b64encode(b"x" * 24).decode()
    assert other != secret
    (await send(shop.api, body, signed(other, body))).problem(401, "unauthenticated")


async def test_a_signature_opens_nothing_but_scans(shop: Shop, secret: str) -> None:
    await until_known(shop, secret)
    calls: dict[str, Any] = {"/v1/batch": {"operations": []}, "/v1/stock/movements": {"movements": []}}
    for path, content in calls.items():
        body = json.dumps(content).encode()
        answer = await shop.api.acting_as(None).post(path, raw=body, headers=signed(secret, body))
        answer.problem(401, "unauthenticated")
