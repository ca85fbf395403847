"""A WMS catches up: batches of outbound scans, with everything in them that scanners really send."""

import random

from locust import constant, task

from inventory_service.loadtest.scenario import Parcel, Scan, ServiceUser, set_stage

stage = set_stage("scan_storm", skus=50, units=300_000, hold_seconds=5)

ORDERS_PER_WAVE = 50
ODD_SHARE = 0.02  # of each kind


class Scanner(ServiceUser):
    wait_time = constant(0.2)

    def on_start(self) -> None:
        self.sent: dict[str, Scan] = {}

    @task
    def wave(self) -> None:
        """A wave of paid orders is packed and scanned, the batch before it once more."""
        orders = [self.new_order({stage.any_sku(): random.randint(1, 3)}) for _ in range(ORDERS_PER_WAVE)]
        scans = {stage.new_id("scan"): self.scanned(parcel) for parcel in self.pay_by_batch(orders)}
        if scans:
            self.scan(scans, again=random.sample(list(scans), len(scans) // 20))
        if self.sent:
            self.scan(self.sent)  # the answer had been lost: all of them are duplicates
        self.sent = scans

    def scanned(self, parcel: Parcel) -> Scan:
        """The parcel as it should be, or one of the things that go wrong in a warehouse."""
        order, warehouse, sku, quantity = parcel.reservation_id, parcel.warehouse, parcel.sku, parcel.quantity
        odd = random.random() / ODD_SHARE
        if odd < 1:
            return Scan(Parcel(order, warehouse, sku, quantity + 1), expects="over_scan")
        if odd < 2:
            other = next(each for each in stage.warehouses if each != warehouse)
            return Scan(Parcel(order, other, sku, quantity), expects="other_warehouse")
        if odd < 3:
            return Scan(Parcel(stage.new_id("nobodys"), warehouse, sku, quantity), expects="unknown_reservation")
        return Scan(parcel)
