"""A hold lasts as long as its block, however the block is left, and never longer than it must."""

import asyncio
import logging

import pytest

from inventory_service.client import (
    InsufficientStock,
    InventoryClient,
    NotHeld,
    OutcomeUnknown,
    ReservationExpired,
    Retry,
    hold,
)
from tests.acceptance.waiting import eventually
from tests.client import trouble as deeds
from tests.client.conftest import UNITS
from tests.client.trouble import Trouble


class PaymentFailed(Exception):
    """Of the shop's own code."""


@pytest.fixture
def quiet(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """Nothing of the client's may be worth a warning."""
    caplog.set_level(logging.WARNING, "inventory_service.client")
    return caplog


async def test_confirmed_in_the_block_it_stays(client: InventoryClient, sku: str) -> None:
    async with client.hold({sku: 2}, ttl_seconds=60) as held:
        assert held.reservation.status == "held"
        assert (await held.extend(ttl_seconds=120)).outcome == "extended"
        assert (await held.confirm()).status == "confirmed"
    assert held.reservation.status == "confirmed"
    assert (await client.stock(sku)).committed == 2


async def test_left_without_a_confirm_it_is_given_back(client: InventoryClient, sku: str) -> None:
    async with client.hold({sku: 2}) as held:
        assert (await client.stock(sku)).held == 2
    assert (await client.reservation(held.reservation_id)).status == "released"


async def test_an_exception_passes_and_the_stock_is_given_back(client: InventoryClient, sku: str) -> None:
    with pytest.raises(PaymentFailed):
        async with client.hold({sku: 2}):
            raise PaymentFailed
    assert (await client.stock(sku)).available == UNITS


async def test_after_a_confirm_an_exception_gives_nothing_back(client: InventoryClient, sku: str) -> None:
    async def checkout() -> None:
        async with client.hold({sku: 2}) as held:
            await held.confirm()
            raise PaymentFailed

    with pytest.raises(PaymentFailed):
        await checkout()
    assert (await client.stock(sku)).committed == 2


async def test_a_confirm_that_may_have_happened_gives_nothing_back(
    trouble: Trouble, troubled: InventoryClient, client: InventoryClient, sku: str
) -> None:
    async def checkout() -> None:
        async with troubled.hold({sku: 2}) as held:
            trouble.deeds.append(deeds.answer_lost)
            await held.confirm(retry=Retry(attempts=1))

    with pytest.raises(OutcomeUnknown) as caught:
        await checkout()
    assert (await client.reservation(caught.value.reservation_id)).status == "confirmed"


async def test_a_shortage_is_raised_and_nothing_is_held(client: InventoryClient, sku: str) -> None:
    with pytest.raises(InsufficientStock):
        async with client.hold({sku: UNITS + 1}):
            pytest.fail("the block must not run")
    assert (await client.stock(sku)).held == 0


async def test_an_expired_hold_is_left_in_silence(
    client: InventoryClient, sku: str, quiet: pytest.LogCaptureFixture
) -> None:
    async def pay_late() -> None:
        async with client.hold({sku: 2}, ttl_seconds=1) as held:
            await expired(client, held.reservation_id)
            await held.confirm()

    with pytest.raises(ReservationExpired):
        await pay_late()
    async with client.hold({sku: 2}, ttl_seconds=1) as held:
        await expired(client, held.reservation_id)
    assert not quiet.records


async def expired(client: InventoryClient, reservation_id: str) -> None:
    async def is_expired() -> bool:
        return (await client.reservation(reservation_id)).status == "expired"

    await eventually(is_expired, "the hold has expired")


@pytest.mark.parametrize("end", ["confirm", "release"])
async def test_an_id_that_is_held_no_more_never_runs_the_block(client: InventoryClient, sku: str, end: str) -> None:
    before = await client.reserve({sku: 2}, reservation_id=f"again-{sku}")
    before = await (client.confirm if end == "confirm" else client.release)(before.reservation_id)
    with pytest.raises(NotHeld, match=before.status):
        async with client.hold({sku: 2}, reservation_id=f"again-{sku}"):
            pytest.fail("the block must not run")
    assert (await client.reservation(before.reservation_id)).status == before.status


async def test_a_service_that_is_gone_hides_no_exception(
    trouble: Trouble, troubled: InventoryClient, sku: str, quiet: pytest.LogCaptureFixture
) -> None:
    async def checkout() -> None:
        async with troubled.hold({sku: 2}, reservation_id=f"left-{sku}"):
            trouble.deeds += [deeds.request_lost] * 4
            raise PaymentFailed

    with pytest.raises(PaymentFailed):
        await checkout()
    (record,) = quiet.records
    assert f"left-{sku}" in record.getMessage()


@pytest.mark.parametrize("left", ["cancelled", "at its end"])
async def test_a_cancelled_task_gives_back(trouble: Trouble, troubled: InventoryClient, sku: str, left: str) -> None:
    inside, leave = asyncio.Event(), asyncio.Event()

    async def checkout() -> None:
        async with troubled.hold({sku: 2}):
            inside.set()
            await leave.wait()

    task = asyncio.create_task(checkout())
    await inside.wait()
    trouble.arrived.clear()
    trouble.deeds.append(deeds.held_up_and_lost)
    if left == "cancelled":
        task.cancel()
    else:
        leave.set()
    await trouble.arrived.wait()  # the release is on its way, will be lost, and must be repeated
    task.cancel()
    trouble.go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await troubled.stock(sku)).held == 0


async def test_cancelled_while_it_is_taken_it_is_given_back(
    trouble: Trouble, troubled: InventoryClient, sku: str
) -> None:
    async def checkout() -> None:
        async with troubled.hold({sku: 2}):
            pytest.fail("the block must not run")

    trouble.deeds.append(deeds.held_up)
    task = asyncio.create_task(checkout())
    await trouble.arrived.wait()
    task.cancel()
    trouble.go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [sent.target.rpartition("/")[2] for sent in trouble.sent] == ["reservations", "release"]
    assert (await troubled.stock(sku)).held == 0


async def test_a_timeout_around_the_block_gives_back(client: InventoryClient, sku: str) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3), client.hold({sku: 2}):
            await asyncio.Event().wait()
    assert (await client.stock(sku)).held == 0


async def test_giving_back_is_bounded(
    trouble: Trouble, troubled: InventoryClient, sku: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service that takes the release and never answers keeps nobody in the block for ever."""
    monkeypatch.setattr(hold, "GIVE_BACK", Retry(attempts=4, total_seconds=0.5))
    async with troubled.hold({sku: 2}):
        trouble.deeds += [deeds.never_answered] * 4


async def test_outside_of_its_block_there_is_no_hold(client: InventoryClient, sku: str) -> None:
    with pytest.raises(RuntimeError, match="async with"):
        client.hold({sku: 2}).reservation  # noqa: B018
