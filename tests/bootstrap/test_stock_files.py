"""Imports and exports on real stores, and what only the ledger remembers."""

import io
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from inventory_service.bootstrap.opened import opened_service
from inventory_service.bootstrap.stock_files import export_stock, import_stock
from inventory_service.domain.errors import Refused
from inventory_service.domain.movements import MovementType
from inventory_service.domain.warehouse import Warehouse
from inventory_service.engine.keys import META, Keys
from inventory_service.settings import Settings
from inventory_service.stockfile.reading import Format, StockFile, read_stock_file
from inventory_service.stockfile.writing import StockWriter
from inventory_service.usecases.import_lines import ImportOrder, ImportTally
from inventory_service.usecases.ports import StockFilter


@pytest.fixture
async def settings(redis: Redis, redis_url: str, database_url: str) -> AsyncIterator[Settings]:
    """Of a service that runs beside the test, and has two warehouses."""
    made = Settings(redis_url=redis_url, database_url=database_url)
    async with opened_service(made) as process:
        await process.services.warehouses.put(Warehouse("SHA", "Shanghai"))
        await process.services.warehouses.put(Warehouse("PEK", "Beijing"))
        yield made


def made_of(content: str, kind: Format = Format.CSV) -> StockFile:
    return read_stock_file(content.encode(), "stock", kind)


async def imported(settings: Settings, file: StockFile, movement_type: str = "receive") -> ImportTally:
    tally = ImportTally()
    order = ImportOrder(file.digest, MovementType(movement_type))
    await import_stock(settings, file, order, tally, lambda _: None)
    return tally


async def exported(settings: Settings, kind: Format = Format.CSV, **wanted: object) -> str:
    stream = io.StringIO()
    await export_stock(settings, StockFilter(**wanted), StockWriter(stream, kind).write)  # type: ignore[arg-type]  # a test's own words
    return stream.getvalue()


async def test_an_id_that_redis_has_forgotten_is_not_applied_again(settings: Settings, redis: Redis) -> None:
    file = made_of("sku,warehouse,quantity\nA,SHA,5\nB,SHA,7\n")
    assert (await imported(settings, file)).applied == 2
    keys = Keys(int(await redis.hget(META, "built") or 0))
    assert await redis.unlink(*keys.remembered) > 0
    again = await imported(settings, file)
    assert (again.applied, again.duplicates) == (0, 2)
    assert (await exported(settings)).splitlines()[1:] == ["A,SHA,5,5,5,0,0,0,0,0,5,0,0", "B,SHA,7,7,7,0,0,0,0,0,7,0,0"]


@pytest.mark.parametrize("kind", list(Format))
async def test_an_export_comes_back_as_a_count(settings: Settings, kind: Format) -> None:
    await imported(
        settings, made_of('sku,warehouse,quantity\n"A,\'1",SHA,5\n上衣,PEK,2000000\n上衣,SHA,7\n', Format.CSV), "count"
    )
    before = await exported(settings, kind)
    tally = await imported(settings, made_of(before, kind), "count")
    assert (tally.applied, tally.broken, tally.rejections) == (3, False, [])
    assert await exported(settings, kind) == before


async def test_a_count_of_stock_that_moved_since_the_export_is_refused(settings: Settings) -> None:
    await imported(settings, made_of("sku,warehouse,quantity\nA,SHA,5\nB,SHA,7\n"))
    before = await exported(settings)
    await imported(settings, made_of("sku,warehouse,quantity\nA,SHA,1\n"))
    tally = await imported(settings, made_of(before), "count")
    assert [(each.line, each.sku, each.code) for each in tally.rejections] == [(2, "A", "stale_count")]
    assert (await exported(settings, skus=("A",))).splitlines()[1].startswith("A,SHA,6,6,6,")


async def test_less_than_nothing_on_a_shelf_is_counted_as_nothing(settings: Settings) -> None:
    await imported(settings, made_of("sku,warehouse,quantity\nA,SHA,5\n"))
    async with opened_service(settings) as process:
        movement = made_of("sku,warehouse,quantity\nA,SHA,-8\n")
        order = ImportOrder("forced", MovementType.ADJUST, force=True)
        await process.imports(movement.lines, (), order, tally := ImportTally())
    assert tally.applied == 1
    before = await exported(settings)
    assert before.splitlines()[1].startswith("A,SHA,0,-3,-3,")
    assert (await imported(settings, made_of(before), "count")).applied == 1
    assert (await exported(settings)).splitlines()[1].startswith("A,SHA,0,0,0,")


async def test_pages_are_joined_in_order(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inventory_service.bootstrap.stock_files.PAGE_SKUS", 2)
    skus = ["c", "a", "B", "é", "b"]
    await imported(settings, made_of("sku,warehouse,quantity\n" + "".join(f"{sku},SHA,1\n" for sku in skus)))
    assert [line.split(",")[0] for line in (await exported(settings)).splitlines()[1:]] == sorted(skus)


async def test_what_is_asked_for_by_name_has_to_be_there(settings: Settings) -> None:
    await imported(settings, made_of("sku,warehouse,quantity\nA,SHA,5\nB,PEK,7\n"))
    assert len((await exported(settings, skus=("A", "B"))).splitlines()) == 3
    assert [line.split(",")[:2] for line in (await exported(settings, warehouse="PEK")).splitlines()[1:]] == [
        ["B", "PEK"]
    ]
    with pytest.raises(Refused, match=r"There is no stock of SKU C\."):
        await exported(settings, skus=("A", "C"))
    with pytest.raises(Refused, match=r"There is no stock in PEK of SKU A\."):
        await exported(settings, skus=("A",), warehouse="PEK")
    with pytest.raises(Refused, match=r"There is no stock in SHX: is it spelled right\?"):
        await exported(settings, warehouse="SHX")
