"""Whatever a platform answers, or whoever answers in its place: a result or a ChannelError, and nothing else."""

import json
from contextlib import suppress

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from inventory_service.channels.calling import Answer
from inventory_service.channels.calls import Dialect
from inventory_service.channels.douyin import payload as douyin
from inventory_service.channels.generic import payload as generic
from inventory_service.channels.taobao import payload as taobao
from inventory_service.usecases.sync.adapter import ChannelError, NotUnderstood, StockLevel, Temporary
from inventory_service.usecases.sync.watermark import Window
from tests.channels.channel import Channel
from tests.simulators.clock import NOON_MS
from tests.simulators.platform import Simulator, json_response

LIST = "taobao.trades.sold.increment.get"
ROOT = "trades_sold_increment_get_response"
DIALECTS = [taobao.TopDialect("md5"), douyin.DouyinDialect("md5"), generic.GenericDialect()]
NAMES = [
    ROOT, "error_response", "code", "msg", "sub_code", "sub_msg", "data", "error", "message", "tid", "modified",
    "order_id", "update_time", "modified_at", "refund_id", "aftersale_info", "order_info", "aftersale_id",
    "shop_order_id", "total",
]  # fmt: skip

documents = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["", "7", "10000", "x", "2026-01-01 00:00:00"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: type(dialect).__name__)
@given(document=documents, status=st.sampled_from([200, 400, 401, 403, 404]))
def test_every_answer_is_a_result_or_an_error(dialect: Dialect, document: object, status: int) -> None:
    with suppress(ChannelError):
        dialect.result(Answer(LIST, status, json.dumps(document).encode(), NOON_MS))


@given(row=documents)
def test_every_row_is_an_order_or_not_understood(row: object) -> None:
    readers = [taobao.arrived, taobao.refund, taobao.queued_message, douyin.arrived, douyin.refund]
    for read in [*readers, generic.arrived, generic.refund]:
        with suppress(NotUnderstood):
            read(row)


WRONG = [
    [],
    {},
    {"code": 10000},
    {"code": "10000", "data": []},
    {"code": 10000, "data": {"shop_order_list": {}, "total": 1, "items": {}}},
    {"code": 10000, "data": {"shop_order_list": [], "total": "many", "items": []}},
    {ROOT: []},
    {ROOT: {"trades": [], "total_results": 1}},
    {ROOT: {"trades": {"trade": {}}, "total_results": 1}},
    {ROOT: {"total_results": None}},
    {ROOT: {"total_results": 3}},
    {ROOT: {"trades": [], "total_results": 0}},
    {"code": 10000, "data": {"shop_order_list": {}, "total": 0}},
    {"code": 10000, "data": {"shop_order_list": None, "total": 3}},
    {"data": []},
    {"data": {"orders": {}}},
    {"data": {"orders": [], "next_cursor": 5}},
]


@pytest.mark.parametrize("document", WRONG, ids=json.dumps)
async def test_an_answer_of_the_wrong_shape_is_told_and_nothing_moves(
    channel: Channel, monkeypatch: pytest.MonkeyPatch, document: object
) -> None:
    def answer(simulator: Simulator, request: web.Request, body: bytes) -> web.Response:
        return json_response(document)

    monkeypatch.setattr(type(channel.simulator), "answer", answer)
    before = channel.watermark
    with pytest.raises((NotUnderstood, Temporary)):
        _ = [page async for page in channel.adapter.orders(Window(NOON_MS - 60_000, NOON_MS))]
    with pytest.raises((NotUnderstood, Temporary)):
        await channel.adapter.order("1")
    assert channel.watermark == before


@pytest.mark.parametrize(
    "written", ["", "2026-01-01", "2026-01-01T04:00:00", "2026-01-01 12:00", "2026-13-01T04:00:00Z", "now", 1767240000]
)
def test_a_time_that_nobody_can_place_is_not_understood(written: object) -> None:
    for read in (generic.time_ms, taobao.time_ms):
        with pytest.raises(NotUnderstood, match="modified"):
            read(written, "modified")


def test_times_of_both_kinds() -> None:
    assert generic.time_ms("2026-01-01T04:00:00Z", "modified") == NOON_MS
    assert generic.time_ms("2026-01-01T12:00:00.250+08:00", "modified") == NOON_MS + 250
    assert taobao.time_ms("2026-01-01 12:00:00", "modified") == NOON_MS
    assert taobao.top_time(NOON_MS) == "2026-01-01 12:00:00"


@pytest.mark.parametrize("level", [StockLevel("", "", 1), StockLevel("x", "y", 1), StockLevel("1", "2", -1)])
async def test_a_level_that_cannot_be_written_is_told(channel: Channel, level: StockLevel) -> None:
    known = channel.simulator.book.stock.copy()
    refused = await channel.adapter.write_stock([level, StockLevel("520", "3", 3)])
    written = {("520", "3"): 3}
    if refused:
        assert [one.level for one in refused] == [level]
        assert channel.simulator.book.stock == known | written
