"""What is repeated, how often, after which wait, and always with the same id."""

import json
from collections.abc import Awaitable, Callable

import pytest

from inventory_service.client import (
    Confirm,
    Extend,
    InsufficientStock,
    InventoryClient,
    InventoryError,
    Movement,
    NotReady,
    OutcomeUnknown,
    Overloaded,
    ReceivedLine,
    Release,
    Reserve,
    Retry,
    Scan,
    ShortPick,
    Unauthenticated,
    Unavailable,
    UnexpectedAnswer,
    Unreachable,
)
from tests.acceptance.service import BOOTSTRAP_KEY, RunningService
from tests.client import trouble as deeds
from tests.client.conftest import ELSEWHERE, UNITS, WAREHOUSE, Pauses
from tests.client.trouble import Deed, Trouble, in_between

LOST: dict[str, Deed] = {
    "answer": deeds.answer_lost,
    "half the answer": deeds.answer_torn,
    "request": deeds.request_lost,
}


@pytest.mark.parametrize("lost", LOST)
async def test_a_lost_answer_makes_one_hold(
    trouble: Trouble, troubled: InventoryClient, client: InventoryClient, sku: str, lost: str
) -> None:
    trouble.deeds += [LOST[lost], LOST[lost]]
    held = await troubled.reserve({sku: 3})
    assert len(trouble.sent) == 3
    assert {sent.json["reservation_id"] for sent in trouble.sent} == {held.reservation_id}
    assert len({sent.body for sent in trouble.sent}) == 1
    assert held.replayed == (lost != "request")
    assert (await client.stock(sku)).held == 3


async def test_an_answer_that_never_comes_is_not_waited_for(
    trouble: Trouble, troubled: InventoryClient, client: InventoryClient, sku: str
) -> None:
    trouble.deeds.append(deeds.never_answered)
    await troubled.reserve({sku: 3}, retry=Retry(attempt_seconds=0.3))
    assert len(trouble.sent) >= 2  # a slow machine may need a third
    assert len({sent.body for sent in trouble.sent}) == 1
    assert (await client.stock(sku)).held == 3


Act = Callable[[InventoryClient, str, str], Awaitable[object]]

ACTS: dict[str, Act] = {
    "confirm": lambda client, held, _sku: client.confirm(held),
    "release": lambda client, held, _sku: client.release(held),
    "release a part": lambda client, held, sku: client.release(held, lines={sku: 1}),
    "extend": lambda client, held, _sku: client.extend(held, ttl_seconds=60),
    "move": lambda client, _held, sku: client.move_stock(
        [Movement(type="receive", sku=sku, warehouse=WAREHOUSE, quantity=1)]
    ),
    "scan": lambda client, held, sku: client.scan(
        [Scan(reservation_id=held, warehouse=WAREHOUSE, sku=sku, quantity=1)]
    ),
    "batch": lambda client, held, sku: client.batch(
        [Reserve(lines={sku: 1}), Release(reservation_id=held, lines={sku: 1}), Confirm(reservation_id=held)]
    ),
    "policy": lambda client, _held, sku: client.set_policy(sku, safety_stock=1),
    "reallocate": lambda client, held, _sku: client.reallocate(held),
    "transfer": lambda client, _held, sku: client.open_transfer(WAREHOUSE, ELSEWHERE, {sku: 2}, ship=True),
    "short pick": lambda client, held, sku: client.report_short_picks(
        [ShortPick(reservation_id=held, warehouse=WAREHOUSE, sku=sku, quantity=1)]
    ),
}


@pytest.mark.parametrize("act", ACTS)
async def test_every_change_is_repeated_as_the_same_operation(
    trouble: Trouble, troubled: InventoryClient, client: InventoryClient, sku: str, act: str
) -> None:
    held = (await client.reserve({sku: 4})).reservation_id
    trouble.deeds += [deeds.answer_lost, deeds.answer_lost]
    await ACTS[act](troubled, held, sku)
    bodies = {sent.body for sent in trouble.sent}
    keys = {sent.headers.get("idempotency-key") for sent in trouble.sent}
    assert (len(trouble.sent), len(bodies), len(keys)) == (3, 1, 1)
    once = await _numbers_after(client, act)
    stock = await client.stock(sku)
    assert (stock.on_hand, stock.held, stock.committed) == once


