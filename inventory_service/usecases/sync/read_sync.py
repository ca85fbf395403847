"""Where each shop stands."""

from collections.abc import Sequence
from dataclasses import dataclass

from inventory_service.usecases.sync.ports import (
    HintBook,
    Progress,
    Run,
    RunBook,
    RunKind,
    Shop,
    Shops,
    SyncBook,
)


@dataclass(frozen=True, slots=True)
class ShopStanding:
    """`progress` None: the hub has not begun with it."""

    shop: Shop
    progress: Progress | None
    hints: int
    backfill: Run | None
    check: Run | None


class ReadSync:
    def __init__(self, shops: Shops, book: SyncBook, hints: HintBook, runs: RunBook) -> None:
        self._shops = shops
        self._book = book
        self._hints = hints
        self._runs = runs

    async def all(self) -> Sequence[ShopStanding]:
        """By name. Raises NotReady."""
        progress = {each.shop: each for each in await self._book.progress()}
        hints = await self._hints.waiting()
        newest = [await self._runs.newest(kind) for kind in (RunKind.BACKFILL, RunKind.CHECK)]
        return [
            ShopStanding(shop, progress.get(name), hints.get(name, 0), *(runs.get(name) for runs in newest))
            for name, shop in sorted(self._shops.all().items())
        ]
