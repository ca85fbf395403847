"""The end on the screen: the proof, its figures, and what one can try now."""

from collections.abc import Sequence
from datetime import datetime

from rich.console import Console

from inventory_service.demo.channels.board import Board
from inventory_service.demo.channels.view import wrapped
from inventory_service.outside.proof import Check, show_checks, show_verdict


def show_story(console: Console, board: Board) -> None:
    for told in board.story:
        console.print("\n".join(wrapped(told)), highlight=False, markup=False)


def show_proof(console: Console, checks: Sequence[Check], board: Board) -> None:
    show_checks(console, checks)
    console.print()
    for platform in board.platforms:
        shop = platform.shop
        book = board.books[shop.name]
        median_s, slowest_s = _behind_s(board, shop.name)
        console.print(
            f"{shop.short:9} {len(book['orders']):,} orders, {book['messages']:,} messages ({book['twice']:,} twice), "
            f"here after {median_s:.1f} s, at most {slowest_s:.1f} s",
            highlight=False,
        )
    sold_out = board.crowd.sold_out.total()
    console.print(f"Shoppers  {sold_out:,} of {len(board.crowd.shoppers):,} were told: sold out\n", highlight=False)
    show_verdict(console, checks)


def _behind_s(board: Board, shop: str) -> tuple[float, float]:
    """From the order on the platform to the order here: the median, and the longest."""
    placed_ms = {order["order_id"]: order["created_ms"] for order in board.books[shop]["orders"]}
    waited = sorted(
        datetime.fromisoformat(order["seen_at"]).timestamp() - placed_ms[order["channel_order_id"]] / 1000
        for order in board.orders[shop]
        if order["channel_order_id"] in placed_ms
    )
    return (waited[len(waited) // 2], waited[-1]) if waited else (0.0, 0.0)


def invite(console: Console, url: str, api_key: str) -> None:
    """URLs and commands that work when pasted."""
    paths = ("/v1/channels/status", "/v1/orders?limit=1", "/v1/wms/outbound-orders?limit=1", "/v1/alerts")
    asked = "".join(f'curl -s -H "Authorization: Bearer $KEY" "{url}{path}"\n' for path in paths)
    console.print(
        f"Docs     {url}/docs\nMetrics  {url}/metrics\n\nTry it in another terminal:\n\nexport KEY={api_key}\n{asked}\n"
        "Ctrl-C stops everything.",
        highlight=False,
        soft_wrap=True,
        markup=False,
    )
