"""What a registration of a shop may not say."""

from dataclasses import replace
from typing import Any

import pytest

from inventory_service.domain.errors import Refused
from inventory_service.domain.shops.shop import Shop, check

CHANNELS = ("taobao", "generic")
SHOP = Shop("tees", "taobao", "T恤店", "Li Lei", "https://gateway.example/router", 1800, {"calls_per_second": 2.5})

WRONG_ADDRESSES = (
    "", "gateway.example", "ftp://gateway.example", "https://", "https:///path", "https://user:pw@gateway.example",
    "https://gateway.example/?key=1", "https://gateway.example/#here", "https://gateway.example:port", "https://[::1",
    "http://gateway.example", "http://10.0.0.7/", "http://127.0.0.1.example/", "http://localhost.example/",
)  # fmt: skip
WRONG_SETTINGS: tuple[tuple[str, Any], ...] = (
    ("calls_per_second", 0), ("calls_per_second", 1000.5), ("calls_per_second", True), ("calls_per_second", "2"),
    ("calls_per_second", float("nan")), ("calls_per_second", 5e-324),
    ("answer_ms_max", 99), ("answer_ms_max", 60_001), ("answer_ms_max", 500.0),
    ("answer_bytes_max", 1023), ("answer_bytes_max", 2**26 + 1),
    ("options", "sign_method"), ("options", {"sign_method": 1}), ("options", {"sign_method": "x" * 129}),
    ("options", {str(number): "x" for number in range(33)}),
    ("app_secret", "s"), ("protocol", "generic"),
)  # fmt: skip


@pytest.mark.parametrize(
    "base_url", ["https://gateway.example:8443/x", "http://127.0.0.1:9000", "http://localhost/x", "http://[::1]:1"]
)
def test_an_address_is_https_but_on_this_machine(base_url: str) -> None:
    check(replace(SHOP, base_url=base_url), CHANNELS)


@pytest.mark.parametrize("base_url", WRONG_ADDRESSES)
def test_a_wrong_address_is_refused(base_url: str) -> None:
    with pytest.raises(Refused) as refusal:
        check(replace(SHOP, base_url=base_url), CHANNELS)
    assert (refusal.value.code, refusal.value.pointer) == ("validation_failed", "/base_url")


def test_every_setting_may_be_left_out_and_said() -> None:
    check(replace(SHOP, settings={}), CHANNELS)
    full = {"calls_per_second": 1000, "answer_ms_max": 100, "answer_bytes_max": 1024, "options": {"sign_method": "md5"}}
    check(replace(SHOP, settings=full), CHANNELS)


@pytest.mark.parametrize(("name", "value"), WRONG_SETTINGS)
def test_a_wrong_setting_is_named(name: str, value: object) -> None:
    with pytest.raises(Refused) as refusal:
        check(replace(SHOP, settings={name: value}), CHANNELS)
    assert (refusal.value.code, refusal.value.pointer) == ("validation_failed", f"/settings/{name}")


def test_a_channel_of_ones_own_says_what_it_speaks() -> None:
    own = replace(SHOP, channel="kiosk", settings={"protocol": "generic"})
    check(own, CHANNELS)
    for wrong, pointer in (
        (replace(own, settings={}), "/channel"),  # a typing error, most likely
        (replace(own, channel="Kiosk"), "/channel"),  # no mapping can be of it
        (replace(own, settings={"protocol": "taobao"}), "/settings/protocol"),
    ):
        with pytest.raises(Refused) as refusal:
            check(wrong, CHANNELS)
        assert refusal.value.pointer == pointer
