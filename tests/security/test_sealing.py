"""Nothing sealed is opened for another place, altered, or without its key."""

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory_service.sealing import NotOpened, Sealer, parse_keys, version_of

FIRST, SECOND = bytes(range(32)), bytes(reversed(range(32)))


@given(st.binary(max_size=300), st.text(max_size=40))
def test_what_is_sealed_opens_in_its_place(content: bytes, about: str) -> None:
    sealed = Sealer({1: FIRST}).seal(content, about)
    assert Sealer({1: FIRST, 2: SECOND}).open(sealed, about) == content
    assert len(content) < 8 or content not in sealed


def test_the_newest_key_seals_and_older_ones_still_open() -> None:
    old, both = Sealer({1: FIRST}), Sealer({2: SECOND, 1: FIRST})
    assert version_of(both.seal(b"x", "a")) == 2
    assert both.open(old.seal(b"x", "a"), "a") == b"x"
    assert both.seal(b"x", "a") != both.seal(b"x", "a")


@pytest.mark.parametrize("place", range(30))
def test_an_altered_byte_is_noticed(place: int) -> None:
    sealer = Sealer({1: FIRST})
    sealed = bytearray(sealer.seal(b"secret", "shop 1"))
    sealed[place % len(sealed)] ^= 1
    with pytest.raises(NotOpened):
        sealer.open(bytes(sealed), "shop 1")


def test_another_place_another_key_and_nothing_at_all() -> None:
    sealer = Sealer({1: FIRST})
    sealed = sealer.seal(b"secret", "shop 1")
    for opener, kept, about in (
        (sealer, sealed, "shop 2"),
        (Sealer({1: SECOND}), sealed, "shop 1"),
        (Sealer({2: FIRST}), sealed, "shop 1"),
        (sealer, b"", "shop 1"),
        (sealer, sealed[:10], "shop 1"),
    ):
        with pytest.raises(NotOpened):
            opener.open(kept, about)


def test_keys_as_they_stand_in_the_environment() -> None:
    text = f"1:{b64encode(FIRST).decode()}, 2:{b64encode(SECOND).decode()}"
    assert parse_keys(text) == {1: FIRST, 2: SECOND}
    assert parse_keys("") == {}
    for wrong in ("x", "1:###", "one:" + b64encode(FIRST).decode()):
        with pytest.raises(ValueError, match="written 1:") as told:
            parse_keys(wrong)
        assert wrong not in str(told.value)
    for keys in ({}, {0: FIRST}, {256: FIRST}, {1: b"short"}):
        with pytest.raises(ValueError, match="sealing key"):
            Sealer(keys)
