"""Schemathesis on the OpenAPI document, against one real service: every check, every phase, no server error."""

import asyncio
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from inventory_service.web.catalogue import ROUTES
from tests.acceptance.arriving import arrives, settles
from tests.acceptance.client import Api
from tests.acceptance.service import BOOTSTRAP_KEY, RunningService
from tests.orders.house import document as order_of_shop
from tests.orders.house import line
from tests.proving import fuzzing
from tests.proving.fuzzing import Exchange, Run
from tests.proving.goods import SKUS, deliver

REQUESTS_MIN = 3000
LINKS_MIN = 12  # different ones, each walked from success to success
ACCEPTED_SHARE_MIN = 0.7  # of what is generated to be right
# The chains of a reservation are walked by themselves too, for among all links they would seldom come up.
CHAINS = "^(list_stock|reserve|confirm|release|extend)$"
# In halves, since beside other tests all 67 operations in one took over five minutes: those whose ids the others make
# stand beside them.
PARTS = (
    Run("examples,coverage,fuzzing", 1, "^([a-o]|resolve)"),
    Run("examples,coverage,fuzzing", 2, "^((?!resolve)[p-z]|ask_check$|list_orders$)"),
    Run("stateful", 1),
    Run("stateful", 5, CHAINS),
    Run("stateful", 6, CHAINS),
)
RESERVE = "POST /v1/reservations"
ONE = f"{RESERVE}/{{reservation_id}}"


# Only a platform that knows the secret is believed: tests/sync/test_push.py does.
NOBODY_CAN_SIGN = {"POST /v1/channels/{shop}/push"}

WALKS = (
    (RESERVE, f"{ONE}/confirm"),
    (RESERVE, f"{ONE}/release"),
    (RESERVE, f"{ONE}/extend"),
    (f"{ONE}/confirm", f"{ONE}/release"),
    (f"{ONE}/extend", f"{ONE}/confirm"),
    (f"{ONE}/extend", f"{ONE}/release"),
)


@pytest.mark.long
def test_the_document_is_true(service: RunningService, tmp_path: Path) -> None:
    """One test, since test processes would each send everything anew."""
    sent: list[Exchange] = []
    asyncio.run(_take_orders(service))
    for part in PARTS:
        # Stock is delivered anew before each part: what was sent till then may have used it up.
        asyncio.run(_deliver(service.url, part.name))
        report = tmp_path / f"{part.name}.ndjson"
        done = fuzzing.run(service.url, part, report)
        assert done.returncode == 0, f"{done.stdout[-20_000:]}\n{done.stderr[-4000:]}"
        sent += fuzzing.exchanges(report)
    _check_that_it_was_thorough(sent)
    _check_that_links_lead_on(sent)
    # A healthy service is ready all the time, so 503 is no excuse here either.
    assert [exchange for exchange in sent if exchange.status >= 500] == []


async def _take_orders(service: RunningService) -> None:
    """One that a warehouse is told to ship, one that nobody knows the SKU of, and one that cannot be read."""
    await _deliver(service.url, "orders")
    lines = [line(sku=SKUS[0], quantity=1)]
    await settles(service, (await arrives(service, order_of_shop(order_id="S-0", lines=lines))).order_no)
    for order_id, payment in (("S-1", "paid"), ("S-2", "free")):
        await arrives(service, order_of_shop(order_id=order_id, payment=payment))


def _check_that_it_was_thorough(sent: list[Exchange]) -> None:
    phases = Counter(exchange.phase for exchange in sent)
    assert phases.keys() >= {"examples", "coverage", "fuzzing", "stateful"}
    assert len(sent) >= REQUESTS_MIN, phases
    # A call that was only ever refused was not tried behind its first check.
    succeeded = {exchange.operation for exchange in sent if exchange.positive and exchange.succeeded}
    assert {f"{route.method} {route.path}" for route in ROUTES} - succeeded == NOBODY_CAN_SIGN
    generated = [exchange for exchange in sent if exchange.positive and exchange.phase in {"fuzzing", "stateful"}]
    accepted = [exchange for exchange in generated if exchange.succeeded]
    refused = Counter((each.operation, each.status) for each in generated if not each.succeeded)
    assert len(accepted) >= ACCEPTED_SHARE_MIN * len(generated), refused


def _check_that_links_lead_on(sent: list[Exchange]) -> None:
    """From one success to the next, not into 404."""
    steps = Counter(pair for exchange in sent for pair in pairwise(exchange.chain[-2:]))
    assert [walk for walk in WALKS if not steps[walk]] == [], steps
    assert len(steps) >= LINKS_MIN, steps


async def _deliver(url: str, delivery: str) -> None:
    async with Api(url, BOOTSTRAP_KEY) as api:
        await deliver(api, delivery)
        (await api.get("/v1/stock", {})).ok()  # the ledger knows of it by now
