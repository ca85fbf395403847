"""Thresholds, preorders and transfers while many callers come at once, from several processes."""

from collections import Counter

from tests.acceptance.service import RunningService
from tests.acceptance.shop import Shop
from tests.races.callers import Call, Heard, call_at_once, call_from_processes

SOON = "2099-01-01T00:00:00.000Z"
CALLERS = 40


async def test_what_is_withheld_and_what_is_sold_ahead(service: RunningService, shop: Shop) -> None:
    """60 on the shelf, 10 of them withheld; 40 on their way, 30 of them for sale: 80 units, and not one more."""
    sku = await shop.stocked(60)
    await shop.move("expect", 40, warehouse="PEK", expected_at=SOON)
    policy = {"preorder_limit": 30, "total_safety_stock": 10, "channels": {"taobao": {"pause_below": 20}}}
    (await shop.api.put(f"/v1/stock/{sku}/policy", policy)).ok()
    orders = [Call("/v1/reservations", shop.order(channel=("shop", "taobao")[n % 2])) for n in range(600)]
    heard = await call_from_processes(service.url, orders, processes=3, callers=CALLERS)
    held = [answer.body for answer in heard if answer.status == 201]
    assert Counter(answer.outcome for answer in heard) == {"held": 80, "insufficient_stock": 520}
    assert sum(body["channel"] == "taobao" for body in held) <= 31, "fifty are left, and below twenty it pauses"
    reasons = {short["reason"] for answer in heard if answer.status == 409 for short in answer.body["shortages"]}
    assert reasons == {"paused", "not_enough"}
    stock = await shop.stock()
    assert (stock["held"], stock["preordered"], stock["deficit"]) == (80, 30, 0)
    assert sum("ship_by" in body for body in held) == 30


async def test_a_transfer_is_sent_and_received_once_while_it_is_sold(service: RunningService, shop: Shop) -> None:
    """Every step of ten transfers comes three times, between orders that want the same units."""
    sku = await shop.stocked(40)
    names = [shop.id("t") for _ in range(10)]
    path, lines = "/v1/stock/transfers", [{"sku": sku, "quantity": 5}]
    opened = [Call(path, {"transfer_id": name, "from": "SHA", "to": "PEK", "lines": lines}) for name in names]
    assert {each.status for each in await call_at_once(shop.api, opened * 2, CALLERS)} == {200, 201}
    sends = [Call(f"{path}/{name}/ship", {}) for name in names] * 3
    orders = [Call("/v1/reservations", shop.order(2)) for _ in range(60)]
    mixed = [call for pair in zip(sends, orders[:30], strict=True) for call in pair] + orders[30:]
    heard = await call_from_processes(service.url, mixed, processes=2, callers=CALLERS)
    outcomes = Counter(map(told, heard))
    assert outcomes.keys() <= {"in_transit", "replayed", "held", "insufficient_stock", "would_break_commitments"}
    sent, held = outcomes["in_transit"], outcomes["held"]
    assert 5 * sent + 2 * held <= 40
    receipts = [
        Call(f"{path}/{name}/receive", {"receipt_id": "dock", "lines": lines, "close": True}) for name in names
    ] * 3
    received = Counter(map(told, await call_from_processes(service.url, receipts, 2, CALLERS)))
    assert (received["received"], received["replayed"]) == (sent, 2 * sent)
    stock = await shop.stock()
    assert (stock["on_hand"], stock["held"], stock["incoming"], stock["in_transit"]) == (40, 2 * held, 0, 0)


def told(answer: Heard) -> str:
    """The state of the transfer, where it was one that was changed."""
    moved = answer.status < 400 and not answer.replayed and "state" in answer.body
    return str(answer.body["state"]) if moved else answer.outcome
