"""What a shop of any size asks of memory: that of a slice. Judged by bytes allocated; time tells of the machine."""

import gc
import tracemalloc

from inventory_service.ledger.snapshots import PostgresSnapshots
from inventory_service.usecases.reconcile import Reconcile
from loadtests.bench.big_ledger import grow
from tests.ledger.house import House
from tests.ledger.test_reconcile import WatchedBook

HOLDS = 300
SMALL, LARGE = 1_200, 3_000  # above the slices of 500 records and 1,000 rows that everything is read in
GROWS_MAX = 1.25  # kept in memory, it would be 2.5 times as much


async def peak_bytes(house: House) -> tuple[int, int]:
    """Of `verify`, and of a round of the reconcile."""
    tracemalloc.start()
    try:
        assert [finding for finding in (await house.findings()).values() if not finding.ok] == []
        gc.collect()
        verify = tracemalloc.get_traced_memory()[1]
        tracemalloc.reset_peak()
        book = WatchedBook(house.pool)
        reconcile = Reconcile(house.hot, PostgresSnapshots(house.pool), book, book)
        while not book.rounds:
            await reconcile.run_once()
        return verify, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


async def test_verify_and_reconcile_do_not_grow_with_the_shop(open_house: House) -> None:
    await grow(open_house.pool, 0, SMALL, HOLDS)
    await open_house.gate.rebuild()
    small = await peak_bytes(open_house)
    await grow(open_house.pool, SMALL, LARGE, HOLDS)
    await open_house.gate.rebuild()
    large = await peak_bytes(open_house)
    assert [now < GROWS_MAX * before for before, now in zip(small, large, strict=True)] == [True, True], (small, large)
