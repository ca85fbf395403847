"""A flash sale: few hot SKUs, more shoppers than units, and a spike at the opening."""

import random

import gevent
from locust import between, constant, task

from inventory_service.loadtest.scenario import OpeningShape, Scan, ServiceUser, set_stage

stage = set_stage("flash_sale", skus=3, units=300, hold_seconds=5)

HABITS = {"pays": 62, "gives up": 14, "leaves": 14, "pays late": 10}  # percent of those who got a hold


class Opening(OpeningShape):
    """A few look around, all come at once, and then they thin out."""

    steps = ((0.12, 0.1), (0.45, 1.0), (0.7, 0.6), (1.0, 0.25))


class Shopper(ServiceUser):
    """Each task is another shopper with another order."""

    wait_time = between(0.2, 1.5)

    @task
    def buy(self) -> None:
        number = random.choices(range(stage.skus), weights=[6, 3, 1])[0]
        order = self.new_order({stage.sku(number): random.choice([1, 1, 1, 2])})
        self.look(stage.sku(number))
        if not self.reserve(order, clicks=random.choice([1] * 9 + [2])):
            gevent.sleep(random.uniform(0.5, 2))
            if not self.reserve(order):  # somebody may have given theirs back
                return
        match random.choices(list(HABITS), list(HABITS.values()))[0]:
            case "pays":
                gevent.sleep(random.uniform(0.2, 2))
                self.confirm(order)
            case "gives up":
                gevent.sleep(random.uniform(0.2, 2))
                self.release(order)
            case "pays late":
                gevent.sleep(stage.hold_seconds + random.uniform(0.2, 1))
                self.confirm(order) or self.confirm(order, reacquire=True)
            case "leaves":
                pass  # says nothing: the hold has to expire


class Warehouse(ServiceUser):
    """Scans out what was paid; a tenth of the parcels twice, as a WMS does. At least one per load process."""

    fixed_count = 4
    wait_time = constant(0.5)

    @task
    def scan_parcels(self) -> None:
        scans = {self.stage.new_id("scan"): Scan(parcel) for parcel in stage.take_parcels(100)}
        if scans:
            self.scan(scans, again=random.sample(list(scans), len(scans) // 10))

    def on_stop(self) -> None:
        self.scan_parcels()