async def _numbers_after(client: InventoryClient, act: str) -> tuple[int, int, int]:
    """(on hand, held, committed) when the act was done exactly once to 10 units of which 4 were held."""
    return {
        "confirm": (UNITS, 0, 4),
        "release": (UNITS, 0, 0),
        "release a part": (UNITS, 3, 0),
        "extend": (UNITS, 4, 0),
        "move": (UNITS + 1, 4, 0),
        "scan": (UNITS - 1, 0, 3),
        "batch": (UNITS, 1, 3),
        "policy": (UNITS, 4, 0),
        "reallocate": (UNITS, 4, 0),
        "transfer": (UNITS - 2, 4, 0),
        "short pick": (UNITS - 1, 4, 0),
    }[act]


async def test_a_receipt_whose_answer_is_lost_is_booked_once(
    trouble: Trouble, troubled: InventoryClient, client: InventoryClient, sku: str
) -> None:
    sent = await client.open_transfer(WAREHOUSE, ELSEWHERE, {sku: 5}, ship=True)
    trouble.deeds += [deeds.answer_lost, deeds.answer_lost]
    received = await troubled.receive_transfer(sent.transfer_id, [ReceivedLine(sku=sku, quantity=2)])
    assert len({sent.json["receipt_id"] for sent in trouble.sent}) == 1
    assert (len(trouble.sent), received.replayed, received.lines[0].received) == (3, True, 2)


async def test_steps_of_a_transfer_whose_answers_are_lost_are_taken_once(
    trouble: Trouble, troubled: InventoryClient, client: InventoryClient, sku: str
) -> None:
    trouble.deeds += [deeds.answer_lost]
    plan = await troubled.open_transfer(WAREHOUSE, ELSEWHERE, {sku: 5})
    trouble.deeds += [deeds.answer_lost]
    shipped = await troubled.ship_transfer(plan.transfer_id, lines={sku: 4})
    other = await client.open_transfer(WAREHOUSE, ELSEWHERE, {sku: 1})
    trouble.deeds += [deeds.answer_lost]
    given_up = await troubled.cancel_transfer(other.transfer_id)
    assert [(each.state, each.replayed) for each in (plan, shipped, given_up)] == [
        ("draft", True), ("in_transit", True), ("cancelled", True),
    ]  # fmt: skip
    assert (await client.stock(sku)).on_hand == UNITS - 4


async def test_a_preview_is_a_question(trouble: Trouble, troubled: InventoryClient, sku: str) -> None:
    trouble.deeds += [deeds.answer_lost] * 5
    with pytest.raises(Unreachable):
        await troubled.preview_allocation({sku: 1})
    assert len(trouble.sent) == 5


async def test_a_confirm_carries_a_key_and_keeps_yours(
    trouble: Trouble, troubled: InventoryClient, client: InventoryClient, sku: str
) -> None:
    held = (await client.reserve({sku: 1})).reservation_id
    await troubled.extend(held, ttl_seconds=60)
    await troubled.confirm(held, idempotency_key="payment-7")
    first, second = (sent.headers["idempotency-key"] for sent in trouble.sent)
    assert first.startswith("op_")
    assert second == "payment-7"


PATIENCE: dict[str, tuple[Deed, float]] = {
    "503 in milliseconds": (deeds.problem(503, "not_ready", retry_after_ms=1500, retry_after="2"), 1.5),
    "503 in seconds": (deeds.problem(503, "overloaded", retry_after="2"), 2.0),
    "503 of a proxy": (deeds.says(503, b"<h1>later</h1>", "text/html", Retry_After="3"), 3.0),
    "429": (deeds.problem(429, "rate_limited", retry_after_ms=700), 0.7),
    "429 of a proxy": (deeds.says(429, b"", "text/plain", Retry_After="4"), 4.0),
    "no hint": (deeds.problem(503, "not_ready"), 0.0),
    "a date of no calendar": (
        deeds.problem(503, "not_ready", retry_after=f"Wed, 21 Oct {'9' * 20} 07:28:00 GMT"),
        0.0,
    ),
    "a hint that is none": (deeds.problem(503, "not_ready", retry_after="soon"), 0.0),
}


