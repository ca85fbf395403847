"""Product pages: nearly everybody asks about the hot SKU, some about any other, and reports walk the list."""

import random
from urllib.parse import quote

from locust import constant, task

from inventory_service.loadtest.scenario import ServiceUser, set_stage

stage = set_stage("stock_lookups", skus=500, units=90, hold_seconds=1)


class Page(ServiceUser):
    wait_time = constant(0.05)

    @task(70)
    def hot(self) -> None:
        self.expect_all(stage.hot_sku)

    @task(28)
    def wide(self) -> None:
        self.expect_all(stage.any_sku())

    @task(2)
    def list_warehouse(self) -> None:
        """Every page of a warehouse's list, until the cursor says that it ends."""
        found: list[str] = []
        path = cursor = f"/v1/stock?warehouse={random.choice(stage.warehouses)}&limit=100"
        while cursor:
            answer = self.ask("GET", cursor, "/v1/stock")
            if answer.status != 200:
                return
            found += [row["sku"] for row in answer.body["data"]]
            after = answer.body["next_cursor"]
            cursor = f"{path}&cursor={quote(after, safe='')}" if after else ""
        if sorted(found) != stage.all_skus:
            stage.book.claim(f"a walk through the list found {len(found)} SKUs, {len(set(found))} different ones")

    def expect_all(self, sku: str) -> None:
        """Nobody buys here, so every answer has to tell of all units."""
        body = self.look(sku)
        if body and body["available"] != stage.units:
            stage.book.claim(f"{sku}: {body['available']} available, {stage.units} were delivered")
