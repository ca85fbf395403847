"""The picture of the three shops fits a terminal of 80 by 24, whatever the numbers and the story are."""

import re
import time
from random import Random
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from inventory_service.demo.channels import view
from inventory_service.demo.channels.board import Board
from inventory_service.demo.channels.platforms import Platform
from inventory_service.demo.channels.scene import SHOPS, articles, hot_sku
from inventory_service.demo.channels.shoppers import Crowd, gather_crowd
from inventory_service.demo.options import CHANNEL_SALE

ROWS_MAX = 22
HOUR_MS = 3_600_000
ARTICLES = articles("1")
HOT = hot_sku("1")


@pytest.fixture
def board() -> Board:
    platforms: list[Any] = [type("Stand", (), {"shop": shop}) for shop in SHOPS]
    crowd = gather_crowd(90_000, len(SHOPS), ARTICLES, 45, Random(1))
    opened: list[Platform] = platforms
    return Board(CHANNEL_SALE, opened, ARTICLES, Crowd(crowd, opened), HOT, 0)


def drawn(board: Board) -> list[str]:
    console = Console(width=80)
    with console.capture() as captured:
        console.print(view.picture(board))
    return captured.get().splitlines()


def fill(board: Board) -> None:
    """Of each shop 1,000 orders there, 700 here, of which 400 are held and 300 have been told."""
    placed_ms = time.time_ns() // 1_000_000 - HOUR_MS
    board.stock = {HOT: {"committed": 60, "held": 20, "available": 40}}
    for shop in SHOPS:
        ids = [f"{shop.name}-{number}" for number in range(1000)]
        shown = {article.code: 99_999 for article in ARTICLES}
        board.books[shop.name] = {"orders": [{"order_id": key, "created_ms": placed_ms} for key in ids], "stock": shown}
        board.orders[shop.name] = [
            {"channel_order_id": key, "order_no": key, "reservation_id": key, "case": None, "fulfilment": "open"}
            for key in ids[:700]
        ]
        board.statuses |= dict.fromkeys(ids[:400], "held") | dict.fromkeys(ids[400:700], "confirmed")
        for key in ids[400:700]:
            position = len(board.entries)
            told = {"order_no": key, "warehouse": "SHA", "shop": shop.name, "kind": "ship", "position": position}
            board.entries.append(told)
            board.answered.add(position)


def test_it_fits_before_anything_is_known(board: Board) -> None:
    lines = drawn(board)
    assert len(lines) <= ROWS_MAX
    assert not any("…" in line for line in lines if "acknowledged" not in line)


def test_it_fits_with_large_numbers_and_a_long_story(board: Board) -> None:
    fill(board)
    for _ in range(9):
        board.tell("alarm; responsible: 王芳 Wang Fang, " * 9)
    lines = drawn(board)
    assert len(lines) <= ROWS_MAX
    assert {cell_len(line) for line in lines} == {80}
    assert not any("…" in line for line in lines if "acknowledged" not in line)
    assert re.search(r"arrived here +700 +700 +700 ", "\n".join(lines))
    assert re.search(r"acknowledged +300 +300 +300 ", "\n".join(lines))
    assert "▓ committed 60   ▒ held 20   ░ left 40" in lines[2]


def test_what_is_taken_back_is_not_told_any_more(board: Board) -> None:
    fill(board)
    told = board.figures(SHOPS[0].name).told
    board.entries.append({**board.entries[0], "kind": "cancel", "position": 10_000})
    assert board.figures(SHOPS[0].name).told == told - 1


def test_a_plain_line_says_who_is_behind(board: Board) -> None:
    fill(board)
    line = view.line(board)
    assert "left 40, held 20, committed 60; Tmall 700 of 1000, " in line
    assert " s behind; Douyin" in line
