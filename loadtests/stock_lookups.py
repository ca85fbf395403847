"""Product pages: nearly everybody asks about the hot SKU, some about any other, and reports walk the list."""

import random
from collections import defaultdict
from urllib.parse import quote

from locust import constant, task

from inventory_service.loadtest.scenario import ServiceUser, set_stage

stage = set_stage("stock_lookups", skus=500, units=90, hold_seconds=1)
listed: defaultdict[str, set[str]] = defaultdict(set)  # by warehouse; each run has its own


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
        """Every page of a warehouse's list, until the cursor says that it ends.

        Lists are the ledger's, which may still be taking the delivery over: a walk finds every SKU once that one before
        it has found. That the ledger has all of them in the end is a line of the proof.
        """
        warehouse = random.choice(stage.warehouses)
        expected = set(listed[warehouse])
        found: list[str] = []
        path = cursor = f"/v1/stock?warehouse={warehouse}&limit=100"
        while cursor:
            answer = self.ask("GET", cursor, "/v1/stock")
            if answer.status != 200:
                return
            found += [row["sku"] for row in answer.body["data"]]
            after = answer.body["next_cursor"]
            cursor = f"{path}&cursor={quote(after, safe='')}" if after else ""
        if len(found) != len(set(found)) or not expected <= set(found) <= set(stage.all_skus):
            told = f"{len(found)} SKUs, {len(set(found))} different ones; one before it {len(expected)}"
            stage.book.claim(f"a walk through the list found {told}")
        listed[warehouse] |= set(found)

    def expect_all(self, sku: str) -> None:
        """Nobody buys here, so every answer has to tell of all units."""
        body = self.look(sku)
        if body and body["available"] != stage.units:
            stage.book.claim(f"{sku}: {body['available']} available, {stage.units} were delivered")
