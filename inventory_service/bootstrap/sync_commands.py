"""What `channels backfill`, `check`, `status` and `items` do beside the running service, in the name of `cli`.

Each raises SettingsError, EmbeddedError, and what its use case raises.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import NamedTuple

from inventory_service.bootstrap.channels import shop_parts
from inventory_service.bootstrap.stores import found_stores, given_urls
from inventory_service.ledger.hint_book import PostgresHintBook
from inventory_service.ledger.item_book import PostgresItemBook
from inventory_service.ledger.pool import Pool, make_pool
from inventory_service.ledger.run_book import PostgresRunBook
from inventory_service.ledger.shops import PostgresShops
from inventory_service.ledger.sync_book import PostgresSyncBook
from inventory_service.ledger.turn import HUB, is_taken
from inventory_service.settings import Settings
from inventory_service.usecases.sync.ports import Item, RunKind
from inventory_service.usecases.sync.read_sync import ReadSync, ShopStanding
from inventory_service.usecases.sync.runs import ManageRuns, Report
from inventory_service.usecases.sync.write_back import ManageItems

BY = "cli"
LOOK_S = 1.0
STOPPED_LOOKS = 5  # a hub takes a new credential over within 2 s, and the shop goes on
ITEMS_AT_ONCE = 1000

Show = Callable[[Report], None]


class GoneThrough(NamedTuple):
    """`stopped_by`: why nobody goes on with it for now, "": it is done."""

    report: Report
    stopped_by: str = ""


@dataclass(frozen=True, slots=True)
class _Opened:
    pool: Pool
    shops: PostgresShops
    book: PostgresSyncBook
    runs: ManageRuns
    sync: ReadSync
    items: ManageItems


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[_Opened]:
    async with (
        found_stores(settings) as located,
        make_pool(given_urls(located).database_url, size_max=1) as pool,
    ):
        parts, hints, runs = shop_parts(pool, settings), PostgresHintBook(pool), PostgresRunBook(pool)
        shops = parts.registry
        await shops.refresh()
        book, items = PostgresSyncBook(pool), ManageItems(shops, PostgresItemBook(pool))
        yield _Opened(pool, shops, book, ManageRuns(shops, runs, hints), ReadSync(shops, book, hints, runs), items)


async def go_through(  # a range has two ends
    settings: Settings, kind: RunKind, shop: str, from_ms: int, to_ms: int, show: Show
) -> GoneThrough:
    """Ask for it and wait until it is done, as long as a hub works on it; `show` is told how far it is."""
    async with _opened(settings) as opened:
        run = await opened.runs.ask(shop, kind, from_ms, to_ms, BY)
        stopped_looks = 0
        while True:
            report = await opened.runs.report(shop, kind, run.run_id)
            if report.run.ended_ms:
                return GoneThrough(report)
            if not await is_taken(opened.pool, HUB):
                return GoneThrough(report, "No hub is at work: it is done as soon as one is.")
            stopped_by = await _stopped_by(opened, shop)
            stopped_looks = stopped_looks + 1 if stopped_by else 0
            if stopped_looks == STOPPED_LOOKS:
                return GoneThrough(report, stopped_by)
            show(report)
            await asyncio.sleep(LOOK_S)


async def _stopped_by(opened: _Opened, name: str) -> str:
    """Why the hub does not call the shop, "": it does."""
    await opened.shops.refresh()
    shop = await opened.shops.lookup(name)
    if shop is None or not shop.enabled:
        return f"{name} is switched off: it is done behind `channels shops change {name} --enable`."
    if shop.paused_reason:
        return (
            f"{name} is not called ({shop.paused_reason}), `channels test {name}` says why: it is done once "
            f"`channels credentials set {name}` has mended that."
        )
    if name not in await opened.book.set_up():
        return f"{name} has no credential: it is done behind `channels credentials set {name}`."
    return ""


async def repair(settings: Settings, shop: str, check_id: str) -> int:
    async with _opened(settings) as opened:
        return await opened.runs.repair(shop, check_id)


async def status(settings: Settings) -> Sequence[ShopStanding]:
    async with _opened(settings) as opened:
        return await opened.sync.all()


async def items(settings: Settings, shop: str) -> Sequence[Item]:
    async with _opened(settings) as opened:
        return await opened.items.list(shop)


async def put_items(settings: Settings, shop: str, items: Sequence[Item]) -> None:
    """A part of them at a time, as over HTTP; one that is interrupted is repeated as a whole."""
    async with _opened(settings) as opened:
        for first in range(0, len(items), ITEMS_AT_ONCE):
            await opened.items.put(shop, items[first : first + ITEMS_AT_ONCE])
