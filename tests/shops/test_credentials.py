"""Credentials: sealed at rest, two live during a change, retired, renewed, sealed anew with a newer key."""

import asyncio
from dataclasses import replace
from datetime import datetime

import pytest

from inventory_service.domain.errors import NotReady, Refused
from inventory_service.domain.shops.credential import DAY_MS, Credential, State
from inventory_service.ledger.credentials import PostgresCredentials
from inventory_service.ledger.reseal import Reseal
from inventory_service.sealing import Sealer
from inventory_service.usecases.shops.ports import Author
from inventory_service.usecases.shops.probe_shop import ShopCredentials
from inventory_service.web.schemas.channels import CredentialBody, credential_of
from tests.acceptance.waiting import eventually
from tests.shops.house import FIRST, NEW_KEY, NOW_MS, OLD_KEY, SECOND, SHOP, House, Process, hearing, numbered

HOUR_MS = 3_600_000
SECRETS = (*FIRST.secrets, *SECOND.secrets)


async def states(process: Process) -> dict[int, str]:
    return {shown.version.version: shown.state.value for shown in await process.secrets.list("tees")}


async def test_a_new_one_works_everywhere_while_the_old_one_still_does(empty: House, here: Process) -> None:
    there = empty.process()
    assert await there.credentials.live("tees") == []
    shown = await here.secrets.set("tees", FIRST, HOUR_MS, "desk")
    assert (shown.version.version, shown.state, shown.version.set_by) == (1, State.CURRENT, "desk")
    await here.secrets.set("tees", SECOND, HOUR_MS, "desk")
    both = [numbered(SECOND, 2), numbered(FIRST, 1)]
    assert await here.credentials.live("tees") == both
    await there.credentials.look_again()
    assert await there.credentials.live("tees") == both
    assert await states(here) == {2: "current", 1: "previous"}
    empty.now_ms += HOUR_MS
    assert await there.credentials.live("tees") == both[:1]
    assert await states(here) == {2: "current", 1: "retired"}


