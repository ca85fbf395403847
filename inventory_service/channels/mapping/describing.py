"""A mapping said line by line, so that two can be compared: place → what stands there."""

from collections.abc import Iterator, Mapping

from inventory_service.channels.mapping.table import FieldMapping, Row, Table


def described(mapping: FieldMapping) -> Mapping[str, str]:
    """`[line] sku path` → `outer_sku_id, outer_iid`; what says nothing is left out."""
    return {place: text for place, text in _said(mapping) if text}


def _said(mapping: FieldMapping) -> Iterator[tuple[str, str]]:
    yield "utc_offset", str(mapping.utc_offset or "").removeprefix("UTC")
    yield "envelopes", ", ".join(path.text for path in mapping.envelopes)
    for name, paths in mapping.lists.items():
        yield f"[lists] {name}", ", ".join(path.text for path in paths)
    rows = [(f"[{section}] {row.field}", row) for section, rows in mapping.sections.items() for row in rows]
    for place, row in rows:
        for key, text in _row(row):
            yield f"{place} {key}", text
    tables = {source.table.name: source.table for _, row in rows for source in row.sources if source.table}
    for table in tables.values():
        yield from _table(table)


def _row(row: Row) -> Iterator[tuple[str, str]]:
    tables = [source.table.name for source in row.sources if source.table]
    transforms = [f"{each.name}:{each.argument}" if each.argument else each.name for each in row.transforms]
    yield "path", ", ".join(source.path.text for source in row.sources)
    yield "type", row.type
    yield "required", "true" if row.required else ""
    yield "table", ", ".join(dict.fromkeys(tables))
    yield "transform", ", ".join(transforms)
    yield "default", "" if row.default is None else _word(row.default)


def _table(table: Table) -> Iterator[tuple[str, str]]:
    for key, meaning in table.meanings.items():
        yield f"[tables.{table.name}] {key}", _word(meaning) or '""'


def _word(value: str | bool | int) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