@pytest.mark.parametrize("case", PATIENCE)
async def test_it_waits_as_it_was_told(
    trouble: Trouble, troubled: InventoryClient, pauses: Pauses, sku: str, case: str
) -> None:
    deed, told_seconds = PATIENCE[case]
    trouble.deeds += [deed, deed]
    held = await troubled.reserve({sku: 1})
    assert held.status == "held"
    first, second = pauses
    assert told_seconds <= first <= told_seconds + 0.1
    assert told_seconds <= second <= told_seconds + 0.2
    assert {sent.json["reservation_id"] for sent in trouble.sent} == {held.reservation_id}


async def test_a_wait_beyond_the_time_left_is_not_begun(
    trouble: Trouble, troubled: InventoryClient, pauses: Pauses, sku: str
) -> None:
    trouble.deeds.append(deeds.problem(503, "overloaded", retry_after_ms=61_000))
    with pytest.raises(Overloaded) as caught:
        await troubled.reserve({sku: 1})
    assert (caught.value.retry_after_ms, pauses, len(trouble.sent)) == (61_000, [], 1)


async def test_attempts_are_bounded_per_client_and_per_call(
    trouble: Trouble, troubled: InventoryClient, sku: str
) -> None:
    trouble.deeds += [deeds.problem(503, "not_ready")] * 9
    with pytest.raises(NotReady):
        await troubled.reserve({sku: 1})
    assert len(trouble.sent) == 5
    with pytest.raises(NotReady):
        await troubled.reserve({sku: 1}, retry=Retry(attempts=2))
    assert len(trouble.sent) == 7


FINAL: dict[str, tuple[Deed, type[InventoryError]]] = {
    "refused": (deeds.problem(409, "insufficient_stock", retryable=False), InsufficientStock),
    "a code of tomorrow": (deeds.problem(503, "closed_for_ever", retryable=False), Unavailable),
    "no key": (deeds.problem(401, "unauthenticated", retryable=False), Unauthenticated),
    "a page that is not there": (deeds.says(404, b"<h1>?</h1>", "text/html"), UnexpectedAnswer),
    "somewhere else": (deeds.says(302, b"", "text/html", Location="/login"), UnexpectedAnswer),
}


@pytest.mark.parametrize("case", FINAL)
async def test_what_is_final_is_not_repeated(trouble: Trouble, troubled: InventoryClient, sku: str, case: str) -> None:
    deed, kind = FINAL[case]
    trouble.deeds.append(deed)
    with pytest.raises(kind):
        await troubled.reserve({sku: 1})
    assert len(trouble.sent) == 1


UNKNOWN: dict[str, Deed] = {
    "answer lost": deeds.answer_lost,
    "said so": deeds.problem(503, "outcome_unknown"),
    "gateway timed out": deeds.says(504, b"<h1>504</h1>", "text/html"),
    "a page instead of an answer": deeds.says(200, b"<h1>Welcome</h1>", "text/html"),
    "an answer of another kind": deeds.says(201, b'{"hello": 1}', "application/json"),
}


@pytest.mark.parametrize("case", UNKNOWN)
async def test_what_may_have_happened_is_said_with_its_id(
    trouble: Trouble, troubled: InventoryClient, sku: str, case: str
) -> None:
    trouble.deeds += [UNKNOWN[case]] * 5
    with pytest.raises(OutcomeUnknown) as caught:
        await troubled.reserve({sku: 1}, reservation_id="mine")
    assert (caught.value.ids, caught.value.reservation_id, caught.value.retryable) == (("mine",), "mine", True)
    assert {sent.json["reservation_id"] for sent in trouble.sent} == {"mine"}


async def test_asked_later_it_turns_out_to_have_happened(trouble: Trouble, troubled: InventoryClient, sku: str) -> None:
    trouble.deeds += [deeds.answer_lost] * 5
    with pytest.raises(OutcomeUnknown) as caught:
        await troubled.reserve({sku: 2})
    assert (await troubled.reservation(caught.value.reservation_id)).status == "held"
    held = await troubled.reserve({sku: 2}, reservation_id=caught.value.ids[0])
    assert held.replayed


