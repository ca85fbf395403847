"""What every adapter does when tokens run out and secrets change, and that it tells nobody."""

import asyncio
import traceback
from dataclasses import replace

import pytest

from inventory_service.usecases.sync.adapter import (
    CredentialRefused,
    NotUnderstood,
    Temporary,
)
from tests.channels.channel import ATTEMPTS, HOUR_MS, MINUTE_MS, Channel
from tests.channels.troubles import BROKEN, NEVER_READ


async def test_an_expired_token_is_renewed_once_and_the_poll_goes_on(with_tokens: Channel) -> None:
    channel = with_tokens
    placed = channel.simulator.book.place_many(120, HOUR_MS - MINUTE_MS, 2 * MINUTE_MS)
    pages = iter(range(1000))

    def expire() -> None:
        if next(pages) == 2:
            channel.simulator.expire_tokens()

    channel.simulator.between_pages = expire
    await channel.poll()
    assert channel.kept.keys() == {order.order_id for order in placed}
    assert channel.simulator.refreshes == 1
    assert [renewed.access_token for renewed in channel.safe.renewals] == [channel.simulator.access_token]
    renewed = channel.safe.versions[0]
    assert renewed.refresh_token == channel.simulator.refresh_token
    assert renewed.expires_ms is not None
    assert renewed.expires_ms > channel.clock.now_ms()
    assert renewed.renewable_until_ms is None or renewed.renewable_until_ms > renewed.expires_ms


async def test_calls_that_meet_an_expired_token_together_renew_it_once(with_tokens: Channel) -> None:
    with_tokens.simulator.expire_tokens()
    await asyncio.gather(*(with_tokens.adapter.probe() for _ in range(8)))
    assert with_tokens.simulator.refreshes == 1


async def test_a_call_that_waited_while_the_token_was_renewed_goes_with_the_new_one(
    with_tokens: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two refusals stop a shop: they must not come of its calls that waited for their turn with the old token."""
    simulator, adapter, clock = with_tokens.simulator, with_tokens.adapter, with_tokens.clock
    order, wait = simulator.book.place(), clock.wait

    async def renewed_meanwhile(_: int) -> None:
        monkeypatch.setattr(clock, "wait", wait)
        simulator.expire_tokens()
        await adapter.order(order.order_id)

    await adapter.probe()
    monkeypatch.setattr(clock, "wait", renewed_meanwhile)
    await adapter.probe()
    assert simulator.refreshes == 1


async def test_a_renewed_token_that_is_over_too_is_not_renewed_for_ever(
    with_tokens: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulator = with_tokens.simulator
    new_tokens = simulator.new_tokens

    def stillborn() -> None:
        new_tokens()
        simulator.expire_tokens()

    monkeypatch.setattr(simulator, "new_tokens", stillborn)
    simulator.expire_tokens()
    with pytest.raises(CredentialRefused) as refused:
        await with_tokens.adapter.probe()
    assert refused.value.which == "access_token"
    assert simulator.refreshes == 1


async def test_a_refresh_token_that_is_over_is_for_a_person(with_tokens: Channel) -> None:
    with_tokens.simulator.expire_tokens()
    with_tokens.simulator.can_refresh = False
    with pytest.raises(CredentialRefused) as refused:
        await with_tokens.adapter.probe()
    assert refused.value.which == "refresh_token"


async def test_a_token_that_cannot_be_renewed_is_for_a_person(with_tokens: Channel) -> None:
    """Merchants' own applications have one of a fixed length."""
    with_tokens.safe.versions = [replace(with_tokens.safe.versions[0], refresh_token="")]
    with_tokens.simulator.expire_tokens()
    with pytest.raises(CredentialRefused) as refused:
        await with_tokens.adapter.probe()
    assert refused.value.which == "access_token"
    assert with_tokens.simulator.refreshes == 0


async def test_a_changed_secret_is_told_and_the_new_one_works_at_once(channel: Channel) -> None:
    placed = channel.simulator.book.place_many(3, HOUR_MS - MINUTE_MS, 2 * MINUTE_MS)
    channel.change_secret()
    before = channel.watermark
    with pytest.raises(CredentialRefused) as refused:
        await channel.poll()
    assert refused.value.which == "app_secret"
    assert channel.watermark == before
    assert channel.simulator.bad_signatures == 1, "a wrong signature is not repeated"

    channel.enter_secret()
    await channel.poll()
    assert channel.kept.keys() == {order.order_id for order in placed}


async def test_during_a_change_either_secret_works(channel: Channel) -> None:
    """The new one may be entered here before it is valid there, or after."""
    old = channel.simulator.secret
    channel.change_secret()
    new = channel.simulator.secret
    channel.enter_secret(keep_old=True)
    for valid in (old, new):
        channel.simulator.secret = valid
        await channel.adapter.probe()


async def test_no_secret_is_in_what_is_told(channel: Channel) -> None:
    """The simulators repeat in their refusals what they were sent, as platforms do."""
    shown = repr(channel.safe.versions)
    secrets = channel.safe.versions[0].secrets
    channel.change_secret()
    with pytest.raises(CredentialRefused) as refused:
        await channel.adapter.probe()
    told = "".join([shown, str(refused.value), repr(refused.value), refused.value.code, repr(refused.value.args)])
    assert len(secrets) == 3
    assert [secret for secret in secrets if secret in told] == []


async def test_no_secret_is_logged_or_in_a_traceback(channel: Channel, capfd: pytest.CaptureFixture[str]) -> None:
    """Douyin's calls carry the token in their address, and exceptions of the HTTP client carry addresses."""
    secrets = [*channel.safe.versions[0].secrets]
    tracebacks = []
    for trouble in [*BROKEN, *NEVER_READ]:
        channel.simulator.troubles += [trouble] * ATTEMPTS
        with pytest.raises((Temporary, NotUnderstood)) as failed:
            await channel.adapter.probe()
        tracebacks += traceback.format_exception(failed.value)
        channel.simulator.troubles.clear()
    channel.simulator.expire_tokens()
    await channel.adapter.probe()
    secrets += channel.safe.versions[0].secrets
    told = "".join([*tracebacks, *capfd.readouterr()])
    assert "channel.called" in told
    assert [secret for secret in secrets if secret in told] == []
