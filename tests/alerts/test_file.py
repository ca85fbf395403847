"""The notices file: what it means, and what is said of a wrong one."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import pytest

from inventory_service.alerts.dingtalk import DingtalkSettings
from inventory_service.alerts.file import AnySink, NoticesFile, read_notices, shown
from inventory_service.alerts.mail import MailSettings
from inventory_service.alerts.webhook import WebhookSettings
from inventory_service.domain.notices import Pace, Person, Place, Severity
from inventory_service.settings import SettingsError

WHOLE = """
time_zone = "Asia/Shanghai"
[pace]
gather_seconds = 5
[people.li]
name = "李娜"
mobile = "13800000000"
email = "li@example.org"
[people.wang]
name = "Wang Wei"
[sinks.log]
type = "log"
[sinks.ding]
type = "dingtalk"
language = "zh"
token_env = "DING_TOKEN"
secret = "canary-secret"
[sinks.ding.busy_codes]
130101 = 900
[sinks.mail]
type = "smtp"
host = "mail.example.org"
user = "notices"
password_env = "MAIL_PASSWORD"
sender = "stock@example.org"
recipients = ["warehouse@example.org"]
[sinks.hook]
type = "webhook"
url = "https://hooks.example.org/canary-path?token=canary-query"
secret = "whsec_Y2FuYXJ5"
[[places]]
warehouse = "PEK"
sku = "CAP-"
responsible = "wang"
[[rules]]
alarms = ["gate_*", "ledger_gap"]
sinks = ["ding", "mail", "ding"]
severity = "critical"
responsible = "li"
[[rules]]
alarms = ["*"]
sinks = ["log"]
responsible = "wang"
"""
VARIABLES = {"DING_TOKEN": "canary-token", "MAIL_PASSWORD": "canary-password"}
REST = WHOLE[WHOLE.index("[people.li]") :]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "notices.toml"


def read(path: Path, text: str, environ: Mapping[str, str] = VARIABLES) -> NoticesFile:
    path.write_text(text, encoding="utf-8")
    return read_notices(path, environ)


def problems(path: Path, text: str, environ: Mapping[str, str] = VARIABLES) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        read(path, text, environ)
    assert all(line.startswith(f"{path}: ") for line in caught.value.problems)
    assert "canary" not in str(caught.value)
    return [line.removeprefix(f"{path}: ") for line in caught.value.problems]


def test_it_says_who_is_told_of_what_and_where(path: Path) -> None:
    file = read(path, WHOLE)
    rule = file.rules.rule_of("gate_closed")
    assert (rule.sinks, rule.severity, rule.person.name) == (["ding", "mail"], Severity.CRITICAL, "李娜")
    assert (file.rules.rule_of("ledger_gap"), file.rules.rule_of("deficit").sinks) == (rule, ["log"])
    assert rule.person == Person("李娜", "13800000000", "li@example.org")
    assert file.pace == Pace(gather_ms=5_000)
    assert file.zone.key == "Asia/Shanghai"


def test_who_is_responsible_for_a_place_comes_before_who_is_for_a_rule(path: Path) -> None:
    rules = read(path, WHOLE).rules
    places = {
        Place(warehouse="PEK-2", sku="CAP-BLACK"): "Wang Wei",
        Place(warehouse="PEK", sku="TEE"): "李娜",
        Place(warehouse="SHA", sku="CAP-BLACK"): "李娜",
        Place(): "李娜",
    }
    assert {place: rules.person_for("gate_closed", place).name for place in places} == places


def test_secrets_come_from_variables(path: Path) -> None:
    sinks: Any = read(path, WHOLE).sinks
    assert isinstance(sinks["ding"], DingtalkSettings)
    assert isinstance(sinks["mail"], MailSettings)
    assert isinstance(sinks["hook"], WebhookSettings)
    assert (sinks["ding"].token, sinks["mail"].password) == ("canary-token", "canary-password")
    assert sinks["ding"].busy_codes == {130101: 900}


def test_the_file_to_copy_is_right_and_says_what_holds_without_it() -> None:
    path = Path(__file__).resolve().parents[2] / "deploy" / "notices.toml"
    names = re.findall(r'_env = "(\w+)"', path.read_text(encoding="utf-8"))
    file = read_notices(path, dict.fromkeys(names, "whsec_Y2FuYXJ5"))
    assert {type(sink) for sink in file.sinks.values()} == set(get_args(AnySink))
    assert file.pace == Pace()
    assert file.rules.person_for("deficit", Place(warehouse="SHA-2")).name == "王伟"


def test_it_is_shown_without_secrets(path: Path) -> None:
    path.write_text(WHOLE, encoding="utf-8")
    told = dict(shown(path))
    assert "canary" not in str(told)
    assert told["sinks.ding.secret"] == "***"
    assert told["sinks.ding.token_env"] == "DING_TOKEN"
    assert told["sinks.hook.url"] == "https://hooks.example.org/***"
    assert told["rules[0].alarms"] == "gate_*, ledger_gap"


WRONG = [
    ("x = 1\n" + REST, "x: no such section; there are"),
    ('time_zone = "Mars"\n' + REST, "time_zone: there is no time zone 'Mars'; one is Asia/Shanghai"),
    ("[pace]\nstill_seconds = 60\n" + REST, "pace.still_seconds: Expected `int` >= 3600"),
    ("[pace]\ngather = 60\n" + REST, "pace: Object contains unknown field `gather`"),
    (REST.replace('"dingtalk"', '"dingtank"'), "sinks.ding.type: Invalid value 'dingtank'"),
    (REST.replace('secret = "canary-secret"', "secret = 7"), "sinks.ding.secret: Expected `str`, got `int`"),
    (REST.replace("host =", "hots ="), "sinks.mail: Object contains unknown field `hots`"),
    (REST.replace('user = "notices"', ""), "sinks.mail: user and password belong together"),
    (
        REST.replace('user = "notices"', 'user = "notices"\nsecurity = "plain"'),
        "sinks.mail: a password needs security starttls or tls",
    ),
    (REST.replace("whsec_Y2FuYXJ5", "canary"), "sinks.hook: a webhook secret is whsec_ and base64"),
    (REST.replace("https://hooks", "ftp://hooks"), "sinks.hook.url: Expected `str` matching regex"),
    (REST.replace("[sinks.log]", "[sinks.Log]"), "sinks.Log: Expected `str` matching regex"),
    (REST.replace('token_env = "DING_TOKEN"', ""), "sinks.ding: Object missing required field `token`"),
    (REST.replace('"DING_TOKEN"', '"DING"'), "sinks.ding.token_env: the variable DING is not set"),
    (REST.replace('"DING_TOKEN"', '"INVENTORY_TOKEN"'), "sinks.ding.token_env: INVENTORY_… names are settings"),
    (
        REST.replace('secret = "canary-secret"', 'secret = "canary"\nsecret_env = "DING_TOKEN"'),
        "sinks.ding.secret_env: secret is given too: one of the two",
    ),
    (REST.replace('["log"]', '["lag"]'), "rules[1].sinks: there is no sink lag; there are log, ding, mail, hook"),
    (REST.replace('["log"]', "[]"), "rules[1].sinks: Expected `array` of length >= 1"),
    (REST.replace('"critical"', '"bad"'), "rules[0].severity: Invalid enum value 'bad'"),
    (REST.replace('responsible = "li"', 'responsible = "lo"'), "rules[0].responsible: there is no person lo"),
    (REST.replace('responsible = "li"', ""), "rules[0]: Object missing required field `responsible`"),
    (REST.replace('["*"]', '["low_stock"]'), 'rules: the last one must fit every alarm (alarms = ["*"])'),
    (REST.replace('warehouse = "PEK"\nsku = "CAP-"', ""), "places[0]: needs a shop, a warehouse or a sku"),
    (REST.replace("[[places]]", "[places]"), "places: should be tables [[places]]"),
    ('rules = "x"', "sinks: needs at least one table [sinks.NAME]"),
    ("rules = 1 = 2", "is not TOML: "),
    ("sinks = 1\npeople = []", "sinks: needs at least one table"),
]


@pytest.mark.parametrize(("text", "problem"), WRONG)
def test_what_is_wrong_is_named_with_its_key(path: Path, text: str, problem: str) -> None:
    assert [line for line in problems(path, text) if line.startswith(problem)], problems(path, text)


def test_everything_that_is_wrong_is_told_at_once(path: Path) -> None:
    text = REST.replace('"DING_TOKEN"', '"DING"').replace('["log"]', '["lag"]').replace("host =", "hots =")
    assert len(problems(path, text)) == 3


def test_a_file_that_is_not_there_is_named(path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        read_notices(path, {})
    assert str(caught.value) == f"INVENTORY_NOTICES: {path} cannot be read: No such file or directory"


@pytest.mark.parametrize("mailbox", ["ops,team@x.cn", "a..b@x.cn", "a.@x.cn", "a@x..cn", "a@b@x.cn", "a@x.cn\\n"])
def test_a_mailbox_that_no_mail_could_be_written_to_is_told_at_once(path: Path, mailbox: str) -> None:
    """Found at the first notice, it would fail at that one and all behind it."""
    for good in ("li@example.org", "stock@example.org", "warehouse@example.org"):
        (problem,) = problems(path, WHOLE.replace(f'"{good}"', f'"{mailbox}"'))
        assert "matching regex" in problem
