"""Files of stock in and out of a service, the running one or one for the command's own time.

Each raises SettingsError, EmbeddedError, and what its use case raises.
"""

from collections.abc import Callable, Sequence

from inventory_service.bootstrap.opened import opened_service
from inventory_service.domain.errors import Refused
from inventory_service.settings import Settings
from inventory_service.stockfile.reading import StockFile
from inventory_service.usecases.import_lines import ImportOrder, ImportTally
from inventory_service.usecases.import_stock import Told
from inventory_service.usecases.ports import StockFilter
from inventory_service.usecases.read_stock import StockView

PAGE_SKUS = 1000


async def import_stock(settings: Settings, file: StockFile, order: ImportOrder, tally: ImportTally, told: Told) -> None:
    """`tally` tells how far it got, also when this raises or is cancelled."""
    async with opened_service(settings) as process:
        await process.imports(file.lines, file.problems, order, tally, told)


async def export_stock(settings: Settings, wanted: StockFilter, take: Callable[[Sequence[StockView]], None]) -> None:
    """Hand all stock to `take`, page by page, ordered by SKU and warehouse.

    Raises Refused (`unknown_sku`, `unknown_warehouse`) for one that is named and has nothing.
    """
    missing = dict.fromkeys(wanted.skus)
    found = False
    async with opened_service(settings) as process:
        cursor = ""
        while True:
            page = await process.services.stock.list(wanted, PAGE_SKUS, cursor)
            found = found or bool(page.data)
            for view in page.data:
                missing.pop(view.sku, None)
            take(page.data)
            cursor = page.next_cursor
            if not cursor:
                break
    if missing:
        place = f" in {wanted.warehouse}" if wanted.warehouse else ""
        raise Refused("unknown_sku", f"There is no stock{place} of SKU {', '.join(missing)}.")
    if wanted.warehouse and not found:
        raise Refused("unknown_warehouse", f"There is no stock in {wanted.warehouse}: is it spelled right?")
