"""An ordinary day: many SKUs, carts of several lines, deliveries, lookups and parcels all at once."""

import random

import gevent
from locust import between, constant, task

from inventory_service.loadtest.scenario import Scan, ServiceUser, set_stage

stage = set_stage("mixed_day", skus=200, units=60, hold_seconds=5)


class Shopper(ServiceUser):
    weight = 3
    wait_time = between(0.2, 1.5)

    @task
    def shop(self) -> None:
        cart = {stage.any_sku(): random.randint(1, 3) for _ in range(random.randint(1, 4))}
        for sku in cart:
            self.look(sku)
        order = self.new_order(cart)
        if not self.reserve(order):
            return
        gevent.sleep(random.uniform(0.1, 1))
        if random.random() < 0.2:  # goes back to the shop
            self.extend(order, stage.hold_seconds * 2)
            gevent.sleep(random.uniform(0.1, 1))
        if random.random() < 0.75:
            self.confirm(order)
            self.look_up(order)
        elif random.random() < 0.5:
            self.release(order)


class Browser(ServiceUser):
    weight = 2
    wait_time = between(0.1, 1)

    @task(5)
    def look_around(self) -> None:
        self.look(stage.any_sku())

    @task
    def running_low(self) -> None:
        where = random.choice(stage.warehouses)
        self.ask("GET", f"/v1/stock?warehouse={where}&available_below=10&limit=50", "/v1/stock")


class Clerk(ServiceUser):
    """Takes in deliveries."""

    fixed_count = 1
    wait_time = between(0.2, 0.6)

    @task
    def take_in(self) -> None:
        self.receive(stage.any_sku(), random.choice(stage.warehouses), random.randint(1, 20))


class Warehouse(ServiceUser):
    """Scans out what was paid. At least one per load process."""

    fixed_count = 4
    wait_time = constant(0.5)

    @task
    def scan_parcels(self) -> None:
        scans = {stage.new_id("scan"): Scan(parcel) for parcel in stage.take_parcels(100)}
        if scans:
            self.scan(scans)

    def on_stop(self) -> None:
        self.scan_parcels()
