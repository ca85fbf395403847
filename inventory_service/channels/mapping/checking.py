"""Is a table whole and does it make sense? Every problem is named with its table and key, not only the first."""

import re
from collections.abc import Iterable, Mapping
from datetime import timedelta, timezone
from difflib import get_close_matches
from typing import Any

from inventory_service.channels.mapping import paths, transforms
from inventory_service.channels.mapping.paths import Path
from inventory_service.channels.mapping.table import FORMAT_VERSION, FieldMapping, Row, Source, Table
from inventory_service.channels.mapping.transforms import Transform
from inventory_service.channels.mapping.unified import LISTS, OPTIONAL, SECTIONS, TYPES, Kind, Unified
from inventory_service.channels.mapping.values import Manner, Unfit, read
from inventory_service.domain.codes import CHANNEL_PATTERN
from inventory_service.domain.ids import fingerprint

CHANNEL = "a lower-case letter, then up to 31 of a-z 0-9 _ -"

_TOP = ("version", "channel", "extends", "utc_offset", "envelopes", "lists", "tables", *SECTIONS)
_WHOLE = dict.fromkeys(OPTIONAL, "refund")
_READ_AS = {Kind.COUNT: "count", Kind.MONEY: "minor"}
_KEYS = ("path", "type", "required", "transform", "table", "default")
_is_channel = re.compile(CHANNEL_PATTERN).match
_OFFSET = re.compile(r"([+-])([01][0-9]|2[0-3]):([0-5][0-9])")


class WrongMapping(Exception):
    """Each of `problems` names file, table and key, and says in words what is wrong there."""

    def __init__(self, name: str, problems: Iterable[str]) -> None:
        self.problems = tuple(f"{name}: {problem}" for problem in problems)
        super().__init__("\n".join(self.problems))


def checked(raw: Mapping[str, Any], name: str, shop: str) -> FieldMapping:
    """Raises WrongMapping."""
    check = _Check(raw)
    mapping = check.mapping(name, shop)
    if check.problems:
        raise WrongMapping(name, check.problems)
    return mapping


