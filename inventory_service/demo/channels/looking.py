"""Asks the platforms and the service how things stand."""

import asyncio
import time
from collections.abc import Callable
from urllib.parse import quote

from inventory_service.demo.channels.board import Board, Row
from inventory_service.demo.client import InventoryClient

LOOK_SECONDS = 0.7
PAGE = 200
PAGES_MAX = 500


async def pages(client: InventoryClient, path: str) -> list[Row]:
    """All rows of a list; `path` has a query already."""
    rows: list[Row] = []
    cursor = ""
    for _ in range(PAGES_MAX):
        after = f"&cursor={quote(cursor, safe='')}" if cursor else ""
        answer = await client.settle("list", "GET", f"{path}&limit={PAGE}{after}")
        rows += answer.body.get("data", [])
        cursor = answer.body.get("next_cursor") or ""
        if not cursor:
            break
    return rows


async def look(client: InventoryClient, board: Board) -> None:
    """Once, at everything."""
    await asyncio.gather(
        *(_look_at_shop(client, board, place) for place in range(len(board.platforms))),
        _look_at_reservations(client, board),
        *(_look_at_stock(client, board, sku) for article in board.articles for sku in article.parts),
    )


async def keep_looking(client: InventoryClient, board: Board) -> None:
    while True:
        await look(client, board)
        await asyncio.sleep(LOOK_SECONDS)


async def until(done: Callable[[], bool], within_s: float) -> bool:
    """Whether it came to be, as the looks have it."""
    give_up = time.monotonic() + within_s
    while not done():
        if time.monotonic() > give_up:
            return False
        await asyncio.sleep(LOOK_SECONDS)
    return True


async def _look_at_shop(client: InventoryClient, board: Board, place: int) -> None:
    """The platform behind the service: what arrives between the two is sold, and not here yet."""
    platform = board.platforms[place]
    name = platform.shop.name
    board.orders[name] = await orders_of(client, board, name)
    board.books[name] = await platform.books()


async def orders_of(client: InventoryClient, board: Board, shop: str) -> list[Row]:
    """Of this run: a data folder may have those of another one."""
    codes = {article.code for article in board.articles}
    rows = await pages(client, f"/v1/orders?shop={shop}")
    return [row for row in rows if any(line["sku"] in codes for line in row["lines"])]


async def _look_at_reservations(client: InventoryClient, board: Board) -> None:
    lists = await asyncio.gather(
        *(pages(client, f"/v1/reservations?status={status}") for status in ("held", "confirmed"))
    )
    board.statuses = {row["reservation_id"]: row["status"] for rows in lists for row in rows}


async def _look_at_stock(client: InventoryClient, board: Board, sku: str) -> None:
    answer = await client.settle("stock", "GET", f"/v1/stock/{sku}")
    if answer.status == 200:
        board.stock[sku] = answer.body
        board.overpromised_looks += answer.body["deficit"] > 0
