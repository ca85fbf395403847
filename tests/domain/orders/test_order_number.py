"""The unified order number: it sorts, and no slip of a finger makes another one of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory_service.domain.orders.order_number import (
    ALPHABET,
    MADE_MS_END,
    RANDOM_END,
    is_order_number,
    order_number,
)

MADE_MS = 1_764_000_000_123
made = st.integers(0, MADE_MS_END - 1)
random = st.integers(0, RANDOM_END - 1)
numbers = st.builds(order_number, made, random)


def test_a_number_stays_what_it_was() -> None:
    assert order_number(MADE_MS, 123456789012) == "223JG2TBD4F38GT2W2"


@given(made, made, random, random)
def test_numbers_sort_by_when_they_were_made(one_ms: int, other_ms: int, one: int, other: int) -> None:
    assert (order_number(one_ms, one) < order_number(other_ms, other)) is ((one_ms, one) < (other_ms, other))


@given(numbers, st.integers(0, 17))
def test_every_single_wrong_character_is_caught(number: str, place: int) -> None:
    assert is_order_number(number)
    for character in {*ALPHABET, *"IiLlOoUuZz", number[place].lower(), " ", "０"} - {number[place]}:
        assert not is_order_number(number[:place] + character + number[place + 1 :])


@given(numbers)
def test_every_swap_of_two_characters_is_caught_neighbours_or_not(number: str) -> None:
    for first in range(len(number)):
        for second in range(first):
            swapped = list(number)
            swapped[first], swapped[second] = swapped[second], swapped[first]
            assert is_order_number("".join(swapped)) is (number[first] == number[second])


@given(numbers, st.integers(0, 17))
def test_a_character_too_few_or_too_many_is_caught(number: str, place: int) -> None:
    assert not is_order_number(number[:place] + number[place + 1 :])
    assert not is_order_number(number[:place] + number[place] + number[place:])


@pytest.mark.parametrize("text", ["", "\0" * 18, "订单号订单号订单号订单号订单号订单号", "x" * 10_000, "1" * 17 + "\n"])
def test_other_text_is_none(text: str) -> None:
    assert not is_order_number(text)


@pytest.mark.parametrize(("made_ms", "chance"), [(-1, 0), (0, -1), (MADE_MS_END, 0), (0, RANDOM_END)])
def test_what_does_not_fit_makes_no_number(made_ms: int, chance: int) -> None:
    with pytest.raises(ValueError, match="no order number"):
        order_number(made_ms, chance)
