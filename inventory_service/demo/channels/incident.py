"""The incident in small: a shop's secret is changed, its orders pile up, an alarm names it, a new secret mends it."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from inventory_service.demo.channels import looking, seeding
from inventory_service.demo.channels.board import Board, Row
from inventory_service.demo.channels.scene import STRUCK
from inventory_service.demo.client import InventoryClient

BEGINS_AFTER_SHARE = 0.3  # of the sale
NOTICED_WITHIN_S = 90.0
READING_S = 8.0  # a person reads the alarm and copies the new secret
MENDED_WITHIN_S = 30.0
CAUGHT_UP_WITHIN_S = 60.0
LOOK_S = 0.3
RULE = "credential_invalid"


async def happen(client: InventoryClient, board: Board) -> None:
    """What does not come in time is missing on the board, and the proof says so."""
    platform = next(each for each in board.platforms if each.shop.name == STRUCK)
    await asyncio.sleep(board.options.seconds * BEGINS_AFTER_SHARE)
    board.phase = f"{platform.shop.short}: secret changed"
    await platform.change_secret()
    board.tell(f"{platform.shop.short} changes its secret: it refuses our calls now, and we its messages")
    board.alarm = await _alarm(client, NOTICED_WITHIN_S, _is_open)
    if board.alarm is None:
        return
    detail = board.alarm["detail"]
    board.tell(f"alarm {RULE}: {detail['reason']}, “{detail['said']}”; responsible: {detail['responsible']}")
    await asyncio.sleep(READING_S)
    waiting = board.figures(STRUCK)
    await seeding.set_credential(client, platform)
    missing = waiting.on_platform - waiting.arrived
    board.tell(f"the new secret is set over the API, nothing is restarted; {missing} orders wait at the platform")
    board.is_alarm_over = await _alarm(client, MENDED_WITHIN_S, partial(_is_over, board.alarm)) is not None
    board.phase = f"{platform.shop.short}: catching up"
    board.tell("the alarm is over")
    board.backfill = await run_through(client, board, STRUCK, "backfill", CAUGHT_UP_WITHIN_S)
    if board.backfill:
        counts = ", ".join(f"{board.backfill[name]} {name}" for name in ("new", "changed", "unchanged"))
        board.tell(f"backfill of the whole sale: {counts}")
    board.phase = "sale"


async def _alarm(client: InventoryClient, within_s: float, is_it: Callable[[Row], bool]) -> Row | None:
    give_up = time.monotonic() + within_s
    while time.monotonic() < give_up:
        for alarm in await looking.pages(client, "/v1/alerts?"):
            if is_it(alarm):
                return alarm
        await asyncio.sleep(LOOK_S)
    return None


def _is_open(alarm: Row) -> bool:
    return (alarm["rule"], alarm["cause"]) == (RULE, STRUCK) and alarm["state"] != "closed"


def _is_over(open_one: Row, alarm: Row) -> bool:
    return bool(alarm["alert_id"] == open_one["alert_id"] and alarm["state"] == "closed")


async def run_through(client: InventoryClient, board: Board, shop: str, kind: str, within_s: float) -> Row | None:
    """A backfill or a check over everything that was placed since the opening, once it is done."""
    window = {"from": _moment(board.started_ms / 1000), "to": _moment(time.time() + 60)}
    asked = await client.settle("run", "POST", f"/v1/channels/{shop}/{kind}", window)
    give_up = time.monotonic() + within_s
    while asked.status < 300 and time.monotonic() < give_up:
        path = f"/v1/channels/{shop}/{kind}/{asked.body[f'{kind}_id']}"
        told: Any = (await client.settle("run", "GET", path)).body
        if told.get("state") == "done":
            return dict(told)
        await asyncio.sleep(LOOK_S)
    return None


def _moment(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).isoformat()
