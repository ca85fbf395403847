"""A user of the service who writes down what they are told."""

from collections.abc import Mapping, Sequence
from typing import Any

import gevent
from locust import FastHttpUser

from inventory_service.loadtest.book import REFUSALS, Delivery, Order, Scan
from inventory_service.loadtest.scenario.exchange import ATTEMPTS_MAX, HEADERS, RETRY_WAIT_DEFAULT_S, TIMEOUT_S, settle
from inventory_service.loadtest.scenario.stage import Stage
from inventory_service.outside.answer import Answer
from inventory_service.outside.orders import Parcel, Word, parcels_of

RESERVATIONS = "/v1/reservations"
RESERVATION = "/v1/reservations/{reservation_id}"


class ServiceUser(FastHttpUser):
    """Base of a scenario's users. A call repeats itself on 429, 503 and lost answers, with the same id."""

    abstract = True
    stage: Stage  # set by `set_stage`
    default_headers = HEADERS
    network_timeout = TIMEOUT_S
    connection_timeout = TIMEOUT_S

    def new_order(self, lines: Mapping[str, int]) -> Order:
        """An order of SKU → quantity that nobody has asked for yet."""
        return Order(self.stage.new_id("order"), dict(lines), self.stage.hold_seconds)

    def reserve(self, order: Order, clicks: int = 1) -> bool:
        """Whether it is held now. `clicks`: how often the same request is sent at once, as the impatient do."""
        body = self._reservation(order)
        asked = [gevent.spawn(self._tell, order, "reserve", RESERVATIONS, RESERVATIONS, body) for _ in range(clicks)]
        try:
            gevent.joinall(asked, raise_error=True)
        finally:
            gevent.killall(asked)  # a user that is stopped takes their clicks along
        return order.word is Word.HELD

    def confirm(self, order: Order, *, reacquire: bool = False) -> bool:
        """Whether it is paid now; its parcels then wait for a warehouse, in `stage.parcels`."""
        answer = self._act(order, "confirm", {"reacquire": True} if reacquire else {})
        if order.word is not Word.CONFIRMED:
            return False
        self.stage.parcels.extend(parcels_of(order.reservation_id, answer.body))
        return True

    def release(self, order: Order) -> bool:
        """Whether its stock is given back now."""
        self._act(order, "release", {})
        return order.word is Word.RELEASED

    def extend(self, order: Order, ttl_seconds: int) -> bool:
        """Whether it is held for so long from now."""
        self._act(order, "extend", {"ttl_seconds": ttl_seconds})
        return order.word is Word.HELD

    def pay_by_batch(self, orders: Sequence[Order]) -> list[Parcel]:
        """Reserve and confirm many in one call, as a marketplace's orders come in; the parcels of those that could.

        What was answered 429 or 503 goes again, with the same ids.
        """
        parcels, left = [], list(orders)
        for _ in range(ATTEMPTS_MAX):
            parcels += self._pay_once(left)
            left = [order for order in left if order.unanswered]
            if not left:
                break
            self.stage.book.retries["in a batch"] = self.stage.book.retries.get("in a batch", 0) + len(left)
            gevent.sleep(RETRY_WAIT_DEFAULT_S)
        return parcels

    def _pay_once(self, orders: Sequence[Order]) -> list[Parcel]:
        book, operations = self.stage.book, list[dict[str, Any]]()
        for order in orders:
            operations.append({"op": "reserve", **self._reservation(order)})
            operations.append({"op": "confirm", "reservation_id": order.reservation_id})
            book.asking(order, "reserve")
            book.asking(order, "confirm")
        answer = self.ask("POST", "/v1/batch", "/v1/batch", {"operations": operations})
        results = answer.body["results"] if answer.status == 200 else []
        singles = [Answer(result["status"], result["body"], doubtful=answer.doubtful) for result in results]
        parcels = []
        for order, reserved, confirmed in zip(orders, singles[::2], singles[1::2], strict=False):
            book.heard(order, "reserve", reserved)
            if order.word in (Word.HELD, Word.CONFIRMED):
                book.heard(order, "confirm", confirmed)
                parcels += parcels_of(order.reservation_id, confirmed.body) if confirmed.status == 200 else []
            elif order.word is Word.REFUSED:
                order.unanswered.pop("confirm")  # there was nothing to confirm
        return parcels

    def scan(self, scans: Mapping[str, Scan], *, again: Sequence[str] = ()) -> None:
        """Report parcels that left, by scan id; those named in `again` stand in the same batch twice."""
        self.stage.book.scans |= scans
        sent = [*scans, *again]
        body = {"scans": [scans[scan_id].parcel.scan_body(scan_id) for scan_id in sent]}
        answer = self.ask("POST", "/v1/wms/outbound-scans", "/v1/wms/outbound-scans", body)
        for scan_id, result in zip(sent, answer.body["results"] if answer.status == 200 else [], strict=False):
            self.stage.book.scan_heard(scan_id, scans[scan_id], result)

    def receive(self, sku: str, warehouse: str, quantity: int) -> None:
        """A delivery arrives."""
        movement_id, delivery = self.stage.new_id("receipt"), Delivery(sku, quantity)
        self.stage.book.deliveries[movement_id] = delivery
        movement = {
            "movement_id": movement_id,
            "type": "receive",
            "sku": sku,
            "warehouse": warehouse,
            "quantity": quantity,
        }
        answer = self.ask("POST", "/v1/stock/movements", "/v1/stock/movements", {"movements": [movement]})
        if answer.status == 200:
            [result] = answer.body["results"]
            delivery.applied = result["result"] in ("applied", "duplicate")
            if not delivery.applied:
                self.stage.book.claim(f"receipt {movement_id}: {result}")

    def look(self, sku: str) -> Mapping[str, Any]:
        """Stock of one SKU, {} when there was no answer; what does not add up in it is a claim."""
        answer = self.ask("GET", f"/v1/stock/{sku}", "/v1/stock/{sku}")
        if answer.status != 200:
            return {}
        promised = answer.body["held"] + answer.body["committed"] + answer.body["unavailable"]
        self.stage.book.count("overpromised looks", promised > answer.body["on_hand"])
        for counter in ("on_hand", "held", "committed", "available"):
            if answer.body[counter] != sum(row[counter] for row in answer.body["warehouses"]):
                self.stage.book.claim(f"{sku}: {counter} is not the sum of the warehouses' in {answer.body}")
        return answer.body

    def look_up(self, order: Order) -> None:
        """The order as the service knows it."""
        self.ask("GET", f"{RESERVATIONS}/{order.reservation_id}", RESERVATION)

    def ask(self, method: str, path: str, route: str, body: Mapping[str, Any] | None = None) -> Answer:
        """Any other call; every refusal of it is outside the contract."""
        return self._settle(method, path, route, body)

    def _act(self, order: Order, verb: str, body: Mapping[str, Any]) -> Answer:
        path = f"{RESERVATIONS}/{order.reservation_id}/{verb}"
        return self._tell(order, verb, path, f"{RESERVATION}/{verb}", body)

    def _tell(self, order: Order, call: str, path: str, route: str, body: Mapping[str, Any]) -> Answer:
        self.stage.book.asking(order, call)
        answer = self._settle("POST", path, route, body, call)
        self.stage.book.heard(order, call, answer)
        return answer

    def _settle(
        self, method: str, path: str, route: str, body: Mapping[str, Any] | None = None, call: str = ""
    ) -> Answer:
        return settle(self.client, method, path, route, body, REFUSALS.get(call, ()), self.stage.book.retries)

    def _reservation(self, order: Order) -> dict[str, Any]:
        return {
            "reservation_id": order.reservation_id,
            "lines": [{"sku": sku, "quantity": quantity} for sku, quantity in order.lines.items()],
            "ttl_seconds": order.ttl_seconds,
            "channel": "load-test",
            "order_ref": order.reservation_id,
        }
