"""The platforms' own codes, and what each of them means for the next call."""

import pytest

from inventory_service.channels.calling import THROTTLED_MS
from inventory_service.channels.douyin import payload as douyin
from inventory_service.channels.taobao import payload as taobao
from inventory_service.usecases.sync.adapter import (
    ChannelError,
    CredentialRefused,
    Permanent,
    Temporary,
    Throttled,
    TokenExpired,
)
from tests.simulators.clock import NOON_MS

HOUR_MS = 60 * 60 * 1000
BAN = "This ban will last for 41 more seconds"


@pytest.mark.parametrize(
    ("code", "sub_code", "expected", "which"),
    [
        (25, "", CredentialRefused, "app_secret"),
        (24, "", CredentialRefused, "app_secret"),
        (28, "", CredentialRefused, "app_key"),
        (29, "", CredentialRefused, "app_key"),
        (11, "", CredentialRefused, "permission"),
        (26, "", TokenExpired, ""),
        (27, "invalid-sessionkey", TokenExpired, ""),
        (44, "", TokenExpired, ""),
        (31, "", Temporary, ""),
        (15, "isp.remote-service-timeout", Temporary, ""),
        (15, "isv.trade-not-exist", Permanent, ""),
        (41, "", Permanent, ""),
        (22, "", Permanent, ""),
        (15, "", Permanent, ""),
    ],
)
def test_top(code: int, sub_code: str, expected: type[ChannelError], which: str) -> None:
    error = taobao.error_of({"code": code, "msg": "so it is", "sub_code": sub_code, "sub_msg": "really"}, NOON_MS)
    assert type(error) is expected
    assert error.code == f"{code} {sub_code}".strip()
    assert error.detail == "so it is really"
    assert getattr(error, "which", "") == which


@pytest.mark.parametrize(
    ("sub_code", "sub_message", "wait_ms"),
    [
        ("accesscontrol.limited-by-api-access-count", BAN, 42_000),
        ("accesscontrol.limited-by-app-access-count", BAN, 42_000),
        ("accesscontrol.limited-by-app-access-count", "", 12 * HOUR_MS),  # until midnight in China
        ("accesscontrol.limited-by-app-api-access-count", "", THROTTLED_MS),
        ("", "", THROTTLED_MS),
    ],
)
def test_tops_bans(sub_code: str, sub_message: str, wait_ms: int) -> None:
    told = {"code": 7, "msg": "App Call Limited", "sub_code": sub_code, "sub_msg": sub_message}
    error = taobao.error_of(told, NOON_MS)
    assert isinstance(error, Throttled)
    assert error.wait_ms == wait_ms


@pytest.mark.parametrize(
    ("code", "sub_code", "expected", "which"),
    [
        (40003, "isv.signature-invalid", CredentialRefused, "app_secret"),
        (40001, "isv.signature-missing", CredentialRefused, "app_secret"),
        (40003, "isv.access-token-expired", TokenExpired, ""),
        (40003, "isv.access-token-no-existed", CredentialRefused, "access_token"),
        (40003, "isv.access-token-invalid", CredentialRefused, "access_token"),
        (40003, "isv.timestamp-invalid", Temporary, ""),
        (40003, "isv.parameter-format-invalid", Permanent, ""),
        (30001, "dop.authorization-closed", CredentialRefused, "permission"),
        (30001, "", CredentialRefused, "permission"),
        (60000, "isv.too-many-requests", Throttled, ""),
        (20000, "", Temporary, ""),
        (20001, "isp.service-error", Temporary, ""),
        (50002, "isv.business-failed:31009", Permanent, ""),
        (70000, "", Permanent, ""),
    ],
)
def test_douyin(code: int, sub_code: str, expected: type[ChannelError], which: str) -> None:
    error = douyin.error_of({"code": code, "msg": "so it is", "sub_code": sub_code, "sub_msg": "really"})
    assert type(error) is expected
    assert error.code == f"{code} {sub_code}".strip()
    assert getattr(error, "which", "") == which


def test_a_sentence_without_end_is_cut() -> None:
    """After what is secret was hidden: half a secret is one too."""
    secret = "0123456789" * 4
    for before in range(250, 310):
        error = douyin.error_of({"code": 50002, "msg": "x" * before + secret + "x" * 10_000, "sub_code": "y" * 10_000})
        error.hide([secret])
        assert len(str(error)) < 1000
        assert "0123" not in str(error) + repr(error)
