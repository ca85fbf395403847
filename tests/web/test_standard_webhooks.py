"""The verifier against the specification's own vector, and against whatever comes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory_service.standard_webhooks import TOLERANCE_MS, verified

# From the Standard Webhooks specification.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
HEADERS = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}
BODY = b'{"test": 2432232314}'
NOW_MS = 1_614_265_330_000


def test_the_vector_of_the_specification() -> None:
    assert verified(HEADERS, BODY, [SECRET], NOW_MS)
    assert verified(HEADERS, BODY, [SECRET.removeprefix("whsec_")], NOW_MS)
    assert verified(HEADERS, BODY, ["whsec_b3RoZXI=", SECRET], NOW_MS)


@pytest.mark.parametrize("offset_ms", [-TOLERANCE_MS, TOLERANCE_MS])
def test_the_edges_of_the_tolerance(offset_ms: int) -> None:
    assert verified(HEADERS, BODY, [SECRET], NOW_MS + offset_ms)
    assert not verified(HEADERS, BODY, [SECRET], NOW_MS + offset_ms + (1 if offset_ms > 0 else -1))


def test_what_does_not_verify() -> None:
    assert not verified(HEADERS, BODY + b" ", [SECRET], NOW_MS)
    assert not verified(HEADERS | {"webhook-id": "msg_other"}, BODY, [SECRET], NOW_MS)
    assert not verified(HEADERS | {"webhook-timestamp": "1614265331"}, BODY, [SECRET], NOW_MS)
    assert not verified(HEADERS, BODY, ["whsec_b3RoZXI="], NOW_MS)
    assert not verified(HEADERS, BODY, [], NOW_MS)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_%%%", "é"])
def test_a_secret_that_is_none_opens_nothing(secret: str) -> None:
    """An empty key would let anybody sign."""
    import base64
    import hashlib
    import hmac

    signed = f"{HEADERS['webhook-id']}.{HEADERS['webhook-timestamp']}.".encode() + BODY
    forged = base64.b64encode(hmac.digest(b"", signed, hashlib.sha256)).decode()
    assert not verified(HEADERS | {"webhook-signature": f"v1,{forged}"}, BODY, [secret], NOW_MS)


@given(
    headers=st.dictionaries(st.sampled_from(sorted(HEADERS)), st.text(max_size=40)),
    body=st.binary(max_size=40),
    secrets=st.lists(st.text(max_size=20), max_size=3),
)
def test_nothing_makes_it_raise(headers: dict[str, str], body: bytes, secrets: list[str]) -> None:
    assert not verified(HEADERS | headers, body, secrets, NOW_MS)
