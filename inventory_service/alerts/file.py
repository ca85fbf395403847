"""The notices file: sinks, rules and people in TOML. Every problem in it is found at once and named with its key."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta

from inventory_service.alerts.dingtalk import DingtalkSettings
from inventory_service.alerts.feishu import FeishuSettings
from inventory_service.alerts.log_sink import LogSettings
from inventory_service.alerts.mail import Mailbox, MailSettings
from inventory_service.alerts.sink_settings import SECRETS
from inventory_service.alerts.webhook import WebhookSettings
from inventory_service.alerts.wecom import WecomSettings
from inventory_service.domain.notices import Charge, Pace, Person, Place, Rule, Rules, Severity
from inventory_service.settings import PREFIX, SettingsError

AnySink = LogSettings | WebhookSettings | MailSettings | WecomSettings | DingtalkSettings | FeishuSettings

SECTIONS = frozenset({"time_zone", "pace", "people", "sinks", "rules", "places"})
OF_ENVIRONMENT = "_env"
_STAND_IN = "whsec_AAAA"  # for a secret that is not there, so that the rest is judged as well

Name = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_-]{0,31}$")]
Text = Annotated[str, Meta(min_length=1, max_length=64)]
Pattern = Annotated[str, Meta(pattern=r"^[a-z0-9_*?]{1,64}$")]
Seconds = Annotated[int, Meta(ge=0, le=86_400)]


class _Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the file."""


class PersonTable(_Strict, frozen=True, kw_only=True):
    name: Text
    mobile: Annotated[str, Meta(pattern=r"^(\+?[0-9-]{5,20})?$")] = ""
    email: Mailbox | None = None


class RuleTable(_Strict, frozen=True, kw_only=True):
    alarms: Annotated[Sequence[Pattern], Meta(min_length=1)]
    sinks: Annotated[Sequence[str], Meta(min_length=1)]
    responsible: str
    severity: Severity = Severity.WARNING


class PlaceTable(_Strict, frozen=True, kw_only=True):
    """How codes begin; what is left out fits everything."""

    shop: str = ""
    warehouse: str = ""
    sku: str = ""
    responsible: str


class PaceTable(_Strict, frozen=True, kw_only=True):
    gather_seconds: Seconds = 10
    more_seconds: Seconds = 300
    still_seconds: Annotated[int, Meta(ge=3_600, le=604_800)] = 3_600
    calm_seconds: Seconds = 60


@dataclass(frozen=True, slots=True)
class NoticesFile:
    sinks: Mapping[str, AnySink]
    rules: Rules
    pace: Pace
    zone: ZoneInfo


def read_notices(path: Path, environ: Mapping[str, str]) -> NoticesFile:
    """`environ` holds the secrets that the file names by their variables. Raises SettingsError."""
    reader = _Reader(path, environ)
    file = reader.read(_tables(path))
    if reader.problems:
        raise SettingsError(reader.problems)
    return file


def shown(path: Path) -> list[tuple[str, str]]:
    """Key and value of everything that the file says, without secrets, for people. Raises SettingsError."""
    return list(_flat("", _tables(path)))


def _flat(key: str, value: Any) -> Any:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _flat(f"{key}.{name}" if key else name, inner)
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for number, inner in enumerate(value):
            yield from _flat(f"{key}[{number}]", inner)
    else:
        yield key, _masked(key.rpartition(".")[2], value)


