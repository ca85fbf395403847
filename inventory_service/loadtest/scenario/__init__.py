"""What a locustfile imports; runs inside Locust's process.

`set_stage` names the scenario and its stock, `ServiceUser` is a FastHttpUser that speaks the API and writes down what
it was told, `OpeningShape` is a load shape in shares of `--users` and `--run-time`. At the end of a run the proof is
printed, whichever way Locust was started, and Locust's exit code is 1 when it fails.
"""

from inventory_service.loadtest.book import Order, Scan
from inventory_service.loadtest.scenario.hooks import set_stage
from inventory_service.loadtest.scenario.shape import OpeningShape
from inventory_service.loadtest.scenario.stage import Stage
from inventory_service.loadtest.scenario.user import ServiceUser
from inventory_service.outside.orders import Parcel

__all__ = ["OpeningShape", "Order", "Parcel", "Scan", "ServiceUser", "Stage", "set_stage"]
