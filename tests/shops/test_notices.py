"""People hear of a changed credential once, and of one that ends 30, 7 and 1 day before."""

import json
from dataclasses import replace

import pytest

from inventory_service.domain.shops.credential import DAY_MS
from inventory_service.usecases.shops.tell_credentials import CREDENTIAL_CHANGED, CREDENTIAL_EXPIRING
from tests.alerts.office import PACE, Clock, Office
from tests.shops.house import FIRST, NOW_MS, SECOND, SHOP, House, Process


async def test_every_change_is_told_once(empty: House, here: Process) -> None:
    await here.secrets.set("tees", FIRST, 0, "person")
    await here.tell.run_once()
    await here.tell.run_once()
    (alarm,) = await empty.alarms(CREDENTIAL_CHANGED)
    assert (alarm["cause"], alarm["state"], alarm["count"]) == ("tees", "open", 1)
    told = {"shop": "tees", "channel": "taobao", "responsible": "Li Lei", "app_key": "key-1", "version": 1}
    assert json.loads(alarm["detail"]) == told | {"reason": "set by person"}
    await here.secrets.retire("tees", 1, "other")
    await empty.process().tell.run_once()
    (alarm,) = await empty.alarms(CREDENTIAL_CHANGED)
    assert (alarm["count"], json.loads(alarm["detail"])["reason"]) == (2, "retired by other")
    empty.now_ms += DAY_MS + 1
    await here.tell.run_once()
    assert [alarm["state"] for alarm in await empty.alarms(CREDENTIAL_CHANGED)] == ["closed"]


async def test_what_renews_itself_is_not_told_as_a_change(empty: House, here: Process) -> None:
    await here.secrets.set("tees", replace(FIRST, refresh_token="r", expires_ms=NOW_MS + 1), 0, "desk")
    await here.tell.run_once()
    (credential,) = await here.credentials.live("tees")
    await here.credentials.renewed(SHOP, replace(credential, access_token="t-2", expires_ms=NOW_MS + 2), NOW_MS)
    await here.tell.run_once()
    assert [alarm["count"] for alarm in await empty.alarms(CREDENTIAL_CHANGED)] == [1]


async def test_a_crash_between_alarm_and_note_tells_it_again(
    empty: House, here: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def crash(changes: list[int]) -> None:
        raise ConnectionError("killed")

    await here.secrets.set("tees", FIRST, 0, "person")
    with monkeypatch.context() as patched:
        patched.setattr(here.credentials, "told", crash)
        with pytest.raises(ConnectionError):
            await here.tell.run_once()
    await empty.process().tell.run_once()
    assert [(alarm["state"], alarm["count"]) for alarm in await empty.alarms(CREDENTIAL_CHANGED)] == [("open", 2)]


async def counts(empty: House, here: Process, days_left: float, ends_ms: int) -> list[tuple[str, int, str]]:
    """The alarms of the end, once it is so far."""
    empty.now_ms = ends_ms - int(days_left * DAY_MS)
    await here.tell.run_once()
    await here.tell.run_once()
    alarms = await empty.alarms(CREDENTIAL_EXPIRING)
    return [(alarm["state"], alarm["count"], json.loads(alarm["detail"])["reason"]) for alarm in alarms]


async def test_an_end_is_told_thirty_seven_and_one_day_before_until_it_is_replaced(empty: House, here: Process) -> None:
    ends_ms = NOW_MS + 365 * DAY_MS
    await here.secrets.set("tees", replace(FIRST, expires_ms=ends_ms), 0, "desk")
    assert await counts(empty, here, 31, ends_ms) == []
    assert await counts(empty, here, 30, ends_ms) == [("open", 1, "ends in 30.0 days")]
    assert await counts(empty, here, 8, ends_ms) == [("open", 1, "ends in 30.0 days")]
    assert await counts(empty, here, 6.5, ends_ms) == [("open", 2, "ends in 6.5 days")]
    assert await counts(empty, here, 1, ends_ms) == [("open", 3, "ends in 1.0 days")]
    assert await counts(empty, here, -1, ends_ms) == [("open", 3, "ends in 1.0 days")]
    await here.secrets.set("tees", replace(SECOND, expires_ms=empty.now_ms + 365 * DAY_MS), DAY_MS, "desk")
    await here.tell.run_once()
    assert [alarm["state"] for alarm in await empty.alarms(CREDENTIAL_EXPIRING)] == ["closed"]


async def test_a_renewal_ends_the_warning_and_begins_anew(empty: House, here: Process) -> None:
    renews = replace(FIRST, refresh_token="r", expires_ms=NOW_MS, renewable_until_ms=NOW_MS + 60 * DAY_MS)
    await here.secrets.set("tees", renews, 0, "desk")
    ends_ms = NOW_MS + 60 * DAY_MS
    assert await counts(empty, here, 5, ends_ms) == [("open", 1, "ends in 5.0 days")]
    (credential,) = await here.credentials.live("tees")
    later_ms = empty.now_ms + 60 * DAY_MS
    renewed = replace(credential, expires_ms=empty.now_ms + 1, renewable_until_ms=later_ms)
    await here.credentials.renewed(SHOP, renewed, empty.now_ms)
    assert [state for state, *_ in await counts(empty, here, 40, later_ms)] == ["closed"]
    assert [state for state, *_ in await counts(empty, here, 20, later_ms)] == ["closed", "open"]


async def test_who_has_acknowledged_one_change_is_told_of_the_next(empty: House, here: Process) -> None:
    office = Office(empty.pool, Clock())
    await here.secrets.set("tees", FIRST, 0, "desk")
    await here.tell.run_once()
    await office.tell()
    await office.acknowledge_all()
    await here.secrets.set("tees", SECOND, 0, "stranger")
    await here.tell.run_once()
    await office.work(PACE.more_ms)
    await office.work(PACE.still_ms - 1)
    assert office.chat.steps() == [("opened", CREDENTIAL_CHANGED, 1), ("more", CREDENTIAL_CHANGED, 1)]
    assert office.chat.got[-1].named[0].facts == {"reason": "set by stranger"}


async def test_who_has_acknowledged_thirty_days_is_told_of_seven_and_of_one(empty: House, here: Process) -> None:
    office, ends_ms = Office(empty.pool, Clock()), NOW_MS + 365 * DAY_MS
    await here.secrets.set("tees", replace(FIRST, expires_ms=ends_ms), 0, "desk")
    for days in (30, 7, 1):
        await counts(empty, here, days, ends_ms)
        await office.tell(DAY_MS)
        await office.acknowledge_all()
        await office.work(PACE.still_ms)
    told = [notice.named[0].facts["reason"] for notice in office.chat.got if notice.alarm == CREDENTIAL_EXPIRING]
    assert told == ["ends in 30.0 days", "ends in 7.0 days", "ends in 1.0 days"]
