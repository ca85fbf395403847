"""Platforms are folders; a shop's configuration is checked when it is opened."""

from collections.abc import Mapping
from typing import Any

import pytest

from inventory_service.channels.registry import open_adapter, platforms
from inventory_service.channels.replays import Replays
from inventory_service.channels.shop import Shop
from inventory_service.domain.shops.credential import Credential
from inventory_service.usecases.sync.adapter import HasQueue, TakesPushes
from tests.channels.channel import Safe

NOBODY = Safe([])


def shop(platform: str = "taobao", url: str = "http://127.0.0.1:1", options: Mapping[str, str] | None = None) -> Shop:
    return Shop(name="shop-1", platform=platform, base_url=url, options=options or {})


def test_every_folder_with_an_adapter_is_a_platform() -> None:
    assert {"taobao", "douyin", "generic"} <= set(platforms())
    for name in platforms():
        adapter = open_adapter(shop(name), NOBODY)
        assert isinstance(adapter, (TakesPushes, HasQueue))
        assert adapter.window_ms_max > 0


@pytest.mark.parametrize("name", ["", "mapping", "registry", "../wms", "os"])
def test_anything_else_is_none(name: str) -> None:
    with pytest.raises(ValueError, match="is none of"):
        open_adapter(shop(name), NOBODY)


@pytest.mark.parametrize("name", ["taobao", "douyin"])
def test_a_signature_method_that_there_is_not(name: str) -> None:
    with pytest.raises(ValueError, match="sign_method"):
        open_adapter(shop(name, options={"sign_method": "sha1"}), NOBODY)


@pytest.mark.parametrize(
    "url", ["", "shop.example", "ftp://shop.example", "https://u:p@shop.example", "https://a/?b=c"]
)
def test_what_is_no_base_address(url: str) -> None:
    with pytest.raises(ValueError, match="base address"):
        shop(url=url)


@pytest.mark.parametrize("bound", ["calls_per_second", "answer_ms_max", "answer_bytes_max"])
def test_bounds_are_above_nothing(bound: str) -> None:
    bounds: dict[str, Any] = {bound: 0}
    with pytest.raises(ValueError, match="bound"):
        Shop(name="shop-1", platform="taobao", base_url="http://127.0.0.1:1", **bounds)


def test_a_credential_shows_no_secret() -> None:
    shown = repr(Credential(version=1, app_key="key", app_secret="one", access_token="two", refresh_token="three"))
    assert shown == "Credential(version=1, app_key='key', expires_ms=None, renewable_until_ms=None)"


def test_the_oldest_message_ids_are_forgotten() -> None:
    replays = Replays(ids_max=3)
    replays.remember(["a", "b"])
    replays.remember(["c", "d"])
    assert [name in replays for name in "abcd"] == [False, True, True, True]
