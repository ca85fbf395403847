"""Delivers a run's stock into warehouses of its own, through the same calls that a merchant would use."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gevent.pool import Pool
from locust.contrib.fasthttp import FastHttpSession

from inventory_service.loadtest.book import Delivery
from inventory_service.loadtest.scenario.exchange import CONCURRENCY, settle
from inventory_service.loadtest.scenario.stage import WAREHOUSES, Stage
from inventory_service.outside.answer import Answer

MOVEMENTS_PER_BATCH = 500


class SeedingFailed(Exception):
    """The service did not take the stock; the message carries its answer."""


def seed(session: FastHttpSession, stage: Stage) -> None:
    """Warehouses, then stock, all of it noted in the stage's book. Raises SeedingFailed."""
    for name, (region, lat, lon) in zip(stage.warehouses, WAREHOUSES.values(), strict=True):
        body = {"name": name, "kind": "warehouse", "country": "CN", "region": region, "lat": lat, "lon": lon}
        _succeeded(settle(session, "PUT", f"/v1/warehouses/{name}", "/v1/warehouses/{code}", body))
    movements = list(_movements(stage))
    batches = [
        movements[start : start + MOVEMENTS_PER_BATCH] for start in range(0, len(movements), MOVEMENTS_PER_BATCH)
    ]
    Pool(CONCURRENCY).map(lambda batch: _deliver(session, stage, batch), batches)


def _movements(stage: Stage) -> Iterator[Mapping[str, Any]]:
    """Every SKU's units, the same in each warehouse as far as they divide."""
    places = len(stage.warehouses)
    for sku in stage.all_skus:
        for place, warehouse in enumerate(stage.warehouses):
            quantity = stage.units // places + (place < stage.units % places)
            if quantity:
                yield {
                    "movement_id": stage.new_id("delivery"),
                    "type": "receive",
                    "sku": sku,
                    "warehouse": warehouse,
                    "quantity": quantity,
                    "reference": f"load test {stage.run}",
                }


def _deliver(session: FastHttpSession, stage: Stage, batch: Sequence[Mapping[str, Any]]) -> None:
    body = {"movements": batch}
    answer = _succeeded(settle(session, "POST", "/v1/stock/movements", "/v1/stock/movements", body))
    for movement, result in zip(batch, answer.body["results"], strict=True):
        if result["result"] == "rejected":
            raise SeedingFailed(f"a delivery was rejected: {result}")
        stage.book.deliveries[movement["movement_id"]] = Delivery(movement["sku"], movement["quantity"], applied=True)


def _succeeded(answer: Answer) -> Answer:
    if not 200 <= answer.status < 300:
        raise SeedingFailed(
            f"the stock was not delivered: {answer.status} {answer.code} {answer.body.get('detail', '')}"
        )
    return answer
