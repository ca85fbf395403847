"""The picture fits a terminal of 80 by 24, whatever the numbers are."""

from random import Random

import pytest
from rich.console import Console

from inventory_service.demo import view
from inventory_service.demo.client import Pulse
from inventory_service.demo.crowd import gather_crowd, regions
from inventory_service.demo.options import DemoOptions
from inventory_service.demo.sale import Board
from inventory_service.demo.scene import spread, warehouses
from inventory_service.domain.places.units import PROVINCES
from tests.demo.story import HOT, agreed, promised

UNITS = 100_000


@pytest.fixture
def board() -> Board:
    crowd = gather_crowd(3000, HOT, 12, Random(1))
    board = Board(DemoOptions(units=UNITS), HOT, crowd, Pulse())
    board.arrived = len(crowd)
    for number, province in enumerate(PROVINCES):
        promise = promised(board.book, f"order-{number}", {HOT: 9999})
        promise.region = province.code
        board.book.heard(promise, "confirm", agreed(promise, "confirmed"))
    for _ in range(19_998):
        board.pulse.record("reserve", 201, 1234.5)
    return board


def drawn(board: Board) -> list[str]:
    console = Console(width=80)
    with console.capture() as captured:
        console.print(view.picture(board))
    return captured.get().splitlines()


def test_it_fits_before_the_first_answer(board: Board) -> None:
    lines = drawn(board)
    assert len(lines) <= 21
    assert not any("…" in line for line in lines)


def test_it_fits_with_large_numbers(board: Board) -> None:
    counters = {"available": 26_000, "held": 26_000, "committed": 26_000}
    board.stock = {
        "on_hand": 70_000,
        "held": 30_000,
        "committed": 20_000,
        "available": 20_000,
        "warehouses": [{"warehouse": code, **counters} for code in warehouses()],
    }
    lines = drawn(board)
    assert len(lines) <= 21
    assert not any("…" in line for line in lines)
    assert "█ shipped 30,000   ▓ paid 20,000   ▒ held 30,000   ░ left 20,000" in lines[2]


def test_a_plain_line_says_it_all(board: Board) -> None:
    board.stock = {"on_hand": 99_000, "held": 500, "committed": 300, "available": 98_200, "warehouses": []}
    line = view.line(board)
    assert "left 98,200, held 500, paid 300, shipped 1,000, expired 0;" in line
    assert line.endswith("/s, p99 1234 ms")


def test_the_crowd_comes_from_everywhere() -> None:
    crowd = gather_crowd(200, HOT, 5, Random(2))
    assert regions(crowd) == len(PROVINCES)
    assert all(0 <= shopper.arrives_s <= 5 for shopper in crowd)


@pytest.mark.parametrize("units", [0, 1, 7, 99, 1000, 12_345])
def test_every_unit_finds_a_warehouse(units: int) -> None:
    assert sum(spread(units).values()) == units
