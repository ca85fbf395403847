"""The sale: shoppers on all platforms, the warehouse, the incident and whoever looks, all at once."""

import asyncio
from random import Random

from inventory_service.demo.channels import incident, looking
from inventory_service.demo.channels.board import Board, Row
from inventory_service.demo.channels.warehouse import Warehouse
from inventory_service.demo.client import InventoryClient

QUIET_TIMEOUT_S = 30.0
# What the platforms' states are in the service's words: payment and fulfilment.
SAME = {
    "unpaid": ("unpaid", "open"),
    "paid": ("paid", "open"),
    "cancelled": ("unpaid", "cancelled"),
    "refunded": ("refunded", "cancelled"),
}


async def hold_sale(client: InventoryClient, board: Board, run: str, random: Random) -> None:
    """From the opening until nothing moves any more: all is here, told and answered, and nobody waits for stock."""
    warehouse = Warehouse(client, board, run, random)
    await warehouse.skip()
    async with asyncio.TaskGroup() as tasks:
        beside = [tasks.create_task(looking.keep_looking(client, board)), tasks.create_task(warehouse.work())]
        async with asyncio.TaskGroup() as selling:
            selling.create_task(board.crowd.come())
            selling.create_task(incident.happen(client, board))
        board.phase = "the last ones arrive"
        await looking.until(lambda: _all_here(board) and _all_settled(board), QUIET_TIMEOUT_S)
        await _give_money_back(board)
        board.phase = "the last ones are told"
        await looking.until(lambda: _is_quiet(board), QUIET_TIMEOUT_S)
        for task in beside:
            task.cancel()
    await looking.look(client, board)


async def _give_money_back(board: Board) -> None:
    """The merchant's people: whoever bought what was gone by then does not get it, and gets the money back."""
    too_late = [
        (platform, order)
        for platform in board.platforms
        for order in board.orders[platform.shop.name]
        if order["fulfilment"] == "open" and order["case"] and order["case"]["code"] == "oversold"
    ]
    for platform, order in too_late:
        state = "refunded" if order["payment"] == "paid" else "cancelled"
        await platform.change(order["channel_order_id"], state)
    if too_late:
        board.tell(f"{len(too_late)} orders came before the pages said “sold out”: case `oversold`, money back")


def _all_here(board: Board) -> bool:
    return all(differing(board, platform.shop.name) == [] for platform in board.platforms)


def _all_settled(board: Board) -> bool:
    """An order that has just arrived has neither its stock nor a reason why there is none."""
    orders = [order for rows in board.orders.values() for order in rows if order["fulfilment"] == "open"]
    return all(order["reservation_id"] or order["case"] for order in orders)


def _nothing_kept(board: Board) -> bool:
    """Of what was cancelled or refunded."""
    over = [order for rows in board.orders.values() for order in rows if order["fulfilment"] == "cancelled"]
    return not any((order["reservation_id"] or "") in board.statuses for order in over)


def _is_quiet(board: Board) -> bool:
    """Also on the platforms' pages: stock is written there within seconds, and then no more."""
    waiting = any(order["case"] for orders in board.orders.values() for order in orders)
    answered = all(entry["position"] in board.answered for entry in board.entries)
    told = _everybody_told(board) and _nothing_kept(board)
    return _all_here(board) and answered and not waiting and told and _is_written(board)


def _everybody_told(board: Board) -> bool:
    """As many orders as have their stock stand in the feed, and were not taken back."""
    last = {(entry["order_no"], entry["warehouse"]): entry["kind"] for entry in board.entries}
    told = {order_no for (order_no, _), kind in last.items() if kind != "cancel"}
    committed = {
        order["order_no"]
        for orders in board.orders.values()
        for order in orders
        if board.statuses.get(order["reservation_id"] or "") == "confirmed"
    }
    return told == committed


def _is_written(board: Board) -> bool:
    left = {sku: stock["available"] for sku, stock in board.stock.items()}
    makeable = {article.code: article.makeable(left) for article in board.articles}
    return all(book["stock"] == makeable for book in board.books.values())


def differing(board: Board, shop: str) -> list[str]:
    """Orders of a shop that are not here as its platform has them."""
    here = {order["channel_order_id"]: order for order in board.orders[shop]}
    return [
        order["order_id"] for order in board.books[shop]["orders"] if not is_as_sold(order, here.get(order["order_id"]))
    ]


def is_as_sold(sold: Row, here: Row | None) -> bool:
    if here is None:
        return False
    lines = {line["sku"]: line["quantity"] for line in here["lines"]}
    same_state = (here["payment"], here["fulfilment"]) == SAME[sold["state"]]
    # Of an order that nobody has paid, platforms tell what is to be paid, or nothing.
    same_money = not sold["paid_minor"] or here["amounts"]["paid_minor"] == sold["paid_minor"]
    return same_state and same_money and lines == sold["lines"]
