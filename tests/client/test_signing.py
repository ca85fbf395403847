"""Our signatures against the reference implementation of Standard Webhooks, both ways."""

from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from inventory_service.standard_webhooks import signed_headers, verified

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
BODY = '{"scans": [{"scan_id": "扫描-1"}]}'.encode()


def now_ms() -> int:
    return int(datetime.now(UTC).timestamp() * 1000)


def test_what_we_sign_the_reference_accepts() -> None:
    headers = signed_headers("msg_1", BODY, SECRET, now_ms())
    assert Webhook(SECRET).verify(BODY, headers) == {"scans": [{"scan_id": "扫描-1"}]}
    for body, secret in ((BODY + b" ", SECRET), (BODY, OTHER)):
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(body, headers)


def test_what_the_reference_signs_we_accept() -> None:
    now = datetime.now(UTC)
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(SECRET).sign("msg_1", now, BODY.decode()),
    }
    assert verified(headers, BODY, [OTHER, SECRET], now_ms())
    assert not verified(headers, BODY, [OTHER], now_ms())
    assert not verified(headers, BODY + b" ", [SECRET], now_ms())


def test_both_make_the_same_signature() -> None:
    at = datetime(2026, 11, 11, tzinfo=UTC)
    ours = signed_headers("msg_1", BODY, SECRET, int(at.timestamp() * 1000))
    assert ours["webhook-signature"] == Webhook(SECRET).sign("msg_1", at, BODY.decode())


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_%%%", "my secret"])
def test_what_is_no_secret_is_said_at_once(secret: str) -> None:
    with pytest.raises(ValueError, match="whsec_"):
        signed_headers("msg_1", BODY, secret, 0)