def _masked(name: str, value: Any) -> str:
    if name in SECRETS:
        return "***"
    if name == "url":  # receivers hide tokens in paths and queries
        scheme, _, rest = str(value).partition("://")
        return f"{scheme}://{rest.partition('/')[0].partition('?')[0].rpartition('@')[2]}/***"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _tables(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError([f"{PREFIX}NOTICES: {path} cannot be read: {error.strerror}"]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError([f"{path}: is not TOML: {error}"]) from error


class _Reader:
    def __init__(self, path: Path, environ: Mapping[str, str]) -> None:
        self._path = path
        self._environ = environ
        self.problems: list[str] = []

    def read(self, tables: Mapping[str, Any]) -> NoticesFile:
        """What is wrong is in `problems`, and then the file is not to be used."""
        for name in sorted(tables.keys() - SECTIONS):
            self._wrong(name, f"no such section; there are {', '.join(sorted(SECTIONS))}")
        zone = self._zone(tables.get("time_zone", "UTC"))
        people = {name: self._person(name, table) for name, table in self._named("people", tables).items()}
        sinks = {name: self._sink(name, table) for name, table in self._named("sinks", tables).items()}
        rules = [self._rule(f"rules[{n}]", each, people, sinks) for n, each in enumerate(self._list("rules", tables))]
        charges = [self._charge(f"places[{n}]", each, people) for n, each in enumerate(self._list("places", tables))]
        if not rules or (rules[-1] is not None and "*" not in rules[-1].alarms):
            self._wrong("rules", 'the last one must fit every alarm (alarms = ["*"]): none may be told to nobody')
        pace = self._converted("pace", tables.get("pace", {}), PaceTable) or PaceTable()
        return NoticesFile(
            {name: sink for name, sink in sinks.items() if sink is not None},
            Rules([each for each in rules if each], [each for each in charges if each]),
            Pace(*(seconds * 1000 for seconds in msgspec.structs.astuple(pace))),
            zone,
        )

    def _zone(self, name: object) -> ZoneInfo:
        try:
            return ZoneInfo(str(name))
        except (ZoneInfoNotFoundError, ValueError, OSError):
            self._wrong("time_zone", f"there is no time zone {name!r}; one is Asia/Shanghai")
            return ZoneInfo("UTC")

    def _person(self, name: str, table: object) -> Person:
        found = self._converted(f"people.{name}", table, PersonTable)
        return Person(found.name, found.mobile, found.email or "") if found else Person(name)

    def _sink(self, name: str, table: object) -> AnySink | None:
        key = f"sinks.{name}"
        given = self._with_secrets(key, dict(table)) if isinstance(table, dict) else table
        found: AnySink | None = self._converted(key, given, AnySink)
        return found

    def _with_secrets(self, key: str, table: dict[str, Any]) -> dict[str, Any]:
        """`token_env = "NAME"` becomes the token that the variable holds."""
        for secret in sorted(SECRETS):
            variable = table.pop(secret + OF_ENVIRONMENT, None)
            if variable is None:
                continue
            where = f"{key}.{secret}{OF_ENVIRONMENT}"
            if secret in table:
                self._wrong(where, f"{secret} is given too: one of the two")
            elif str(variable).startswith(PREFIX):
                self._wrong(where, f"{PREFIX}… names are settings of the service: choose another one")
            elif not self._environ.get(str(variable)):
                self._wrong(where, f"the variable {variable} is not set")
            table[secret] = self._environ.get(str(variable)) or _STAND_IN
        return table

    def _rule(self, key: str, table: object, people: Mapping[str, Person], sinks: Mapping[str, object]) -> Rule | None:
        found = self._converted(key, table, RuleTable)
        if found is None:
            return None
        for name in found.sinks:
            self._known(f"{key}.sinks", "sink", name, sinks)
        person = self._known(f"{key}.responsible", "person", found.responsible, people)
        return Rule(found.alarms, list(dict.fromkeys(found.sinks)), found.severity, person or Person(""))

    def _charge(self, key: str, table: object, people: Mapping[str, Person]) -> Charge | None:
        found = self._converted(key, table, PlaceTable)
        if found is None:
            return None
        place = Place(found.shop, found.warehouse, found.sku)
        if not any(place):
            self._wrong(key, "needs a shop, a warehouse or a sku")
        person = self._known(f"{key}.responsible", "person", found.responsible, people)
        return Charge(place, person or Person(""))

    def _known(self, key: str, what: str, name: str, known: Mapping[str, Any]) -> Any:
        if name not in known:
            self._wrong(key, f"there is no {what} {name}; there are {', '.join(known) or 'none'}")
        return known.get(name)

    def _named(self, section: str, tables: Mapping[str, Any]) -> dict[str, Any]:
        table = tables.get(section, {})
        if not isinstance(table, dict) or not table:
            self._wrong(section, f"needs at least one table [{section}.NAME]")
            return {}
        for name in table:
            self._converted(f"{section}.{name}", name, Name)
        return table

    def _list(self, section: str, tables: Mapping[str, Any]) -> list[Any]:
        entries = tables.get(section, [])
        if not isinstance(entries, list):
            self._wrong(section, f"should be tables [[{section}]]")
            return []
        return entries

    def _converted(self, key: str, value: object, wanted: Any) -> Any:
        try:
            return msgspec.convert(value, wanted, str_keys=True)  # TOML has no other keys
        except msgspec.ValidationError as error:
            told, _, place = str(error).partition(" - at `$")
            self._wrong(key + place.rstrip("`"), told)
            return None

    def _wrong(self, key: str, what: str) -> None:
        self.problems.append(f"{self._path}: {key}: {what}")
