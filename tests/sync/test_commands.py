"""What the command line does: a range is asked for, and its progress shown while a hub is at work."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from inventory_service.bootstrap import sync_commands
from inventory_service.cli import sync as cli
from inventory_service.domain.errors import Refused
from inventory_service.ledger.turn import HUB, WORKER, Turn, is_taken
from inventory_service.settings import Settings
from inventory_service.usecases.sync.ports import RunKind
from inventory_service.usecases.sync.runs import Report
from tests.channels.channel import HOUR_MS
from tests.sync.house import House

WAIT_S = 30.0  # for what must not wait at all


@pytest.fixture
def settings(shop: House, database_url: str, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Of a service that knows the shop of the test."""
    monkeypatch.setattr(sync_commands, "shop_parts", lambda *_: SimpleNamespace(registry=shop.shops))
    monkeypatch.setattr(sync_commands, "LOOK_S", 0.0)
    return Settings(redis_url=redis_url, database_url=database_url)


@pytest.fixture
async def hub_at_work(database_url: str) -> AsyncIterator[None]:
    turn = Turn(database_url, HUB)
    await turn.take()
    yield
    await turn.give_back()


async def test_without_a_hub_a_range_is_asked_for_and_left_to_it(shop: House, settings: Settings) -> None:
    now_ms = shop.clock.now_ms()
    arguments = (settings, RunKind.BACKFILL, "tees", now_ms - HOUR_MS, now_ms)
    gone = await sync_commands.go_through(*arguments, lambda _: None)
    assert gone.report.run.ended_ms == 0
    assert "No hub is at work" in gone.stopped_by
    assert (await shop.run_book.due("tees", now_ms + HOUR_MS * 24 * 3650)) is not None


async def test_progress_is_shown_until_it_is_done(shop: House, settings: Settings, hub_at_work: None) -> None:
    shop.simulator.book.place_many(20, 9 * HOUR_MS, HOUR_MS)
    now_ms = shop.clock.now_ms()
    shown: list[float] = []
    working = shop.working()
    steps: set[asyncio.Task[float]] = set()

    def show(report: Report) -> None:
        shown.append(report.run.share_done)
        shop.clock.time_ms = report.run.requested_ms
        if not any(not step.done() for step in steps):
            steps.add(asyncio.create_task(working.run_once()))

    arguments = (settings, RunKind.BACKFILL, "tees", now_ms - 10 * HOUR_MS, now_ms)
    report, stopped_by = await sync_commands.go_through(*arguments, show)
    await asyncio.gather(*steps)
    assert stopped_by == ""
    assert report.counts == {"new": 20}
    assert shown == sorted(shown)
    assert len(set(shown)) > 3


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"enabled": False}, "`channels shops change tees --enable`"),
        ({"paused_reason": "credential_invalid"}, "`channels test tees`"),
    ],
)
async def test_nobody_waits_for_a_shop_that_is_not_called(
    shop: House, settings: Settings, hub_at_work: None, changed: dict[str, Any], told: str
) -> None:
    shop.shops.shops["tees"] = replace(shop.registered, **changed)
    now_ms = shop.clock.now_ms()
    arguments = (settings, RunKind.CHECK, "tees", now_ms - HOUR_MS, now_ms)
    gone = await asyncio.wait_for(sync_commands.go_through(*arguments, lambda _: None), WAIT_S)
    assert told in gone.stopped_by
    assert gone.report.run.ended_ms == 0


async def test_nobody_waits_for_a_shop_without_a_credential(shop: House, settings: Settings, hub_at_work: None) -> None:
    await shop.pool.execute("DELETE FROM shop_credentials")
    now_ms = shop.clock.now_ms()
    arguments = (settings, RunKind.BACKFILL, "tees", now_ms - HOUR_MS, now_ms)
    gone = await asyncio.wait_for(sync_commands.go_through(*arguments, lambda _: None), WAIT_S)
    assert "`channels credentials set tees`" in gone.stopped_by


async def test_a_shop_that_is_unknown_is_refused(settings: Settings) -> None:
    with pytest.raises(Refused):
        await sync_commands.go_through(settings, RunKind.CHECK, "mugs", 0, 1, lambda _: None)


async def test_where_shops_stand_is_told_without_a_hub(shop: House, settings: Settings) -> None:
    (standing,) = await sync_commands.status(settings)
    assert standing.shop.shop == "tees"
    assert standing.progress is not None


async def test_whose_turn_it_is_can_be_seen(shop: House, hub_at_work: None) -> None:
    assert await is_taken(shop.pool, HUB)
    assert not await is_taken(shop.pool, WORKER)


@pytest.mark.parametrize(
    ("text", "hour"), [("2026-11-11T08:00+08:00", 0), ("2026-11-11T08:00Z", 8), ("2026-11-11T08:00:00.5+00:00", 8)]
)
def test_times_may_have_an_offset(text: str, hour: int) -> None:
    assert datetime.fromtimestamp(cli._instant_ms(text) / 1000, UTC).hour == hour


@pytest.mark.parametrize("text", ["yesterday", "", "2026-13-01", "9999999-01-01"])
def test_what_is_no_time_is_refused(text: str) -> None:
    import typer

    with pytest.raises(typer.BadParameter):
        cli._instant_ms(text)


def test_a_report_is_printed_for_people_and_programs(capsys: pytest.CaptureFixture[str]) -> None:
    from inventory_service.cli.output import print_json
    from inventory_service.usecases.sync.ports import Run, RunOrder
    from inventory_service.web.schemas.sync import backfill_view

    run = Run("7", "tees", RunKind.BACKFILL, 0, 10_000, 5_000, 1, "too many calls", "desk", 1, 0, {})
    report = Report(run, {"new": 2, "failed": 1}, [RunOrder("o1", "new")], {"c": ["o1"]})
    show = cli._showing()
    show(report)
    show(report)  # nothing new
    assert capsys.readouterr().err == " 50% 1 failed, 2 new too many calls\n"
    cli._print_counts(report)
    assert "backfill" in capsys.readouterr().out
    print_json(backfill_view(report))
    assert json.loads(capsys.readouterr().out)["customers"] == [{"customer": "c", "channel_order_ids": ["o1"]}]