@pytest.mark.parametrize(
    "last", [deeds.problem(401, "unauthenticated", False), deeds.problem(500, "internal", False)], ids=["401", "500"]
)
async def test_a_refusal_at_the_door_says_nothing_of_a_lost_answer(
    trouble: Trouble, troubled: InventoryClient, sku: str, last: Deed
) -> None:
    trouble.deeds += [deeds.answer_lost, last]
    with pytest.raises(OutcomeUnknown) as caught:
        await troubled.reserve({sku: 1})
    assert len(trouble.sent) == 2
    assert (await troubled.reservation(caught.value.reservation_id)).status == "held"


async def test_a_refusal_of_the_thing_itself_settles_it(trouble: Trouble, troubled: InventoryClient, sku: str) -> None:
    trouble.deeds.append(deeds.answer_lost)
    with pytest.raises(InsufficientStock):
        await troubled.reserve({sku: UNITS + 1})


async def test_a_lost_question_is_no_doubt(trouble: Trouble, troubled: InventoryClient, sku: str) -> None:
    trouble.deeds += [deeds.answer_lost] * 10  # aiohttp itself repeats a question once, within each attempt
    with pytest.raises(Unreachable):
        await troubled.stock(sku)
    assert not trouble.deeds
    trouble.deeds += [deeds.answer_torn, deeds.says(502, b"", "text/html")]
    assert (await troubled.stock(sku)).sku == sku


async def test_where_nobody_listens_nothing_was_sent(service: RunningService, pauses: Pauses) -> None:
    async with in_between(service.url) as gone:
        url = gone.url
    async with InventoryClient(url, BOOTSTRAP_KEY, retry=Retry(attempts=3)) as client:
        client._caller.pause = pauses
        with pytest.raises(Unreachable) as caught:
            await client.reserve({"TEE": 1})
    assert (caught.value.status, len(pauses)) == (0, 2)


async def test_lists_tell_all_their_ids(trouble: Trouble, troubled: InventoryClient, sku: str) -> None:
    trouble.deeds += [deeds.request_lost] * 20
    movement = Movement(type="receive", sku=sku, warehouse=WAREHOUSE, quantity=1)
    with pytest.raises(OutcomeUnknown) as caught:
        await troubled.move_stock([movement, movement])
    assert caught.value.ids == (movement.movement_id, movement.movement_id)
    scan = Scan(order_ref="1", warehouse=WAREHOUSE, sku=sku, quantity=1)
    with pytest.raises(OutcomeUnknown) as caught:
        await troubled.scan([scan])
    assert caught.value.ids == (scan.scan_id,)
    short = ShortPick(order_ref="1", warehouse=WAREHOUSE, sku=sku, quantity=1)
    with pytest.raises(OutcomeUnknown) as caught:
        await troubled.report_short_picks([short])
    assert caught.value.ids == (short.short_pick_id,)
    part = Release(reservation_id="r", lines={sku: 1})
    with pytest.raises(OutcomeUnknown) as caught:
        await troubled.batch([part, Extend(reservation_id="e", ttl_seconds=1)])
    assert caught.value.ids == (part.release_id, "e")


async def test_not_ready_is_an_answer_and_asked_once(trouble: Trouble, troubled: InventoryClient) -> None:
    trouble.deeds.append(deeds.problem(503, "not_ready", reasons=["Redis is away"]))
    answer = await troubled.ready()
    assert (answer.ready, answer.reasons, len(trouble.sent)) == (False, ("Redis is away",), 1)


async def test_a_result_that_cannot_be_read_leaves_its_neighbours(trouble: Trouble, troubled: InventoryClient) -> None:
    missing = {"code": "not_found", "status": 404, "detail": "?"}
    results = [{"status": 201, "body": {"hello": 1}}, {"status": 404, "body": missing}]
    body = json.dumps({"results": results}).encode()
    trouble.deeds.append(deeds.says(200, body, "application/json"))
    odd, plain = await troubled.batch([Confirm(reservation_id="a"), Confirm(reservation_id="b")])
    assert odd.problem is not None
    assert odd.problem.code == "unexpected_answer"
    assert plain.problem is not None
    assert plain.problem.code == "not_found"
