"""Robots and webhook against servers that verify, count and refuse by rules of their own."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest

from inventory_service.alerts import dingtalk, feishu, posting
from inventory_service.alerts.dingtalk import DingtalkRobot, DingtalkSettings
from inventory_service.alerts.feishu import FeishuRobot, FeishuSettings
from inventory_service.alerts.text import text
from inventory_service.alerts.webhook import Webhook, WebhookSettings
from inventory_service.alerts.wecom import WecomRobot, WecomSettings
from inventory_service.domain.notices import Step
from inventory_service.usecases.notice_ports import Sink, SinkFailed
from tests.alerts.robots import (
    DINGTALK_SECRET,
    DINGTALK_TOKEN,
    FEISHU_SECRET,
    FEISHU_TOKEN,
    WECOM_KEY,
    WHSEC,
    Robots,
)
from tests.alerts.written import LONG, notice

ZONE = ZoneInfo("Asia/Shanghai")
TURNS = 50


def wecom(url: str, **changed: Any) -> Sink:
    return WecomRobot(WecomSettings(**{"key": WECOM_KEY, "base_url": url} | changed), ZONE)


def ding(url: str, **changed: Any) -> Sink:
    settings = {"token": DINGTALK_TOKEN, "secret": DINGTALK_SECRET, "base_url": url} | changed
    return DingtalkRobot(DingtalkSettings(**settings), ZONE)


def fei(url: str, **changed: Any) -> Sink:
    settings = {"token": FEISHU_TOKEN, "secret": FEISHU_SECRET, "base_url": url} | changed
    return FeishuRobot(FeishuSettings(**settings), ZONE)


def hook(url: str, **changed: Any) -> Sink:
    return Webhook(WebhookSettings(**{"url": f"{url}/hook", "secret": WHSEC} | changed), ZONE)


Make = Callable[..., Sink]
ROBOTS: dict[str, Make] = {"wecom": wecom, "dingtalk": ding, "feishu": fei}
ALL: dict[str, Make] = {**ROBOTS, "webhook": hook}


async def sent(sink: Sink, *notices: Any) -> str:
    try:
        answers = [await sink.send(each) for each in notices]
    finally:
        await sink.close()
    return answers[-1]


async def refused(sink: Sink, *notices: Any) -> SinkFailed:
    with pytest.raises(SinkFailed) as caught:
        await sent(sink, *notices)
    return caught.value


def test_the_vectors_of_the_platforms() -> None:
    signed = dingtalk.signature("this is secret", 1767240000000)
    assert signed == "v454PPpeqGqtd59tk4GqXJ3j3TAO/kTC74IqHH7L6NI="
    assert quote(signed, safe="") == "v454PPpeqGqtd59tk4GqXJ3j3TAO%2FkTC74IqHH7L6NI%3D"
    assert feishu.signature("demo", 1599360473) == "l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8="


@pytest.mark.parametrize("name", ROBOTS)
async def test_a_robot_takes_what_it_is_sent(robots: Robots, name: str) -> None:
    answer = await sent(ROBOTS[name](robots.url), notice())
    assert "0" in answer
    (told,) = robots.texts[name]
    assert text(notice(), "both", ZONE) in told
    assert robots.refused == []


@pytest.mark.parametrize("name", ROBOTS)
async def test_the_longest_message_fits(robots: Robots, name: str) -> None:
    await sent(ROBOTS[name](robots.url), LONG)
    assert len(robots.texts[name]) == 1


async def test_the_responsible_person_is_called_until_it_is_over(robots: Robots) -> None:
    await sent(wecom(robots.url), notice(), notice(step=Step.OVER))
    called = [body["text"].get("mentioned_mobile_list") for body in robots.bodies["wecom"]]
    assert called == [["13800000000"], None]
    await sent(ding(robots.url), notice(), notice(step=Step.OVER))
    assert [body["at"]["atMobiles"] for body in robots.bodies["dingtalk"]] == [["13800000000"], []]


WRONG = [
    ("wecom", {"key": "not-the-key"}, 93000),
    ("dingtalk", {"token": "not-the-token"}, 300001),
    ("dingtalk", {"secret": "not-the-secret"}, 310000),
    ("feishu", {"token": "not-the-token"}, 19001),
    ("feishu", {"secret": "not-the-secret"}, 19021),
]


@pytest.mark.parametrize(("name", "changed", "code"), WRONG)
async def test_a_wrong_key_is_a_failure_and_stays_secret(
    robots: Robots, name: str, changed: dict[str, str], code: int
) -> None:
    error = await refused(ROBOTS[name](robots.url, **changed), notice())
    assert robots.refused == [code]
    assert str(code) in str(error)
    assert error.wait_ms == 0
    assert "not-the" not in str(error)  # wecom's robot tells the key in its answer


@pytest.mark.parametrize(
    ("name", "code", "wait_s"), [("wecom", 45009, 60), ("dingtalk", 130101, 600), ("feishu", 11232, 60)]
)
async def test_a_robot_that_has_enough_is_left_alone(robots: Robots, name: str, code: int, wait_s: int) -> None:
    robots.per_minute = 1
    error = await refused(ROBOTS[name](robots.url), notice(), notice())
    assert (robots.refused, error.wait_ms) == ([code], wait_s * 1000)
    robots.per_minute = 0
    assert (await refused(ROBOTS[name](robots.url, busy_codes={code: 7}), notice())).wait_ms == 7_000
    assert (await refused(ROBOTS[name](robots.url, busy_codes={}), notice())).wait_ms == 0


@pytest.mark.parametrize("name", ALL)
async def test_what_stands_in_between_is_no_robot(robots: Robots, name: str) -> None:
    robots.status = 502
    assert "status 502" in str(await refused(ALL[name](robots.url), notice()))
    robots.status = 429
    assert (await refused(ALL[name](robots.url), notice())).wait_ms == posting.BUSY_WAIT_MS


PAGES = [
    (200, b"<html>log in first</html>"), (200, b""), (200, b"[]"), (200, b'{"ok":true}'),
    (200, b'{"errcode":"0","code":"0"}'), (502, b'{"errcode":0,"code":0}'),
]  # fmt: skip


@pytest.mark.parametrize(("status", "page"), PAGES)
@pytest.mark.parametrize("name", ROBOTS)
async def test_only_200_with_the_code_0_is_success(robots: Robots, name: str, status: int, page: bytes) -> None:
    robots.status, robots.page, robots.intercepted = status, page, True
    assert f"status {status}" in str(await refused(ROBOTS[name](robots.url), notice()))


@pytest.mark.parametrize("name", ALL)
async def test_a_place_where_nobody_listens_is_told_without_the_key(name: str) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        error = await refused(ALL[name](f"http://127.0.0.1:{unused.getsockname()[1]}"), notice())
    for secret in (WECOM_KEY, DINGTALK_TOKEN, DINGTALK_SECRET, FEISHU_TOKEN, FEISHU_SECRET, WHSEC):
        assert secret not in str(error)
    assert error.__cause__ is None
    assert error.__suppress_context__


async def test_a_webhook_is_signed_and_a_repeat_is_the_same_message(robots: Robots) -> None:
    assert await sent(hook(robots.url), notice(), notice()) == 'status 202: {"taken": true}'
    assert robots.webhook_ids == ["ntc_7", "ntc_7"]
    first, second = robots.bodies["webhook"]
    assert first == second
    assert first["type"] == "alarm.opened"
    assert first["timestamp"] == "2026-11-06T16:01:00.000Z"
    assert (first["data"]["total"], first["data"]["responsible"]) == (327, "Li Na")
    assert first["data"]["named"][0] == {"where": "TEE-RED-S SHA", "since": "2026-11-06T16:00:00.000Z", "deficit": 2}
    assert first["data"]["text"]["zh"] == text(notice(), "zh", ZONE)


async def test_a_webhook_whose_receiver_has_another_secret_fails(robots: Robots) -> None:
    error = await refused(hook(robots.url, secret="whsec_AAAA"), notice())
    assert str(error) == 'status 401: {"error": "no such signature"}'


@asynccontextmanager
async def in_pieces(*pieces: bytes) -> AsyncIterator[str]:
    """Something that answers every call with these bytes. Each piece leaves once the one before was read."""
    serving: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            await reader.readuntil(b"\r\n\r\n")
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
                for _ in range(TURNS):  # of the one event loop that both sides share
                    await asyncio.sleep(0)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.add(asyncio.ensure_future(serve(reader, writer)))

    async with await asyncio.start_server(begin, "127.0.0.1", 0) as server:
        try:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        finally:
            await asyncio.gather(*serving)


@pytest.mark.parametrize("name", ROBOTS)
async def test_an_answer_that_comes_in_pieces_is_read_to_its_end(name: str) -> None:
    """Read by half, it is no success: the group would be told the same again and again."""
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    parts = [b'{"errcode":0,"code":0', b',"errmsg":"ok"}', b""]
    async with in_pieces(head, *(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)) as url:
        assert '"errmsg":"ok"' in await sent(ROBOTS[name](url), notice())


@pytest.mark.parametrize("name", ROBOTS)
async def test_an_answer_that_never_ends_or_nests_without_end_is_a_failure(name: str) -> None:
    endless = b"HTTP/1.1 200 OK\r\n\r\n" + b" " * (2 * posting.ANSWER_MAX)
    async with in_pieces(endless) as url:
        assert "status 200" in str(await refused(ROBOTS[name](url), notice()))
    deep = b'HTTP/1.1 200 OK\r\n\r\n{"errcode":' + b"[" * 30_000
    async with in_pieces(deep) as url:
        assert "status 200" in str(await refused(ROBOTS[name](url), notice()))


async def test_the_address_of_a_webhook_is_not_told_where_its_answer_is_none() -> None:
    """Receivers hide tokens in paths and queries, and what failed is logged, kept and shown."""
    async with in_pieces(b"no HTTP at all\r\n\r\n") as url:
        for place in ("/services/T0KEN-in-path", "/?t=T0KEN-in-query", "?t=T0KEN-in-query"):
            settings = WebhookSettings(url=f"{url}{place}", secret=WHSEC)
            assert "T0KEN" not in str(await refused(Webhook(settings, ZONE), notice()))
    async with in_pieces(b"HTTP/1.1 404 no\r\n\r\nno route for /services/T0KEN-in-path") as url:
        settings = WebhookSettings(url=f"{url}/services/T0KEN-in-path", secret=WHSEC)
        assert str(await refused(Webhook(settings, ZONE), notice())) == "status 404: no route for ***"
