"""What the feed of warehouses tells: what they answered."""

from itertools import product

import structlog
from prometheus_client import Counter

import inventory_service.telemetry.registry  # noqa: F401  # decides where numbers are kept, before the first is made
from inventory_service.domain.orders.telling import Saying

log = structlog.get_logger()

RESULTS = ("noted", "superseded", "replayed")

_answers = Counter(
    "inventory_outbound_answers", "Answers of warehouses, by what they said and what came of it.", ("saying", "result")
)

for _saying, _result in product(Saying, RESULTS):
    _answers.labels(_saying, _result)  # at 0: a rate needs a first value


def answered(warehouse: str, order_no: str, saying: Saying, result: str) -> None:
    """A warehouse that cannot do what it was told has a line: a person sees to it."""
    _answers.labels(saying, result).inc()
    tell = log.warning if saying is Saying.FAILED and result == "noted" else log.debug
    tell("outbound.answered", warehouse=warehouse, order_no=order_no, saying=saying, result=result)
