"""Settings: defaults, overridden by `INVENTORY_*` variables, overridden by command-line options.

Every wrong value is found in one go and named with what it should be, so that a start fails once, not six times.
"""

import os
import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Literal, get_args
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

PREFIX = "INVENTORY_"
SECRETS = frozenset({"bootstrap_key", "sealing_keys"})
URLS = frozenset({"redis_url", "database_url"})

Port = Annotated[int, Meta(ge=0, le=65_535, description="a port number, 0 to 65535 (0: any free one)")]
MetricsPort = Annotated[int, Meta(ge=1, le=65_535, description="a port number, 1 to 65535")]
Workers = Annotated[int, Meta(ge=1, le=64, description="a number of API processes, 1 to 64")]
RedisUrl = Annotated[
    str, Meta(pattern=r"^(rediss?|unix)://.", description="redis://, rediss:// or unix:// and a place")
]
DatabaseUrl = Annotated[str, Meta(pattern=r"^postgres(ql)?://", description="postgresql:// and a place")]
BootstrapKey = Annotated[
    str, Meta(pattern=r"^[!-~]{16,256}$", description="16 to 256 visible ASCII characters without spaces")
]
_SEALING_KEY = r"(?:[1-9]\d?|1\d\d|2[0-4]\d|25[0-5]):[A-Za-z0-9+/]{43}="
SealingKeys = Annotated[
    str,
    Meta(
        pattern=rf"^{_SEALING_KEY}(?:,{_SEALING_KEY})*$",
        description="1:<base64 of 32 bytes>, and behind a comma 2:… while keys rotate; versions are 1 to 255",
    ),
]
RetentionDays = Annotated[int, Meta(ge=1, le=366, description="a number of days, 1 to 366")]
BacklogLimit = Annotated[int, Meta(ge=1_000, le=1_000_000_000, description="a number of events, 1000 to 1000000000")]
ClientHolds = Annotated[
    int, Meta(ge=0, le=100_000, description="a number of new holds per second, 0 to 100000 (0: no limit)")
]
CustomerHolds = Annotated[
    int, Meta(ge=0, le=10_000, description="a number of new holds per minute, 0 to 10000 (0: no limit)")
]
DrainSeconds = Annotated[float, Meta(ge=0, le=300, description="seconds, 0 to 300")]
RedisDurability = Annotated[
    Literal["checked", "asserted"],
    Meta(description="checked, or asserted where Redis does not let its configuration be read"),
]
AckLevel = Annotated[Literal["disk", "replica", "ledger"], Meta(description="disk, replica or ledger")]
LogLevel = Annotated[Literal["debug", "info", "warning", "error"], Meta(description="debug, info, warning or error")]
Partitions = Annotated[Literal[1], Meta(description="1: this version runs exactly one partition")]


def default_workers() -> int:
    """Two API processes, or one on a single core: a third would take the stores' core on a small machine."""
    return min(2, os.cpu_count() or 1)


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that can be set. Field `x_y` is the variable `INVENTORY_X_Y` and the option `--x-y`."""

    host: Annotated[str, Meta(min_length=1, description="an address or a host name")] = "127.0.0.1"
    port: Port = 8080
    workers: Workers = msgspec.field(default_factory=default_workers)
    data_dir: Annotated[Path, Meta(description="a folder")] = Path("data")
    redis_url: RedisUrl | None = None
    database_url: DatabaseUrl | None = None
    redis_durability: RedisDurability = "checked"  # that it keeps what it answers
    durability_holds: AckLevel = "disk"  # what the answers to reserve, extend and release wait for
    durability_confirms: AckLevel = "disk"
    durability_scans: AckLevel = "disk"
    durability_movements: AckLevel = "disk"
    bootstrap_key: BootstrapKey | None = None
    sealing_keys: SealingKeys | None = None  # of personal data at rest; the newest seals, all of them open
    retention_days: RetentionDays = 7
    backlog_limit: BacklogLimit = 2_000_000
    client_holds_per_second: ClientHolds = 0
    customer_holds_per_minute: CustomerHolds = 0
    drain_delay_seconds: DrainSeconds = 0.0  # /readyz says no for so long before the doors close
    log_level: LogLevel = "info"
    metrics_port: MetricsPort | None = None  # of `worker`; off
    notices: Annotated[Path, Meta(description="a file")] | None = None  # who is told of alarms; nobody
    partitions: Partitions = 1

    @property
    def embedded(self) -> bool:
        """Whether the servers are ours to start."""
        return self.redis_url is None


class SettingsError(Exception):
    """The settings are wrong: one line per problem, without secrets."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def load(options: Mapping[str, str | None], environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from `environ` (the process's own unless given), overridden by the options that are not None.

    An empty variable counts as unset, as in compose files. Raises SettingsError.
    """
    environ = os.environ if environ is None else environ
    given = _given(options, environ)
    problems = list(_unknown_variables(environ))
    values: dict[str, object] = {}
    for name, (source, text) in given.items():
        try:
            values[name] = msgspec.convert(text, _types()[name], strict=False, dec_hook=_decode)
            if name in URLS:
                _check_hosts(text)
        except ValueError:  # of msgspec, or of the check
            problems.append(f"{source}: should be {_expected(name)}, not {_shown(name, text)}")
    problems += _half_a_pair(given)
    if problems:
        raise SettingsError(problems)
    return msgspec.convert(values, Settings, dec_hook=_decode)


class Described(msgspec.Struct, frozen=True):
    """One setting for people. `value` shows no secret, None: unset; `origin`: default, variable or option."""

    setting: str
    value: str | None
    origin: str
    variable: str


def described(options: Mapping[str, str | None], environ: Mapping[str, str] | None = None) -> list[Described]:
    """Every setting that `load` makes of the same options and variables. Raises SettingsError."""
    settings = load(options, environ)
    given = _given(options, os.environ if environ is None else environ)
    return [
        Described(name, _unsecret(name, getattr(settings, name)), _origin(name, given), variable_name(name))
        for name in Settings.__struct_fields__
    ]


def _origin(name: str, given: Mapping[str, tuple[str, str]]) -> str:
    if name not in given:
        return "default"
    return "option" if given[name][0] == option_name(name) else "variable"


def _unsecret(name: str, value: object) -> str | None:
    if value is None:
        return None
    if name in SECRETS:
        return "***"
    return masked_url(str(value)) if name in URLS else str(value)


def _given(options: Mapping[str, str | None], environ: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Name → (variable or option that set it, text); an option wins."""
    chosen = {name: (option_name(name), value) for name, value in options.items() if value is not None}
    return dict(_from_environment(environ)) | chosen


