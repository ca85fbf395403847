"""What an id is recognised by must not change from one release to the next."""

import re
from unittest.mock import patch

import pytest

from inventory_service.domain import ids

CONTENT = {"lines": [["A", 2]], "ship_to": {"city": "上海市", "lat": 31.23}, "allow_partial": False}


def test_a_fingerprint_stays_what_it_was() -> None:
    assert ids.fingerprint(CONTENT) == "zoKADvYx_Pj-gEG0CXtPeA"


def test_a_fingerprint_does_not_know_the_order_of_fields() -> None:
    assert ids.fingerprint(dict(reversed(CONTENT.items()))) == ids.fingerprint(CONTENT)


@pytest.mark.parametrize(
    "other",
    [
        {**CONTENT, "lines": [["A", 3]]},
        {**CONTENT, "allow_partial": True},
        {name: value for name, value in CONTENT.items() if name != "allow_partial"},  # a default is not filled in
        {**CONTENT, "channel": ""},
    ],
)
def test_other_content_has_another_fingerprint(other: dict[str, object]) -> None:
    assert ids.fingerprint(other) != ids.fingerprint(CONTENT)


def test_digests_keep_kinds_and_parts_apart() -> None:
    parts = [("scan", "a", "b"), ("movement", "a", "b"), ("scan", "ab", ""), ("scan", "b", "a"), ("scan", "a")]
    digests = {ids.digest(*part) for part in parts}
    assert len(digests) == len(parts)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{11}", digest) for digest in digests)
    assert ids.digest("reservation", "order-1001") == "EWXzHqu0epA"


def test_made_ids_sort_by_time() -> None:
    made = []
    for moment_ns in range(1_700_000_000_000_000_000, 1_700_000_001_000_000_000, 100_000_000):
        with patch("time.time_ns", return_value=moment_ns):
            made.append(ids.new_id("op"))
    assert made == sorted(made)
    assert all(re.fullmatch(r"op_[0-9a-f]{28}", identifier) for identifier in made)


def test_an_idempotency_key_names_one_reservation_per_client() -> None:
    named = ids.reservation_id_from_key("shop", "key 1")
    assert named == ids.reservation_id_from_key("shop", "key 1")
    assert named not in (ids.reservation_id_from_key("shop", "key 2"), ids.reservation_id_from_key("other", "key 1"))
    assert re.fullmatch(r"rsv_[0-9a-v]{24}", named)


def test_operations_are_told_apart_in_few_characters() -> None:
    made = {ids.operation_id() for _ in range(10_000)}
    assert len(made) == 10_000
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{11}", identifier) for identifier in made)
