"""A shop on a marketplace, or one's own, as people register it, and what such a registration may not say."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import urlsplit

from inventory_service.domain.codes import CHANNEL_PATTERN
from inventory_service.domain.errors import Refused

PROTOCOL = "generic"  # what one's own shops speak
HOLD_SECONDS = 900
HOLD_SECONDS_MAX = 86_400
ADDRESS_CHARACTERS_MAX = 512
OPTIONS_MAX = 32
CALLS_PER_SECOND_MIN, CALLS_PER_SECOND_MAX = 0.001, 1000  # of 5e-324 the pause would be infinite
_TEXT_CHARACTERS_MAX = 128


@dataclass(frozen=True, slots=True)
class Shop:
    """`responsible`: the person who is called when it fails. `hold_seconds`: how long an unpaid order keeps its stock.

    `enabled` False: nobody calls it. `paused_reason`: why the service itself does not, "": it does; then
    `paused_version` is the credential's that was the newest.
    """

    shop: str
    channel: str
    title: str
    responsible: str
    base_url: str
    hold_seconds: int = HOLD_SECONDS
    settings: Mapping[str, object] = field(default_factory=dict)
    enabled: bool = True
    paused_reason: str = ""
    paused_version: int = 0


def check(shop: Shop, channels: Collection[str]) -> None:
    """`channels`: those that there are. Raises Refused (`validation_failed`) with the pointer of what cannot be."""
    _check_channel(shop, channels)
    _check_address(shop.base_url)
    for name, value in shop.settings.items():
        if name not in _SETTINGS:
            raise _no(f"/settings/{name}", f"There is no setting {name}: there are {', '.join(_SETTINGS)}.")
        if not _fits(name, value):
            raise _no(f"/settings/{name}", f"Expected {_SETTINGS[name]}.")


_SETTINGS = {
    "calls_per_second": f"a number, {CALLS_PER_SECOND_MIN:g} to {CALLS_PER_SECOND_MAX}",
    "answer_ms_max": "whole milliseconds, 100 to 60000",
    "answer_bytes_max": "whole bytes, 1024 to 67108864",
    "protocol": f"`{PROTOCOL}`",
    "options": f"at most {OPTIONS_MAX} texts of at most {_TEXT_CHARACTERS_MAX} characters, by name",
}


def _fits(name: str, value: object) -> bool:
    match name:
        case "calls_per_second":
            return (
                isinstance(value, int | float)
                and not isinstance(value, bool)
                and CALLS_PER_SECOND_MIN <= value <= CALLS_PER_SECOND_MAX
            )
        case "answer_ms_max":
            return _is_whole(value, 100, 60_000)
        case "answer_bytes_max":
            return _is_whole(value, 1024, 64 * 1024 * 1024)
        case "protocol":
            return value == PROTOCOL
    return (
        isinstance(value, Mapping)
        and len(value) <= OPTIONS_MAX
        and all(isinstance(text, str) and len(text) <= _TEXT_CHARACTERS_MAX for text in (*value, *value.values()))
    )


def _is_whole(value: object, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _check_channel(shop: Shop, channels: Collection[str]) -> None:
    """A channel that is none of ours has to say what it speaks: then it is meant, and no typing error."""
    has_protocol = "protocol" in shop.settings
    if shop.channel in channels:
        if has_protocol:
            raise _no("/settings/protocol", f"{shop.channel} speaks what it speaks: only a channel of one's own says.")
    elif not has_protocol:
        known = ", ".join(sorted(channels))
        own = f"one of your own says `protocol` `{PROTOCOL}` in its settings"
        raise _no("/channel", f"There is no channel {shop.channel}: there are {known}; {own}.")
    elif not re.match(CHANNEL_PATTERN, shop.channel):
        raise _no("/channel", "A channel's name is a lower-case letter, then up to 31 of a-z 0-9 _ -.")


def _check_address(base_url: str) -> None:
    """What is sent there carries tokens: in the clear it may go no further than this machine."""
    try:
        parts = urlsplit(base_url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise _no("/base_url", "Expected an address such as https://host/path.") from None
    if parts.scheme not in ("https", "http") or not host or "@" in parts.netloc or "?" in base_url or "#" in base_url:
        raise _no("/base_url", "Expected an address such as https://host/path, without user and query.")
    if parts.scheme == "http" and not _is_here(host):
        raise _no("/base_url", "Expected https: only this machine is called without.")


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _no(pointer: str, detail: str) -> Refused:
    return Refused("validation_failed", detail, pointer)