def _check_hosts(url: str) -> None:
    """Raises ValueError where a host or port cannot be read. The drivers would, in words that show the password."""
    place = re.sub(r"^[a-z]+://([^/?#]*@)?", "", url)
    for host in re.split(r"[/?#]", place)[0].split(","):  # Postgres takes several
        urlsplit(f"//{host}").port  # noqa: B018  # it is read when it is asked for


def _decode(wanted: type, value: object) -> object:
    """What msgspec does not know: a path is its text."""
    return wanted(value)


def to_environment(settings: Settings) -> dict[str, str]:
    """The variables that make `load` give the same settings in a child process."""
    values = {name: getattr(settings, name) for name in Settings.__struct_fields__}
    return {variable_name(name): str(value) for name, value in values.items() if value is not None}


def without_settings(environ: Mapping[str, str]) -> dict[str, str]:
    """A copy of `environ` without any of ours: a child's settings come from its parent's, not from beside them."""
    return {name: value for name, value in environ.items() if not name.startswith(PREFIX)}


def variable_name(name: str) -> str:
    return PREFIX + name.upper()


def option_name(name: str) -> str:
    return "--" + name.replace("_", "-")


def masked_url(url: str) -> str:
    """The URL without user and password, wherever in it they stand."""
    return re.sub(r"(password=)[^&]*", r"\1***", re.sub(r"^([a-z]+://)?.*@", r"\1***@", url, flags=re.DOTALL))


def _types() -> dict[str, object]:
    return {field.name: field.type for field in msgspec.structs.fields(Settings)}


def _from_environment(environ: Mapping[str, str]) -> Iterator[tuple[str, tuple[str, str]]]:
    for name in Settings.__struct_fields__:
        text = environ.get(variable_name(name), "")
        if text:
            yield name, (variable_name(name), text)


def _unknown_variables(environ: Mapping[str, str]) -> Iterator[str]:
    known = [name.upper() for name in Settings.__struct_fields__]
    for variable in sorted(environ):
        name = variable.removeprefix(PREFIX)
        if name != variable and name not in known:
            close = get_close_matches(name, known, n=1)
            yield f"{variable}: no such setting" + (f", did you mean {PREFIX}{close[0]}?" if close else "")


def _half_a_pair(given: Mapping[str, tuple[str, str]]) -> Iterator[str]:
    """Both stores are given, or none: half of a pair would be a production ledger fed by a toy Redis."""
    missing = [name for name in ("redis_url", "database_url") if name not in given]
    if len(missing) == 1:
        (present,) = URLS - set(missing)
        yield (
            f"{variable_name(missing[0])}: is missing while {variable_name(present)} is set; "
            "set both, or neither to use the embedded servers"
        )


def _expected(name: str) -> str:
    """The description that stands at the field's type."""
    for candidate in (_types()[name], *get_args(_types()[name])):
        for extra in getattr(candidate, "__metadata__", ()):
            if isinstance(extra, Meta) and extra.description:
                return extra.description
    raise AssertionError(f"setting {name} has no description")


def _shown(name: str, text: str) -> str:
    if name in SECRETS:
        return f"the {len(text)} characters given"
    return f'"{masked_url(text) if name in URLS else text}"'
