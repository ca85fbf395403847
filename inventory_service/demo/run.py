"""The flash sale: stock in, sale, proof."""

from random import Random

from inventory_service.demo import farewell, screen, statement, view
from inventory_service.demo.client import InventoryClient
from inventory_service.demo.crowd import gather_crowd
from inventory_service.demo.frame import Demo, perform, watched
from inventory_service.demo.options import DemoOptions
from inventory_service.demo.proof import prove
from inventory_service.demo.sale import Board, hold_sale
from inventory_service.demo.scene import CATALOGUE, warehouses
from inventory_service.demo.seeding import seed

SEED = 20261111  # the same crowd every time


def run_demo(options: DemoOptions) -> int:
    """Run it; the exit code: 0 proven, 1 a line of the proof failed or something broke, 130 interrupted."""
    return perform(FlashSale, options)


class FlashSale(Demo):
    @property
    def _hot_sku(self) -> str:
        return f"NOVA-X1-{self.run_id}"

    def invite(self) -> None:
        farewell.invite(self.console, self.service.url, self.service.api_key, self._hot_sku)

    async def show(self) -> bool:
        random = Random(SEED)
        options = self.options
        async with InventoryClient(self.service.url, self.service.api_key) as client:
            movements = await seed(client, self.run_id, self._hot_sku, options.units, random)
            self.console.print(
                f"[green]✓[/] {len(warehouses())} warehouses, {len(CATALOGUE) + 1} SKUs, {movements:,} deliveries"
            )
            before = await statement.take_stock(client, [self._hot_sku, *CATALOGUE])
            crowd = gather_crowd(options.shoppers, self._hot_sku, options.seconds, random)
            client.pulse.clear()
            board = Board(options, self._hot_sku, crowd, client.pulse)
            watching = screen.watch(self.console, lambda: view.picture(board), lambda: view.line(board))
            await watched(watching, hold_sale(client, board, self.run_id, random))
            self.console.print("Asking about every reservation and every SKU, then `verify` …", style="dim")
            said = await self._hear(client, board, before)
        checks = prove(board.book, said, self._hot_sku, options.units, board.overpromised_looks)
        farewell.show_proof(self.console, checks, board)
        return all(check.holds for check in checks)

    async def _hear(
        self, client: InventoryClient, board: Board, before: dict[str, statement.Counters]
    ) -> statement.Statement:
        statuses, quantities = await statement.take_statuses(client, board.book, self._hot_sku)
        redis = await statement.take_stock(client, list(before))
        ledger = await statement.take_settled_stock(client, redis)
        exit_code, output = await self.service.verify()
        return statement.Statement(statuses, quantities, before, redis, ledger, exit_code, output)
