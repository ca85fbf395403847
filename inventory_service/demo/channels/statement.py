"""Asks the platforms and the service, once everything is over, what they know of all that happened."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from inventory_service.demo.channels import looking
from inventory_service.demo.channels.board import Board, Row
from inventory_service.demo.channels.incident import run_through
from inventory_service.demo.client import InventoryClient
from inventory_service.demo.statement import Counters, take_settled_stock, take_stock

CHECKED_WITHIN_S = 60.0


@dataclass(frozen=True, slots=True)
class Statement:
    """`sold` and `orders` by shop: by the platform's own books, and by the service. `checks`: the service's own.

    `reservations`: by order number, as they are read one by one. `shown`: by shop, code → what its page shows.
    """

    sold: Mapping[str, Sequence[Row]]
    orders: Mapping[str, Sequence[Row]]
    reservations: Mapping[str, Row]
    entries: Sequence[Row]
    shown: Mapping[str, Mapping[str, int]]
    checks: Mapping[str, Row | None]
    redis: Mapping[str, Counters]
    ledger: Mapping[str, Counters]
    verify_exit_code: int
    verify_output: str


async def take_statement(
    client: InventoryClient, board: Board, skus: Sequence[str], verified: tuple[int, str]
) -> Statement:
    shops = [platform.shop.name for platform in board.platforms]
    books = await asyncio.gather(*(platform.books() for platform in board.platforms))
    orders = await asyncio.gather(*(looking.orders_of(client, board, shop) for shop in shops))
    checks = await asyncio.gather(*(run_through(client, board, shop, "check", CHECKED_WITHIN_S) for shop in shops))
    redis = await take_stock(client, skus)
    return Statement(
        sold={shop: book["orders"] for shop, book in zip(shops, books, strict=True)},
        orders=dict(zip(shops, orders, strict=True)),
        reservations=await _reservations(client, [row for rows in orders for row in rows]),
        entries=list(board.entries),
        shown={shop: book["stock"] for shop, book in zip(shops, books, strict=True)},
        checks=dict(zip(shops, checks, strict=True)),
        redis=redis,
        ledger=await take_settled_stock(client, redis),
        verify_exit_code=verified[0],
        verify_output=verified[1],
    )


async def _reservations(client: InventoryClient, orders: Sequence[Row]) -> dict[str, Row]:
    """Of the orders that have one."""
    named = {order["order_no"]: order["reservation_id"] for order in orders if order["reservation_id"]}
    answers = await asyncio.gather(
        *(client.settle("read", "GET", f"/v1/reservations/{name}") for name in named.values())
    )
    return {order_no: answer.body for order_no, answer in zip(named, answers, strict=True)}
