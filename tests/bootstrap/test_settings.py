"""Settings: where they come from, and what is said of wrong ones."""

from pathlib import Path

import pytest

from inventory_service.settings import (
    Settings,
    SettingsError,
    load,
    masked_url,
    to_environment,
    variable_name,
    without_settings,
)

URLS = {"INVENTORY_REDIS_URL": "redis://cache:6379/0", "INVENTORY_DATABASE_URL": "postgresql://ledger/inventory"}


def problems(options: dict[str, str | None], environ: dict[str, str]) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load(options, environ)
    return caught.value.problems


def test_defaults_need_nothing() -> None:
    settings = load({}, {"PATH": "/bin"})
    assert (settings.host, settings.port, settings.data_dir) == ("127.0.0.1", 8080, Path("data"))
    assert settings.embedded


def test_an_option_beats_its_variable_and_a_variable_beats_the_default() -> None:
    environ = {"INVENTORY_PORT": "9000", "INVENTORY_HOST": "0.0.0.0"}  # noqa: S104 - an example, nothing listens
    settings = load({"port": "9001", "host": None}, environ)
    assert (settings.port, settings.host) == (9001, "0.0.0.0")  # noqa: S104


def test_an_empty_variable_counts_as_unset() -> None:
    assert load({}, {"INVENTORY_PORT": "", "INVENTORY_REDIS_URL": ""}).port == 8080


WRONG = [
    ("port", "http", '"http"', "a port number, 0 to 65535"),
    ("port", "65536", '"65536"', "a port number, 0 to 65535"),
    ("port", "-1", '"-1"', "a port number, 0 to 65535"),
    ("workers", "0", '"0"', "a number of API processes, 1 to 64"),
    ("workers", "1.5", '"1.5"', "a number of API processes, 1 to 64"),
    ("retention_days", "0", '"0"', "a number of days, 1 to 366"),
    ("retention_days", "week", '"week"', "a number of days, 1 to 366"),
    ("backlog_limit", "12", '"12"', "a number of events"),
    ("client_holds_per_second", "100001", '"100001"', "a number of new holds per second, 0 to 100000 (0: no limit)"),
    ("customer_holds_per_minute", "-1", '"-1"', "a number of new holds per minute, 0 to 10000 (0: no limit)"),
    ("drain_delay_seconds", "nan", '"nan"', "seconds, 0 to 300"),
    ("drain_delay_seconds", "-1", '"-1"', "seconds, 0 to 300"),
    ("log_level", "LOUD", '"LOUD"', "debug, info, warning or error"),
    ("partitions", "2", '"2"', "1: this version runs exactly one partition"),
    ("bootstrap_key", "too-short", "the 9 characters given", "16 to 256 visible ASCII characters"),
    ("bootstrap_key", "sixteen or more with spaces", "the 27 characters given", "16 to 256 visible ASCII characters"),
    ("redis_url", "http://cache", '"http://cache"', "redis://, rediss:// or unix://"),
    ("sealing_keys", "1:AAAA", "the 6 characters given", "1:<base64 of 32 bytes>"),
    ("sealing_keys", f"256:{'A' * 43}=", "the 48 characters given", "1:<base64 of 32 bytes>"),
    ("redis_url", "redis://", '"redis://"', "redis://, rediss:// or unix://"),
    ("redis_url", "redis://:pw@cache:six/0", '"redis://***@cache:six/0"', "redis://, rediss:// or unix://"),
    ("redis_url", "redis://:pw@[::1/0", '"redis://***@[::1/0"', "redis://, rediss:// or unix://"),
    ("database_url", "mysql://u:pw@db/x", '"mysql://***@db/x"', "postgresql://"),
    ("database_url", "postgresql://u:pw@a:1,b:port/x", '"postgresql://***@a:1,b:port/x"', "postgresql://"),
]


@pytest.mark.parametrize(("name", "text", "shown", "expected"), WRONG)
def test_a_wrong_value_is_named_with_what_it_should_be(name: str, text: str, shown: str, expected: str) -> None:
    variable = variable_name(name)
    (line,) = [line for line in problems({}, {**URLS, variable: text}) if line.startswith(variable)]
    assert line.startswith(f"{variable}: should be {expected}")
    assert line.endswith(f", not {shown}")


def test_every_problem_is_told_at_once_and_under_the_name_that_was_used() -> None:
    lines = problems({"port": "x"}, {"INVENTORY_WORKERS": "y", "INVENTORY_LOG_LEVEL": "z"})
    assert [line.partition(":")[0] for line in lines] == ["INVENTORY_WORKERS", "INVENTORY_LOG_LEVEL", "--port"]


def test_an_unknown_variable_is_an_error_with_a_guess() -> None:
    lines = problems({}, {"INVENTORY_BOOTSTRAPKEY": "k" * 20, "INVENTORY_COLOUR": "red"})
    assert lines == [
        "INVENTORY_BOOTSTRAPKEY: no such setting, did you mean INVENTORY_BOOTSTRAP_KEY?",
        "INVENTORY_COLOUR: no such setting",
    ]


@pytest.mark.parametrize("present", sorted(URLS))
def test_one_url_without_the_other_is_refused(present: str) -> None:
    (line,) = problems({}, {present: URLS[present]})
    (missing,) = URLS.keys() - {present}
    assert line.startswith(f"{missing}: is missing while {present} is set")


@pytest.mark.parametrize("url", ["postgresql://u:p@w@a:1,[::1]:2/x?host=/tmp", "postgresql:///x", "postgresql://b,c"])
def test_hosts_are_spelled_as_postgres_takes_them(url: str) -> None:
    assert load({}, {**URLS, "INVENTORY_DATABASE_URL": url}).database_url == url


@pytest.mark.parametrize(
    "url", ["redis://:se:c/r@et@host/0", "redis://u:secret@h", "host?password=secret&x=1", "secret@h"]
)
def test_a_masked_url_keeps_no_password(url: str) -> None:
    assert "***" in masked_url(url)
    assert "ret" not in masked_url(url)


def test_a_child_process_gets_the_very_same_settings() -> None:
    settings = Settings(
        host="::1", port=1, workers=3, data_dir=Path("/a b"), redis_url="unix:///r", database_url="postgresql:///d",
        bootstrap_key="k" * 16, sealing_keys=f"1:{'A' * 43}=,2:{'B' * 42}A=",
        retention_days=1, backlog_limit=1000, drain_delay_seconds=0.5, log_level="debug",
        metrics_port=9464, client_holds_per_second=1000, customer_holds_per_minute=20, notices=Path("/n.toml"),
    )  # fmt: skip
    assert load({}, to_environment(settings)) == settings
    assert set(to_environment(settings)) == {variable_name(name) for name in Settings.__struct_fields__}


def test_a_child_process_inherits_no_setting_from_beside() -> None:
    assert without_settings({"PATH": "/bin", "INVENTORY_PORT": "1"}) == {"PATH": "/bin"}