async def test_a_running_process_takes_it_without_a_restart(
    empty: House, here: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the announcement alone: the reading every second is put off."""
    monkeypatch.setattr("inventory_service.ledger.refresh.REFRESH_S", 3600.0)
    there = empty.process()

    async def has(version: int) -> bool:
        return version in [credential.version for credential in await there.credentials.live("tees")]

    async with hearing(empty, there):
        await here.secrets.set("tees", FIRST, HOUR_MS, "desk")
        await eventually(lambda: has(1), "the first")
        await here.secrets.set("tees", SECOND, HOUR_MS, "desk")
        await eventually(lambda: has(2), "the second")


async def test_nothing_of_it_lies_open(empty: House, here: Process) -> None:
    await here.secrets.set("tees", FIRST, HOUR_MS, "desk")
    await here.secrets.set("tees", SECOND, HOUR_MS, "desk")
    await here.credentials.renewed(SHOP, replace(numbered(SECOND, 2), access_token="renewed-token"), NOW_MS)
    await here.tell.run_once()
    tables = ("shops", "shop_credentials", "shop_changes", "alerts")
    kept = [str(dict(row)) for table in tables for row in await empty.pool.fetch(f"SELECT * FROM {table}")]
    told = [*kept, repr(await here.secrets.list("tees")), repr(await here.manage.history("tees"))]
    assert len(kept) >= 7
    assert [secret for secret in (*SECRETS, "renewed-token") if secret in "\n".join(told)] == []


async def test_a_seal_of_another_place_or_an_altered_one_opens_nothing(empty: House, here: Process) -> None:
    await here.manage.put(replace(SHOP, shop="teas"), "desk")
    for shop, credential in (("tees", FIRST), ("teas", SECOND)):
        await here.secrets.set(shop, credential, 0, "desk")
    await empty.pool.execute(
        "UPDATE shop_credentials c SET sealed = other.sealed FROM shop_credentials other "
        "WHERE c.shop = 'tees' AND other.shop = 'teas'"
    )
    there = empty.process()
    with pytest.raises(NotReady, match="was altered, or is not of it") as error:
        await there.credentials.live("tees")
    assert "secret-of" not in str(error.value)
    assert await there.credentials.live("teas") == [numbered(SECOND, 1)]


async def test_the_same_once_more_changes_nothing(here: Process) -> None:
    for _ in range(2):
        assert (await here.secrets.set("tees", FIRST, HOUR_MS, "desk")).version.version == 1
    assert [change.action for change in await here.manage.history("tees")] == ["set", "added"]


async def test_at_most_two_are_live(empty: House, here: Process) -> None:
    third = replace(FIRST, app_secret="secret-of-the-third")
    for credential in (FIRST, SECOND, third):
        await here.secrets.set("tees", credential, HOUR_MS, "desk")
    assert await states(here) == {3: "current", 2: "previous", 1: "retired"}
    await here.secrets.set("tees", FIRST, 0, "desk")
    assert await states(here) == {4: "current", 3: "retired", 2: "retired", 1: "retired"}
    kept = await empty.pool.fetch("SELECT version FROM shop_credentials WHERE sealed <> ''")
    assert [row["version"] for row in kept] == [4]


async def test_many_that_set_one_at_once_have_numbers_of_their_own(empty: House, here: Process) -> None:
    each = [replace(FIRST, app_secret=f"secret-{number}") for number in range(4)]
    shown = await asyncio.gather(*(empty.process().secrets.set("tees", one, HOUR_MS, "desk") for one in each))
    assert sorted(one.version.version for one in shown) == [1, 2, 3, 4]
    assert list((await states(here)).values()) == ["current", "previous", "retired", "retired"]


async def test_retiring_the_newest_lets_the_one_before_count_again(empty: House, here: Process) -> None:
    await here.secrets.set("tees", FIRST, HOUR_MS, "desk")
    await here.secrets.set("tees", SECOND, HOUR_MS, "desk")
    await here.secrets.retire("tees", 2, "person")
    empty.now_ms += 2 * HOUR_MS
    assert await here.credentials.live("tees") == [numbered(FIRST, 1)]
    assert await states(here) == {2: "retired", 1: "current"}
    with pytest.raises(Refused, match="has no credential of version 2 that is kept"):
        await here.secrets.retire("tees", 2, "person")
    await here.secrets.retire("tees", 1, "person")
    assert await here.credentials.live("tees") == []
    assert [change.action for change in await here.manage.history("tees")][:2] == ["retired", "retired"]


async def test_what_ended_is_forgotten(empty: House, here: Process) -> None:
    await here.secrets.set("tees", FIRST, HOUR_MS, "desk")
    await here.secrets.set("tees", SECOND, HOUR_MS, "desk")
    empty.now_ms += HOUR_MS
    await here.tell.run_once()
    kept = await empty.pool.fetch("SELECT version, retired_ms FROM shop_credentials WHERE sealed = ''")
    assert [tuple(row) for row in kept] == [(1, NOW_MS + HOUR_MS)]


async def test_renewed_tokens_are_kept_and_a_late_one_changes_nothing(empty: House, here: Process) -> None:
    expiring = replace(FIRST, refresh_token="refresh-1", expires_ms=NOW_MS + DAY_MS)
    await here.secrets.set("tees", expiring, 0, "desk")
    source = ShopCredentials(SHOP, here.credentials, lambda: empty.now_ms)
    (credential,) = await source.live()
    newer = replace(credential, access_token="token-3", refresh_token="refresh-3", expires_ms=NOW_MS + 3 * DAY_MS)
    await source.renewed(newer)
    await source.renewed(replace(credential, access_token="token-2", expires_ms=NOW_MS + 2 * DAY_MS))
    assert await source.live() == [newer]
    assert await empty.process().credentials.live("tees") == [newer]
    (shown,) = await here.secrets.list("tees")
    assert (shown.version.renews, shown.version.expires_ms, shown.version.set_ms) == (True, NOW_MS + 3 * DAY_MS, NOW_MS)
    (renewal, *_) = await here.manage.history("tees")
    assert (renewal.action, renewal.by) == ("renewed", "taobao")
    await here.secrets.retire("tees", 1, "desk")
    await source.renewed(newer)
    assert await source.live() == []


async def test_renewed_tokens_outlive_a_store_that_is_away(empty: House, here: Process) -> None:
    """Platforms take a refresh token once: without the new one a person would have to authorise the shop anew."""
    await here.secrets.set("tees", replace(FIRST, refresh_token="once", expires_ms=NOW_MS), 0, "desk")
    (credential,) = await here.credentials.live("tees")
    newer = replace(credential, access_token="token-2", refresh_token="twice", expires_ms=NOW_MS + DAY_MS)
    await empty.pool.execute("ALTER TABLE shop_credentials RENAME TO away")
    with pytest.raises(NotReady):
        await here.credentials.renewed(SHOP, newer, NOW_MS)
    assert await here.credentials.live("tees") == [newer]
    with pytest.raises(NotReady):
        await here.credentials.refresh()
    await empty.pool.execute("ALTER TABLE away RENAME TO shop_credentials")
    for _ in range(2):
        await here.credentials.refresh()
    assert await empty.process().credentials.live("tees") == [newer]
    assert [change.action for change in await here.manage.history("tees")] == ["renewed", "set", "added"]


async def test_without_a_key_nothing_is_set_and_the_rest_goes_on(empty: House, here: Process) -> None:
    await here.secrets.set("tees", FIRST, 0, "desk")
    keyless = PostgresCredentials(empty.pool, None)
    for work in (
        keyless.live("tees"),
        keyless.put(SHOP, SECOND, 0, Author("desk", NOW_MS)),
    ):
        with pytest.raises(NotReady, match="INVENTORY_SEALING_KEYS is not set"):
            await work
    await keyless.refresh()
    assert [version.version for version in await keyless.versions("tees")] == [1]


async def test_an_older_key_opens_until_everything_is_sealed_anew(empty: House, here: Process) -> None:
    await here.secrets.set("tees", FIRST, 0, "desk")
    there = empty.process(NEW_KEY)
    assert [one.app_secret for one in await there.credentials.live("tees")] == ["secret-of-the-first"]
    resealed = await Reseal(empty.pool, Sealer(NEW_KEY)).run(lambda *_: None)
    assert (resealed.done["credentials"], resealed.needed) == (1, {})
    newest_alone = empty.process({2: NEW_KEY[2]})
    assert [one.app_secret for one in await newest_alone.credentials.live("tees")] == ["secret-of-the-first"]
    with pytest.raises(NotReady, match="no sealing key of version 2 is at hand"):
        await empty.process(OLD_KEY).credentials.live("tees")


async def test_what_no_key_opens_is_told_and_stops_nothing(empty: House, here: Process) -> None:
    await here.secrets.set("tees", FIRST, 0, "desk")
    there = empty.process({2: NEW_KEY[2]})
    with pytest.raises(NotReady, match="no sealing key of version 1 is at hand"):
        await there.credentials.live("tees")
    await there.secrets.set("tees", SECOND, 0, "desk")
    assert await there.credentials.live("tees") == [numbered(SECOND, 2)]


async def test_looks_that_come_together_are_one(empty: House, here: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    await here.secrets.set("tees", FIRST, 0, "desk")
    there, reads = empty.process(), 0
    refresh = there.credentials.refresh

    async def counted() -> None:
        nonlocal reads
        reads += 1
        await refresh()

    monkeypatch.setattr(there.credentials, "refresh", counted)
    await asyncio.gather(*(there.credentials.look_again() for _ in range(50)))
    assert reads == 1


async def test_a_shop_that_is_not_there_has_no_credential(empty: House, here: Process) -> None:
    with pytest.raises(Refused) as refusal:
        await here.secrets.set("tea", FIRST, 0, "desk")
    assert refusal.value.code == "not_found"


def test_a_credential_is_of_the_layout_that_adapters_use() -> None:
    assert set(Credential.__dataclass_fields__) == {
        *("version", "app_key", "app_secret", "access_token", "refresh_token", "expires_ms", "renewable_until_ms")
    }


@pytest.mark.parametrize("end", ["9999-12-31T23:59:59-14:00", "1969-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00"])
def test_an_end_that_no_calendar_can_show_is_refused(end: str) -> None:
    body = CredentialBody(app_key="key-1", app_secret="secret", expires_at=datetime.fromisoformat(end))
    with pytest.raises(Refused) as refusal:
        credential_of(body)
    assert (refusal.value.code, refusal.value.pointer) == ("validation_failed", "/expires_at")
