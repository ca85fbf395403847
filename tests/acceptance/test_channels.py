"""Shops and their credentials over HTTP: kept as put, never told, refused with the place of what is wrong."""

from typing import Any

import pytest

from tests.acceptance.client import Answer
from tests.acceptance.malformed import NO_BOOLEANS, NO_TEXTS
from tests.acceptance.paging import all_rows
from tests.acceptance.service import RunningService
from tests.acceptance.shop import Shop
from tests.acceptance.waiting import eventually

DESCRIPTION: dict[str, Any] = {
    "channel": "taobao", "title": "T恤旗舰店", "responsible": "Li Lei", "base_url": "http://127.0.0.1:1/x",
    "hold_seconds": 1800, "settings": {"calls_per_second": 2.5, "options": {"sign_method": "md5"}}, "enabled": False,
}  # fmt: skip
SECRETS = {"app_secret": "canary-app-secret", "access_token": "canary-access-token", "refresh_token": "canary-refresh"}
CREDENTIAL: dict[str, Any] = {"app_key": "key-1", **SECRETS, "expires_at": "2030-01-01T00:00:00+08:00"}
NO_URLS = {
    "plain": "http://gateway.example", "user": "https://u:p@gateway.example", "query": "https://gateway.example/?a=1",
    "no host": "https://", "port": "https://gateway.example:99999", "number": 1, "null": None,
}  # fmt: skip
WRONG_SHOPS: dict[str, tuple[str, str, Any]] = {
    f"{name} {case}": (name, name, value)
    for name, values in {
        "channel": {"unknown": "ebay", "number": 1, "null": None},
        "title": NO_TEXTS,
        "responsible": NO_TEXTS,
        "base_url": NO_URLS,
        "hold_seconds": {"none": 0, "over": 86_401, "text": "60", "float": 1.5},
        "enabled": NO_BOOLEANS,
        "app_secret": {"unknown field": "canary-app-secret"},
    }.items()
    for case, value in values.items()
} | {
    "settings unknown": ("settings", "settings/app_secret", {"app_secret": "canary-app-secret"}),
    "settings value": ("settings", "settings/answer_ms_max", {"answer_ms_max": 1}),
    "settings text": ("settings", "settings", "{}"),
}
_WRONG_PARTS: dict[str, dict[str, Any]] = {
    "app_key": {"empty": "", "space": "a b", "long": "k" * 129, "number": 1},
    "app_secret": {"empty": "", "space": "canary-app secret", "long": "canary-app-secret" * 300, "number": 4711},
    "access_token": {"line": "canary-access\ntoken", "null": None},
    "expires_at": {"no offset": "2030-01-01T00:00:00", "number": 1, "long ago": "1969-12-31T23:59:59Z"},
    "overlap_seconds": {"negative": -1, "over": 2_592_001},
}
WRONG_CREDENTIALS: dict[str, tuple[str, Any]] = {
    f"{name} {case}": (name, value) for name, values in _WRONG_PARTS.items() for case, value in values.items()
}


def path_of(shop: Shop) -> str:
    return f"/v1/channels/shops/S-{shop.prefix}"


async def test_a_shop_is_kept_as_put(shop: Shop) -> None:
    path = path_of(shop)
    (await shop.api.get(path)).problem(404, "not_found")
    body = (await shop.api.put(path, DESCRIPTION)).ok()
    assert body == {"shop": f"S-{shop.prefix}", **DESCRIPTION, "paused_reason": None}
    assert (await shop.api.get(path)).ok() == body
    assert body in await all_rows(shop.api, "/v1/channels/shops")
    least = {name: DESCRIPTION[name] for name in ("channel", "title", "responsible", "base_url")}
    body = (await shop.api.put(path, least)).ok()
    assert (body["hold_seconds"], body["settings"], body["enabled"]) == (900, {}, True)


@pytest.mark.parametrize("case", WRONG_SHOPS)
async def test_a_wrong_shop_is_refused(shop: Shop, case: str) -> None:
    name, pointer, value = WRONG_SHOPS[case]
    answer = await shop.api.put(path_of(shop), {**DESCRIPTION, name: value})
    answer.problem(422, "validation_failed", f"/{pointer}")
    assert "canary" not in str(answer)
    (await shop.api.get(path_of(shop))).problem(404, "not_found")


async def test_a_shop_stays_in_its_channel(shop: Shop) -> None:
    (await shop.api.put(path_of(shop), DESCRIPTION)).ok()
    other = await shop.api.put(path_of(shop), DESCRIPTION | {"channel": "douyin"})
    other.problem(422, "validation_failed", "/channel")


async def test_a_credential_has_versions_and_is_never_told(shop: Shop, service: RunningService) -> None:
    path = path_of(shop)
    (await shop.api.put(path, DESCRIPTION)).ok()
    answers = [await shop.api.put(f"{path}/credentials", CREDENTIAL)]
    answers.append(await shop.api.put(f"{path}/credentials", CREDENTIAL))  # the same once more
    answers.append(await shop.api.put(f"{path}/credentials", CREDENTIAL | {"app_secret": "canary-second"}))
    assert [answer.ok()["version"] for answer in answers] == [1, 1, 2]
    second = answers[-1].ok()
    assert (second["state"], second["set_by"], second["renews"]) == ("current", "bootstrap", True)
    assert second["expires_at"] == "2029-12-31T16:00:00.000Z"
    listed = await shop.api.get(f"{path}/credentials")
    first = listed.ok()["credentials"][1]
    assert (first["state"], first["sealed_with"], first["valid_until"] is None) == ("previous", 1, False)
    tested = await shop.api.post(f"{path}/test")
    assert (tested.ok()["version"], tested.ok()["outcome"]) == (2, "unreachable")
    assert "canary" not in f"{answers} {listed} {tested} {service.log_text()}"


