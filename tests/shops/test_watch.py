"""Refused calls stop a shop, say once which credential to look at, and a newer one lets it go on."""

import json
from dataclasses import replace

import pytest

from inventory_service.domain.shops.refusals import WITHIN_MS
from inventory_service.ledger.alarm_book import PostgresAlarmBook
from inventory_service.usecases.shops.ports import Author
from inventory_service.usecases.shops.watch_credentials import CREDENTIAL_INVALID
from inventory_service.usecases.sync.adapter import CredentialRefused
from tests.shops.house import FIRST, SECOND, SHOP, House, Process

SAID = "Invalid signature [25]"


@pytest.fixture
async def opened(here: Process) -> Process:
    """The same with a credential, which it has read."""
    await here.secrets.set("tees", FIRST, 0, "desk")
    assert await here.watch.may_call("tees")
    return here


async def refused(process: Process, times: int) -> None:
    for _ in range(times):
        await process.watch.refused("tees", "app_secret", SAID)


async def test_a_burst_stops_the_calls_and_names_the_credential_once(empty: House, opened: Process) -> None:
    await refused(opened, 1)
    assert await opened.watch.may_call("tees")
    assert await empty.alarms(CREDENTIAL_INVALID) == []
    await refused(opened, 327)
    assert not await opened.watch.may_call("tees")
    (alarm,) = await empty.alarms(CREDENTIAL_INVALID)
    assert (alarm["cause"], alarm["state"], alarm["count"]) == ("tees", "open", 1)
    assert json.loads(alarm["detail"]) == {
        "shop": "tees",
        "channel": "taobao",
        "which": "app_secret",
        "app_key": "key-1",
        "version": 1,
        "reason": "taobao refuses the app_secret of app key key-1, version 1",
        "said": SAID,
        "responsible": "Li Lei",
    }


async def test_a_sentence_of_the_platform_that_no_store_holds_stops_the_shop_all_the_same(
    empty: House, opened: Process
) -> None:
    for _ in range(2):
        error = CredentialRefused("app_secret", "Invalid\x00 signature \ud83d", "2\x005")
        await opened.watch.refused("tees", error.which, str(error))
    assert not await opened.watch.may_call("tees")
    (alarm,) = await empty.alarms(CREDENTIAL_INVALID)
    assert json.loads(alarm["detail"])["said"] == "Invalid  signature   [2 5]"


async def test_every_process_stops_also_one_that_starts_anew(empty: House, opened: Process) -> None:
    await refused(opened, 2)
    there = empty.process()
    assert not await there.watch.may_call("tees")
    await refused(there, 5)
    assert [alarm["count"] for alarm in await empty.alarms(CREDENTIAL_INVALID)] == [1]


async def test_a_newer_version_set_elsewhere_lets_it_go_on(empty: House, opened: Process) -> None:
    await refused(opened, 2)
    await empty.process().secrets.set("tees", SECOND, 0, "person")
    await opened.credentials.look_again()
    assert await opened.watch.may_call("tees")
    assert [alarm["state"] for alarm in await empty.alarms(CREDENTIAL_INVALID)] == ["closed"]
    assert [change.action for change in await opened.manage.history("tees")][:3] == ["resumed", "set", "paused"]
    await refused(opened, 1)
    assert await opened.watch.may_call("tees")
    await refused(opened, 1)
    assert not await opened.watch.may_call("tees")
    assert [alarm["state"] for alarm in await empty.alarms(CREDENTIAL_INVALID)] == ["closed", "open"]


async def test_a_secret_that_was_changed_this_moment_is_found_at_once(empty: House, opened: Process) -> None:
    await empty.process().secrets.set("tees", SECOND, 0, "person")  # not heard of yet
    await refused(opened, 1)
    assert [credential.version for credential in await opened.credentials.live("tees")] == [2]
    await refused(opened, 1)
    assert await opened.watch.may_call("tees")
    assert await empty.alarms(CREDENTIAL_INVALID) == []


async def test_a_success_or_a_long_while_between_makes_it_no_burst(empty: House, opened: Process) -> None:
    await refused(opened, 1)
    await opened.watch.went_well("tees")
    await refused(opened, 1)
    empty.now_ms += WITHIN_MS + 1
    await refused(opened, 1)
    assert await opened.watch.may_call("tees")
    await refused(opened, 1)
    assert not await opened.watch.may_call("tees")


async def test_one_shop_stops_no_other(opened: Process) -> None:
    await opened.manage.put(replace(SHOP, shop="teas"), "desk")
    await opened.secrets.set("teas", SECOND, 0, "desk")
    await opened.watch.refused("teas", "app_secret", SAID)
    await refused(opened, 2)
    assert not await opened.watch.may_call("tees")
    assert await opened.watch.may_call("teas")


async def test_without_a_credential_it_stops_until_the_first(empty: House, here: Process) -> None:
    await refused(here, 2)
    assert not await here.watch.may_call("tees")
    (alarm,) = await empty.alarms(CREDENTIAL_INVALID)
    assert json.loads(alarm["detail"])["reason"] == "taobao refuses the app_secret of app key none, version 0"
    await here.secrets.set("tees", FIRST, 0, "desk")
    assert await here.watch.may_call("tees")


async def test_an_alarm_that_was_raised_before_a_crash_is_raised_again_and_the_shop_stops(
    empty: House, opened: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def crash(shop: str, reason: str, version: int, author: Author) -> bool:
        raise ConnectionError("killed")

    with monkeypatch.context() as patched:
        patched.setattr(opened.shops, "pause", crash)
        await refused(opened, 1)
        with pytest.raises(ConnectionError):
            await refused(opened, 1)
    there = empty.process()
    assert await there.watch.may_call("tees")
    await refused(there, 2)
    assert not await there.watch.may_call("tees")
    (alarm,) = await empty.alarms(CREDENTIAL_INVALID)
    assert (alarm["state"], alarm["count"]) == ("open", 2)


async def test_an_alarm_is_closed_although_we_ended_between_the_shop_and_its_alarm(
    empty: House, opened: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def crash(*_: object) -> None:
        raise ConnectionError("killed")

    await refused(opened, 2)
    await empty.process().secrets.set("tees", SECOND, 0, "person")
    await opened.credentials.look_again()
    with monkeypatch.context() as patched:
        patched.setattr(PostgresAlarmBook, "close_alarm", crash)
        with pytest.raises(ConnectionError):
            await opened.watch.may_call("tees")
    there = empty.process()
    assert await there.watch.may_call("tees")
    await there.watch.went_well("tees")
    assert [alarm["state"] for alarm in await empty.alarms(CREDENTIAL_INVALID)] == ["closed"]


async def test_an_alarm_whose_shop_was_not_stopped_any_more_is_closed_by_the_next_success(
    empty: House, opened: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def crash(*_: object) -> bool:
        raise ConnectionError("killed")

    with monkeypatch.context() as patched:
        patched.setattr(opened.shops, "pause", crash)
        await refused(opened, 1)
        with pytest.raises(ConnectionError):
            await refused(opened, 1)
    await empty.process().watch.went_well("tees")
    assert [alarm["state"] for alarm in await empty.alarms(CREDENTIAL_INVALID)] == ["closed"]


async def test_a_shop_that_is_switched_off_or_unknown_is_not_called(opened: Process) -> None:
    await opened.manage.put(replace(SHOP, enabled=False), "desk")
    assert not await opened.watch.may_call("tees")
    assert not await opened.watch.may_call("tea")
    await opened.watch.refused("tea", "app_key", SAID)
