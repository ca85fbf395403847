"""Pages from the back, and windows that are too full."""

import pytest
from aiohttp import web

from inventory_service.channels import paging
from inventory_service.channels.douyin import adapter as douyin
from inventory_service.channels.generic import adapter as generic
from inventory_service.channels.paging import Page
from inventory_service.usecases.sync.adapter import NotUnderstood
from inventory_service.usecases.sync.watermark import Window
from tests.channels.channel import HOUR_MS, Channel, opened
from tests.simulators.douyin import DouyinSimulator
from tests.simulators.platform import json_response


async def read(rows: list[int], window: Window, rows_max: int, asked: list[tuple[Window, int]]) -> list[int]:
    """Of rows that are times in milliseconds, ten to a page."""

    async def page_of(within: Window, number: int) -> Page:
        asked.append((within, number))
        found = [row for row in rows if within.start_ms <= row <= within.end_ms]
        return Page(found[number * 10 : number * 10 + 10], len(found))

    return [int(str(row)) async for page in paging.backwards(page_of, window, 10, rows_max) for row in page]


@pytest.mark.parametrize(("count", "calls"), [(0, 1), (1, 1), (10, 1), (11, 3), (95, 11)])
async def test_each_page_is_read_and_the_first_one_twice(count: int, calls: int) -> None:
    asked: list[tuple[Window, int]] = []
    rows = list(range(count))
    assert sorted(await read(rows, Window(0, 1000), 100, asked)) == rows
    assert len(asked) == calls
    numbers = [number for _, number in asked]
    assert numbers[1:] == sorted(numbers[1:], reverse=True)


async def test_a_full_window_is_narrowed_and_no_row_is_lost() -> None:
    rows = [number * 100 for number in range(600)]
    asked: list[tuple[Window, int]] = []
    found = await read(rows, Window(0, 60_000), 100, asked)
    assert set(found) == set(rows)
    assert max(number for _, number in asked) < 10


async def test_more_in_one_second_than_can_be_paged_is_told() -> None:
    with pytest.raises(NotUnderstood, match="within one second"):
        await read([1500] * 101, Window(0, 60_000), 100, [])


async def test_douyin_narrows_the_window_before_the_platform_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(douyin, "ROWS_MAX", 290)
    async with opened("douyin") as channel:
        simulator = channel.simulator
        assert isinstance(simulator, DouyinSimulator)
        simulator.rows_max = 300
        placed = simulator.book.place_many(700, HOUR_MS - 60_000, 120_000)
        await channel.poll()
        assert channel.kept.keys() == {order.order_id for order in placed}


@pytest.mark.parametrize("cursors", [["same"] * 3, [str(number) for number in range(20)]])
async def test_a_cursor_without_end_is_told(monkeypatch: pytest.MonkeyPatch, cursors: list[str]) -> None:
    monkeypatch.setattr(generic, "PAGES_MAX", 10)
    async with opened("generic") as channel:
        following = iter(cursors)

        def answer(request: web.Request, body: bytes) -> web.Response:
            return json_response({"data": {"orders": [], "next_cursor": next(following)}})

        monkeypatch.setattr(channel.simulator, "answer", answer)
        with pytest.raises(NotUnderstood, match=r"stands still|more than"):
            _ = [page async for page in channel.adapter.orders(Window(0, 1000))]
        assert next(following)


async def test_the_caps_of_the_platforms(channel: Channel) -> None:
    """Taobao: half an hour, the total asked for; Douyin: pages from 0, below 10,000 rows."""
    channel.simulator.book.place_many(120, HOUR_MS - 60_000, 120_000)
    await channel.poll()
    lists = [called.parameters for called in channel.simulator.called if "page_no" in called.parameters]
    if channel.simulator.name == "taobao":
        assert {given["use_has_next"] for given in lists} == {"false"}
        assert channel.adapter.window_ms_max == 30 * 60 * 1000
    assert douyin.ROWS_MAX + douyin.PAGE_SIZE <= 10_000
