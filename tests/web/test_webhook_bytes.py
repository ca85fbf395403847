"""Signed scans in raw bytes: whatever stands in headers and body, the answer is a yes or a no, and never a fault."""

import asyncio
import hmac
import time
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory_service import standard_webhooks
from inventory_service.domain.clients import Client, Scope
from inventory_service.usecases.ports import WebhookSigner
from tests.web.fakes import UseCases
from tests.web.running import Web, serving, split

HEAD = b"POST /v1/wms/outbound-scans HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n"
SECRETS = [
    "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
    "whsec_ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA=",
]
WMS = Client("wms", frozenset({Scope.SCAN}))
BODY = b'{"scans": [{"scan_id": "s", "reservation_id": "r", "warehouse": "SHA", "sku": "A", "quantity": 1}]}'
NAMES = (b"webhook-id", b"webhook-timestamp", b"webhook-signature")

# What may stand in a header: everything but the bytes that end one.
junk = st.binary(max_size=60).map(lambda raw: raw.translate(None, b"\r\n\x00"))
near = st.sampled_from([b"v1", b"v1,", b"v1,,", b",", b"v1,AAAA", b"v1a,AAAA", b"v1,%%%", b"v1,\xff\xfe",
    b" " * 40, b"v1,AAAA " * 500, b"msg_1", b"-1", b"9" * 400, b"1e3", b"\xff", "\u0661".encode()])  # fmt: skip
headers = st.lists(st.tuples(st.sampled_from(NAMES), st.one_of(junk, near)), max_size=6)
bodies = st.one_of(st.binary(max_size=200), st.just(BODY), st.just(b"{"), st.just(b'{"scans": [{"scan_id": "\xff"}]}'))


def registry() -> UseCases:
    cases = UseCases()
    cases.registry.signers = [
        WebhookSigner(Client("other", WMS.scopes), ["whsec_b3RoZXJvdGhlcm90aGVyb3RoZXI="]),
        WebhookSigner(WMS, SECRETS),
    ]
    return cases


def message(lines: Sequence[tuple[bytes, bytes]], body: bytes) -> bytes:
    text = b"".join(b"%b: %b\r\n" % line for line in lines)
    return HEAD + text + b"Content-Length: %d\r\n\r\n" % len(body) + body


def signed(body: bytes = BODY, secret: str = SECRETS[0], at: float | None = None) -> list[tuple[bytes, bytes]]:
    now_ms = int((time.time() if at is None else at) * 1000)
    made = standard_webhooks.signed_headers("msg_1", body, secret, now_ms)
    return [(name.encode(), value.encode()) for name, value in made.items()]


async def status(web: Web, lines: Sequence[tuple[bytes, bytes]], body: bytes = BODY) -> int:
    return split(await web.raw(message(lines, body)))[0]


def test_nothing_is_a_fault() -> None:
    async def send_all(samples: list[Any]) -> list[int]:
        async with serving(registry()) as web:
            found = [await status(web, *sample) for sample in samples]
            assert not web.cases.asked
            return found

    @settings(max_examples=25, deadline=None)
    @given(st.lists(st.tuples(headers, bodies), min_size=10, max_size=20))
    def compare(samples: list[Any]) -> None:
        assert set(asyncio.run(send_all(samples))) <= {400, 401, 431}

    compare()


async def test_both_secrets_are_live_while_they_rotate() -> None:
    async with serving(registry()) as web:
        assert [await status(web, signed(secret=secret)) for secret in SECRETS] == [200, 200]
        both = [signed()[0], signed()[1], (NAMES[2], signed(secret=SECRETS[1])[2][1] + b" " + signed()[2][1])]
        assert await status(web, both) == 200
        assert [asked[1] for asked in web.cases.asked] == ["wms"] * 3
        web.cases.registry.signers = [WebhookSigner(WMS, SECRETS[1:])]
        assert [await status(web, signed(secret=secret)) for secret in SECRETS] == [401, 200]


@pytest.mark.parametrize(("seconds", "expected"), [(-290, 200), (290, 200), (-310, 401), (310, 401), (-1e9, 401)])
async def test_the_window_in_which_a_message_may_be_replayed(seconds: float, expected: int) -> None:
    async with serving(registry()) as web:
        assert await status(web, signed(at=time.time() + seconds)) == expected


@pytest.mark.parametrize("place", range(3))
async def test_of_a_header_given_twice_the_first_one_counts(place: int) -> None:
    """Whichever a proxy in front looked at: what is read is what was signed."""
    async with serving(registry()) as web:
        lines = signed()
        assert await status(web, [*lines, (NAMES[place], b"x")]) == 200
        assert await status(web, [(NAMES[place], b"x"), *lines]) == 401


async def test_every_secret_is_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """All secrets of all clients with all signatures, whether one matched before or not; never by ==."""
    compared: list[tuple[bytes, bytes]] = []
    compare_digest = hmac.compare_digest

    def noted(left: bytes, right: bytes) -> bool:
        compared.append((left, right))
        return compare_digest(left, right)

    monkeypatch.setattr(hmac, "compare_digest", noted)
    async with serving(registry()) as web:
        for secret in SECRETS:
            compared.clear()
            message_id, timestamp, (name, right) = signed(secret=secret)
            assert await status(web, [message_id, timestamp, (name, right + b" v1,AAAA")]) == 200
            assert len(compared) == 6
