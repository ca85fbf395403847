"""A real signed call to a platform on this machine: what comes of it, and that it lets a stopped shop go on."""

import logging
import traceback
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from inventory_service.domain.errors import NotReady, Refused
from inventory_service.ledger.credentials import PostgresCredentials
from inventory_service.usecases.shops.ports import Author, CredentialSource, Probed, ProbeOutcome
from inventory_service.usecases.shops.probe_shop import ProbeShop
from inventory_service.usecases.shops.watch_credentials import CREDENTIAL_INVALID
from tests.shops.house import FIRST, SECOND, SHOP, House, Process
from tests.shops.platform import Platform, platform, probe, signed

HOUR_MS = 3_600_000


@pytest.fixture
async def there() -> AsyncIterator[Platform]:
    async with platform(FIRST.app_secret) as made:
        yield made


@pytest.fixture
async def opened(here: Process, there: Platform) -> Process:
    """A process that knows the shop at this platform, with the right credential."""
    await here.manage.put(replace(SHOP, base_url=there.url), "desk")
    await here.secrets.set("tees", FIRST, 0, "desk")
    return here


def probing(process: Process, within_s: float = 30.0) -> ProbeShop:
    return ProbeShop(process.shops, process.credentials, process.watch, probe, within_s=within_s)


async def test_a_right_credential_is_answered(opened: Process, there: Platform) -> None:
    probed = await probing(opened)("tees")
    assert (probed.result, probed.app_key, probed.version) == (Probed(ProbeOutcome.OK), "key-1", 1)
    assert there.seen == [signed(FIRST.app_secret, b'{"probe": true}')]


async def test_a_wrong_one_is_told_with_the_part_to_look_at(opened: Process, there: Platform) -> None:
    there.secret = "changed-at-night"
    probed = await probing(opened)("tees")
    refused = Probed(ProbeOutcome.CREDENTIAL_REFUSED, "app_secret", "25", "Invalid signature")
    assert (probed.result, probed.version) == (refused, 1)


async def test_during_a_change_either_of_two_opens(opened: Process, there: Platform) -> None:
    await opened.secrets.set("tees", SECOND, HOUR_MS, "desk")
    for secret in (FIRST.app_secret, SECOND.app_secret):
        there.secret = secret
        assert (await probing(opened)("tees")).result.outcome is ProbeOutcome.OK
    assert len(there.seen) == 3  # the newest first


async def test_a_secret_set_elsewhere_is_used_at_once(empty: House, opened: Process, there: Platform) -> None:
    assert await opened.watch.may_call("tees")
    there.secret = SECOND.app_secret
    await empty.process().secrets.set("tees", SECOND, 0, "person")
    probed = await probing(opened)("tees")
    assert (probed.result.outcome, probed.version) == (ProbeOutcome.OK, 2)


async def test_an_answer_that_is_good_lets_a_stopped_shop_go_on(empty: House, opened: Process, there: Platform) -> None:
    """The platform took its change back: no newer credential will come."""
    there.secret = "changed-at-night"
    for _ in range(2):
        await opened.watch.refused("tees", "app_secret", "Invalid signature")
    assert (await probing(opened)("tees")).result.outcome is ProbeOutcome.CREDENTIAL_REFUSED
    assert not await opened.watch.may_call("tees")
    there.secret = FIRST.app_secret
    assert (await probing(opened)("tees")).result.outcome is ProbeOutcome.OK
    assert await opened.watch.may_call("tees")
    assert [alarm["state"] for alarm in await empty.alarms(CREDENTIAL_INVALID)] == ["closed"]


async def test_silence_ends(opened: Process, there: Platform) -> None:
    there.silent = True
    probed = await probing(opened, within_s=0.05)("tees")
    assert probed.result == Probed(ProbeOutcome.UNREACHABLE, detail="no answer within 0.05 s")


async def test_without_a_credential_or_a_shop_nobody_is_called(here: Process, there: Platform) -> None:
    await here.manage.put(replace(SHOP, base_url=there.url), "desk")
    probed = await probing(here)("tees")
    assert (probed.result.outcome, probed.result.which, probed.version) == (
        ProbeOutcome.CREDENTIAL_REFUSED,
        "app_key",
        0,
    )
    with pytest.raises(Refused, match="There is no shop tea"):
        await probing(here)("tea")
    assert there.seen == []


async def test_nothing_secret_is_in_errors_tracebacks_and_logs(
    empty: House, opened: Process, there: Platform, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever fails with a credential in its hands: the traceback that a log would have, and every log at debug."""
    caplog.set_level(logging.DEBUG)

    async def breaks(_shop: object, credentials: CredentialSource) -> Probed:
        (credential,) = await credentials.live()
        raise RuntimeError(f"a bug, with {credential!r}")

    keyless = PostgresCredentials(empty.pool, None)
    await empty.pool.execute("ALTER TABLE shop_credentials ADD CHECK (app_key <> 'refused-by-postgres')")
    failing = [
        ProbeShop(opened.shops, opened.credentials, opened.watch, breaks)("tees"),
        opened.secrets.set("tea", SECOND, 0, "desk"),
        opened.secrets.set("tees", replace(SECOND, app_key="refused-by-postgres"), 0, "desk"),
        opened.secrets.set("tees", replace(SECOND, app_key="half\0"), 0, "desk"),
        keyless.put(SHOP, SECOND, 0, Author("desk", 0)),
        empty.process({2: b"k" * 32}).credentials.live("tees"),
    ]
    told = []
    for work in failing:
        with pytest.raises((RuntimeError, Refused, NotReady)) as error:
            await work
        told.append("".join(traceback.format_exception(error.value)))
    assert "a bug, with Credential(" in told[0]
    assert "violates check constraint" in told[2]
    everything = "\n".join([*told, caplog.text])
    assert [secret for secret in (*FIRST.secrets, *SECOND.secrets) if secret in everything] == []
