"""A mapping once it is checked: what to read where, and as what."""

from collections.abc import Mapping
from datetime import timezone
from typing import NamedTuple

from inventory_service.channels.mapping.paths import Path
from inventory_service.channels.mapping.transforms import Transform
from inventory_service.channels.mapping.unified import Unified

FORMAT_VERSION = 1


class Table(NamedTuple):
    """What a platform's values mean. "": nothing by itself, the next path decides."""

    name: str
    meanings: Mapping[str, str | bool]


class Source(NamedTuple):
    path: Path
    table: Table | None


class Row(NamedTuple):
    """One unified field. Its sources are asked one after the other until one says something; then the default holds."""

    field: str
    unified: Unified
    type: str
    required: bool
    sources: tuple[Source, ...]
    transforms: tuple[Transform, ...]
    default: str | bool | int | None


class FieldMapping(NamedTuple):
    """`digest` names the content for good, whatever file it came from: by it an order tells how it was read."""

    name: str  # of the file, for people
    version: int
    digest: str
    channel: str
    shop: str
    envelopes: tuple[Path, ...]  # where an order may lie in a whole answer of the platform
    utc_offset: timezone | None
    lists: Mapping[str, tuple[Path, ...]]
    sections: Mapping[str, tuple[Row, ...]]