class _Check:
    """One table being read. What is wrong is noted in `problems`, and something harmless takes its place."""

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self._raw = raw
        self.problems: list[str] = []

    def mapping(self, name: str, shop: str) -> FieldMapping:
        self._unknown("", self._raw, _TOP)
        version, channel = self._raw.get("version"), self._raw.get("channel")
        if version != FORMAT_VERSION or isinstance(version, bool):
            self._note("version", f"should be {FORMAT_VERSION}, which is all that is understood here")
        if not isinstance(channel, str) or not _is_channel(channel):
            self._note("channel", f"should be {CHANNEL}")
        tables = self._tables()
        sections = {section: self._section(section, tables) for section in SECTIONS}
        lists = self._lists()
        content = {key: value for key, value in self._raw.items() if key != "extends"}
        return FieldMapping(
            name,
            FORMAT_VERSION,
            "" if self.problems else fingerprint(content),
            str(channel),
            shop,
            self._paths("envelopes", self._raw.get("envelopes", []), is_list=False),
            self._utc_offset(),
            lists,
            sections,
        )

    def _note(self, place: str, words: str) -> None:
        self.problems.append(f"{place}: {words}")

    def _unknown(self, place: str, found: Mapping[str, Any], known: Iterable[str]) -> None:
        for key in found:
            if key not in known:
                near = get_close_matches(key, known, n=1)
                meant = f"is {near[0]} meant?" if near else f"there is {', '.join(known)}"
                self._note(f"{place} {key}".strip(), f"is not known here; {meant}")

    def _utc_offset(self) -> timezone | None:
        text = self._raw.get("utc_offset")
        if text is None:
            return None
        match = _OFFSET.fullmatch(text) if isinstance(text, str) else None
        if not match:
            self._note("utc_offset", "should be an offset such as +08:00")
            return None
        minutes = int(match[2]) * 60 + int(match[3])
        return timezone(timedelta(minutes=-minutes if match[1] == "-" else minutes))

    def _lists(self) -> dict[str, tuple[Path, ...]]:
        raw = self._table_at("[lists]", self._raw.get("lists", {}))
        self._unknown("[lists]", raw, LISTS)
        found = {name: self._paths(f"[lists] {name}", raw.get(name, []), is_list=True) for name in LISTS}
        if "lines" not in raw:
            self._note("[lists] lines", "is missing: where an order's lines stand")
        return found

    def _paths(self, place: str, raw: object, *, is_list: bool) -> tuple[Path, ...]:
        texts = raw if isinstance(raw, list) else [raw]
        found = []
        for text in texts:
            path = paths.parsed(text, is_list=is_list) if isinstance(text, str) else None
            if path is None:
                self._note(place, f"{text!r} should be {paths.LIST if is_list else paths.PATH}")
            else:
                found.append(path)
        return tuple(found)

    def _table_at(self, place: str, raw: object) -> Mapping[str, Any]:
        if isinstance(raw, Mapping):
            return raw
        self._note(place, "should be a table")
        return {}

    def _tables(self) -> dict[str, Table]:
        tables = {}
        for name, raw in self._table_at("[tables]", self._raw.get("tables", {})).items():
            meanings = self._table_at(f"[tables.{name}]", raw)
            for key, meaning in meanings.items():
                if not isinstance(meaning, str | bool):
                    self._note(f"[tables.{name}] {key}", f"should be text, true or false, not {meaning!r}")
            tables[name] = Table(name, meanings)
        return tables

    def _section(self, section: str, tables: Mapping[str, Table]) -> tuple[Row, ...]:
        raw = self._table_at(f"[{section}]", self._raw.get(section, {}))
        known = SECTIONS[section]
        self._unknown(f"[{section}]", raw, known)
        if section in OPTIONAL and section not in self._raw:
            return ()
        for field, unified in known.items():
            if unified.required and field not in raw:
                self._note(f"[{section}] {field}", f"is missing: there is no {_WHOLE.get(section, 'order')} without it")
        return tuple(
            self._row(f"[{section}] {field}", field, known[field], row, tables)
            for field, row in raw.items()
            if field in known
        )

    def _row(self, place: str, field: str, unified: Unified, raw: object, tables: Mapping[str, Table]) -> Row:
        row = self._table_at(place, raw)
        self._unknown(place, row, _KEYS)
        found = self._paths(f"{place} path", row.get("path", []), is_list=False)
        if not found and "default" not in row:
            self._note(f"{place} path", "is missing, and there is no default")
        named = self._named_tables(place, row.get("table", []), len(found), unified, tables)
        return Row(
            field,
            unified,
            self._type(place, row.get("type"), unified),
            self._required(place, row.get("required", unified.required), unified),
            tuple(map(Source, found, named)),
            self._transforms(place, row.get("transform", [])),
            self._default(place, row.get("default"), unified),
        )

    def _type(self, place: str, name: object, unified: Unified) -> str:
        fitting = [each for each, kinds in TYPES.items() if unified.kind in kinds]
        if name not in fitting:
            what = "is missing" if name is None else f"is {name!r}"
            self._note(f"{place} type", f"{what}; should be {' or '.join(fitting)}")
        return str(name)

    def _required(self, place: str, value: object, unified: Unified) -> bool:
        if not isinstance(value, bool):
            self._note(f"{place} required", f"should be true or false, not {value!r}")
        elif unified.required and not value:
            self._note(f"{place} required", "should be true: there is no order without it")
        return bool(value)

    def _transforms(self, place: str, raw: object) -> tuple[Transform, ...]:
        found = []
        for text in raw if isinstance(raw, list) else [raw]:
            transform = transforms.parsed(text) if isinstance(text, str) else None
            if transform is None:
                arguments = ", ".join(
                    (*transforms.WITHOUT_ARGUMENT, *(f"{each}:…" for each in transforms.WITH_ARGUMENT))
                )
                self._note(f"{place} transform", f"{text!r} is none of {arguments}")
            else:
                found.append(transform)
        return tuple(found)

    def _named_tables(
        self, place: str, raw: object, sources: int, unified: Unified, tables: Mapping[str, Table]
    ) -> list[Table | None]:
        """One per path; a single one serves all of them."""
        names = raw if isinstance(raw, list) else [raw] * sources
        if names and len(names) != sources:
            self._note(f"{place} table", f"names {len(names)} tables for {sources} paths")
        if names and unified.kind not in (Kind.STATE, Kind.FLAG):
            self._note(f"{place} table", "only states and flags are looked up in a table")
        found = [self._named_table(place, name, unified, tables) for name in names[:sources]]
        return [*found, *[None] * (sources - len(found))]

    def _named_table(self, place: str, name: object, unified: Unified, tables: Mapping[str, Table]) -> Table | None:
        table = tables.get(name) if isinstance(name, str) else None
        if table is None:
            self._note(f"{place} table", f"there is no [tables.{name}]")
            return None
        for key, meaning in table.meanings.items():
            if meaning != "" and not _is_possible(meaning, unified):
                self._note(f"[tables.{name}] {key}", f"{meaning!r} is no {_possible(unified)} ({place})")
        return table

    def _default(self, place: str, value: Any, unified: Unified) -> str | bool | int | None:
        if value is not None and not _is_possible(value, unified):
            self._note(f"{place} default", f"{value!r} is no {_possible(unified)}")
        return value if isinstance(value, str | bool | int) else None


def _is_possible(value: object, unified: Unified) -> bool:
    """Also as a default: what no document may say, no mapping may, or none of its orders could be kept."""
    if unified.kind is Kind.FLAG:
        return isinstance(value, bool)
    if unified.kind is Kind.TIME:
        return False
    if unified.kind is Kind.STATE:
        return isinstance(value, str) and value in list(unified.states or ())
    try:
        return read(_READ_AS.get(unified.kind, "text"), value, unified, Manner("", None)) == value
    except Unfit:
        return False


def _possible(unified: Unified) -> str:
    if unified.kind is Kind.STATE:
        return " or ".join(unified.states or ())
    words = {Kind.FLAG: "true or false", Kind.CURRENCY: "currency such as CNY", Kind.TIME: "default of a time: none is"}
    return words.get(unified.kind, "whole number" if unified.kind in (Kind.COUNT, Kind.MONEY) else "text")