@pytest.mark.parametrize("case", WRONG_CREDENTIALS)
async def test_a_wrong_credential_is_refused_without_a_word_of_it(shop: Shop, case: str) -> None:
    path = path_of(shop)
    (await shop.api.put(path, DESCRIPTION)).ok()
    name, value = WRONG_CREDENTIALS[case]
    answer = await shop.api.put(f"{path}/credentials", {**CREDENTIAL, name: value})
    answer.problem(422, "validation_failed", f"/{name}")
    assert "canary" not in str(answer)
    assert "4711" not in str(answer)
    assert (await shop.api.get(f"{path}/credentials")).ok()["credentials"] == []


async def test_a_shop_that_is_not_there_has_nothing(shop: Shop) -> None:
    path = path_of(shop)
    (await shop.api.put(f"{path}/credentials", CREDENTIAL)).problem(404, "not_found")
    (await shop.api.get(f"{path}/credentials")).problem(404, "not_found")
    (await shop.api.post(f"{path}/test")).problem(404, "not_found")


async def test_a_shop_without_a_credential_is_told_as_one(shop: Shop) -> None:
    (await shop.api.put(path_of(shop), DESCRIPTION)).ok()
    tested = (await shop.api.post(f"{path_of(shop)}/test")).ok()
    assert (tested["outcome"], tested["which"], tested["version"]) == ("credential_refused", "app_key", None)


async def test_a_change_of_a_credential_raises_an_alarm(shop: Shop) -> None:
    (await shop.api.put(path_of(shop), DESCRIPTION)).ok()
    (await shop.api.put(f"{path_of(shop)}/credentials", CREDENTIAL)).ok()

    async def alarmed() -> dict[str, Any]:
        rows = await all_rows(shop.api, "/v1/alerts")
        found = [row for row in rows if (row["rule"], row["cause"]) == ("credential_changed", f"S-{shop.prefix}")]
        return found[0] if found else {}

    alarm = await eventually(alarmed, "the alarm is open", 30)
    assert (alarm["detail"]["reason"], alarm["detail"]["responsible"]) == ("set by bootstrap", "Li Lei")
    assert "canary" not in str(alarm)


MAPPING = 'version = 1\nextends = "taobao"\n[line]\nsku.path = "outer_iid"\n'


async def test_a_mapping_is_kept_told_and_taken_back(shop: Shop) -> None:
    path = f"{path_of(shop)}/mapping"
    for answer in (await shop.api.get(path), await shop.api.put(path, {"toml": MAPPING}), await _delete(shop)):
        answer.problem(404, "not_found")
    (await shop.api.put(path_of(shop), DESCRIPTION)).ok()
    ours = (await shop.api.get(path)).ok()
    assert (ours["version"], ours["toml"], ours["versions"]) == (0, None, [])
    done = (await shop.api.put(path, {"toml": MAPPING})).ok()
    change = {"place": "[line] sku path", "before": "outer_sku_id, outer_iid", "after": "outer_iid"}
    assert (done["version"], done["changes"], done["digest"] == ours["digest"]) == (1, [change], False)
    assert (await shop.api.put(path, {"toml": MAPPING})).ok() == {**done, "changes": []}
    kept = (await shop.api.get(path)).ok()
    assert (kept["toml"], kept["digest"], kept["problem"]) == (MAPPING, done["digest"], None)
    assert [(each["version"], each["own"], each["set_by"]) for each in kept["versions"]] == [(1, True, "bootstrap")]
    back = (await _delete(shop)).ok()
    assert (back["version"], back["digest"]) == (2, ours["digest"])
    assert [each["own"] for each in (await shop.api.get(path)).ok()["versions"]] == [False, True]


@pytest.mark.parametrize(
    ("toml", "told"),
    [
        (MAPPING.replace("sku", "skus"), "[line] skus: is not known here; is sku meant?"),
        (MAPPING.replace("taobao", "douyin").replace("outer_iid", "code"), "is a shop of taobao"),
        ("", "version: "),
        ("[", "is no TOML"),
        (f"{MAPPING}# \0", "without NUL"),
        (7, "Expected `str`"),
        (None, "Expected `str`"),
        (f"{MAPPING}# {'x' * 262_144}", "length <= 262144"),
    ],
    ids=["field", "channel", "empty", "no TOML", "NUL", "number", "null", "long"],
)
async def test_a_wrong_mapping_is_refused(shop: Shop, toml: object, told: str) -> None:
    (await shop.api.put(path_of(shop), DESCRIPTION)).ok()
    answer = await shop.api.put(f"{path_of(shop)}/mapping", {"toml": toml})
    assert told in answer.problem(422, "validation_failed", "/toml")["detail"]
    assert (await shop.api.get(f"{path_of(shop)}/mapping")).ok()["version"] == 0


async def test_a_channel_of_ones_own_says_what_it_speaks(shop: Shop) -> None:
    own = DESCRIPTION | {"channel": "kiosk", "settings": {"protocol": "generic"}}
    (await shop.api.put(path_of(shop), own | {"settings": {}})).problem(422, "validation_failed", "/channel")
    other = own | {"settings": {"protocol": "taobao"}}
    (await shop.api.put(path_of(shop), other)).problem(422, "validation_failed", "/settings/protocol")
    assert (await shop.api.put(path_of(shop), own)).ok()["settings"] == {"protocol": "generic"}
    (await _delete(shop)).problem(422, "validation_failed")


async def _delete(shop: Shop) -> Answer:
    return await shop.api.call("DELETE", f"{path_of(shop)}/mapping")
