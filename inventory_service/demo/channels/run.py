"""Three shops, one stock: platforms up, stock in, sale and incident, proof."""

import base64
import secrets
import sys
import time
from pathlib import Path
from random import Random

from rich.console import Console

from inventory_service.demo import screen
from inventory_service.demo.channels import farewell, platforms, scene, seeding, view
from inventory_service.demo.channels.board import Board
from inventory_service.demo.channels.lifeline import lifeline
from inventory_service.demo.channels.platforms import Platform
from inventory_service.demo.channels.proof import prove, prove_incident
from inventory_service.demo.channels.sale import hold_sale
from inventory_service.demo.channels.shoppers import Crowd, gather_crowd
from inventory_service.demo.channels.statement import take_statement
from inventory_service.demo.client import InventoryClient
from inventory_service.demo.frame import Demo, perform, watched
from inventory_service.demo.options import DemoOptions
from inventory_service.outside.proof import Check

SEED = 20261111  # the same crowd every time
NO_SIMULATORS = 2


def run_channels(options: DemoOptions) -> int:
    """Run it; the exit code as of `run_demo`, 2 where there are no platforms to be had."""
    if not platforms.are_there():
        print(  # noqa: T201  # the one thing that it has to say
            "demo --channels needs the simulated platforms in tests/simulators, which only the source tree has.",
            file=sys.stderr,
        )
        return NO_SIMULATORS
    return perform(ChannelSale, options)


class ChannelSale(Demo):
    def __init__(self, options: DemoOptions, console: Console, data_dir: Path, port: int) -> None:
        super().__init__(options, console, data_dir, port, {"INVENTORY_SEALING_KEYS": _sealing_key(data_dir)})
        self._articles = scene.articles(self.run_id)

    def invite(self) -> None:
        farewell.invite(self.console, self.service.url, self.service.api_key)

    async def show(self) -> bool:
        random, options = Random(SEED), self.options
        await self.stack.enter_async_context(lifeline(self.service.pid))
        running = platforms.running(scene.SHOPS, self.service.url, self.service.data_dir)
        opened = await self.stack.enter_async_context(running)
        self._introduce(opened)
        async with InventoryClient(self.service.url, self.service.api_key) as client:
            await seeding.deliver(client, self.run_id, options)
            await seeding.register(client, self.run_id, opened)
            await seeding.open_doors(self.run_id, opened)
            self.console.print(f"[green]✓[/] {len(opened)} shops registered, their stock written to each platform")
            shoppers = gather_crowd(options.shoppers, len(opened), self._articles, options.seconds, random)
            started_ms = time.time_ns() // 1_000_000
            crowd = Crowd(shoppers, opened)
            board = Board(options, opened, self._articles, crowd, scene.hot_sku(self.run_id), started_ms)
            watching = screen.watch(self.console, lambda: view.picture(board), lambda: view.line(board))
            await watched(watching, hold_sale(client, board, self.run_id, random))
            farewell.show_story(self.console, board)
            self.console.print("Asking platforms, service and warehouse about every order …", style="dim")
            checks = await self._prove(client, board)
        farewell.show_proof(self.console, checks, board)
        return all(check.holds for check in checks)

    async def _prove(self, client: InventoryClient, board: Board) -> list[Check]:
        delivered = scene.delivered(self.run_id, self.options.units, self.options.shoppers)
        said = await take_statement(client, board, list(delivered), await self.service.verify())
        return [*prove(said, scene.SHOPS, self._articles, delivered), *prove_incident(board)]

    def _introduce(self, opened: list[Platform]) -> None:
        for each in opened:
            where = f"platform at {each.url}, its shoppers at {each.control_url}"
            self.console.print(f"[green]✓[/] {each.shop.title}: {where}", highlight=False, soft_wrap=True)


def _sealing_key(data_dir: Path) -> str:
    """Of the folder, since what it seals is kept there."""
    path = data_dir / "sealing-keys"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(f"1:{base64.b64encode(secrets.token_bytes(32)).decode()}")
    return path.read_text()
