"""Asks the service, once everything is over, what it knows of all that happened."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from inventory_service.demo.client import InventoryClient
from inventory_service.demo.told import Bookkeeping
from inventory_service.outside.answer import Answer

PAGE = 100
PAGES_MAX = 1000
LEDGER_TIMEOUT_S = 30.0
COUNTERS = ("on_hand", "held", "committed", "unavailable", "incoming")

Counters = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Statement:
    """What the service says once everything is over.

    `statuses`: of every reservation that was asked for, "absent" for a 404. `quantities`: its units of the hot SKU.
    Stock is by SKU; `hot` is read from Redis, `ledger` is the list that Postgres answers.
    """

    statuses: Mapping[str, str]
    quantities: Mapping[str, int]
    before: Mapping[str, Counters]
    redis: Mapping[str, Counters]
    ledger: Mapping[str, Counters]
    verify_exit_code: int
    verify_output: str


async def take_stock(client: InventoryClient, skus: Sequence[str]) -> dict[str, Counters]:
    """Each SKU's totals, asked one by one."""
    answers = await asyncio.gather(*(client.settle("stock", "GET", f"/v1/stock/{sku}") for sku in skus))
    return {sku: _counters(answer.body) for sku, answer in zip(skus, answers, strict=True)}


async def take_listed_stock(client: InventoryClient) -> dict[str, Counters]:
    """Every SKU's totals as the list tells them, page by page."""
    listed: dict[str, Counters] = {}
    cursor = ""
    for _ in range(PAGES_MAX):
        after = f"&cursor={quote(cursor, safe='')}" if cursor else ""
        answer = await client.settle("list", "GET", f"/v1/stock?limit={PAGE}{after}")
        listed |= {row["sku"]: _counters(row) for row in answer.body.get("data", [])}
        cursor = answer.body.get("next_cursor") or ""
        if not cursor:
            break
    return listed


async def take_settled_stock(client: InventoryClient, redis: Mapping[str, Counters]) -> dict[str, Counters]:
    """The listed stock of the SKUs in `redis`, once it agrees with them or time is up."""
    listed: dict[str, Counters] = {}
    try:
        async with asyncio.timeout(LEDGER_TIMEOUT_S):
            while True:
                every_sku = await take_listed_stock(client)
                listed = {sku: every_sku.get(sku, {}) for sku in redis}
                if listed == redis:
                    break
                await asyncio.sleep(0.2)
    except TimeoutError:
        pass
    return listed


async def take_statuses(
    client: InventoryClient, book: Bookkeeping, hot_sku: str
) -> tuple[dict[str, str], dict[str, int]]:
    """Of every reservation that was ever asked for: its status, and its units of the hot SKU."""
    names = list(book.promises)
    answers = await asyncio.gather(*(client.settle("read", "GET", f"/v1/reservations/{name}") for name in names))
    statuses = {name: _status(answer) for name, answer in zip(names, answers, strict=True)}
    quantities = {
        name: sum(line["quantity"] for line in answer.body.get("lines", ()) if line["sku"] == hot_sku)
        for name, answer in zip(names, answers, strict=True)
    }
    return statuses, quantities


def _status(answer: Answer) -> str:
    if answer.status == 404:
        return "absent"
    return str(answer.body.get("status")) if answer.status == 200 else f"{answer.status} {answer.code}".strip()


def _counters(body: Mapping[str, Any]) -> Counters:
    return {name: body.get(name, -1) for name in COUNTERS}
