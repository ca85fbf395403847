"""A stock file as a whole, read once: its lines, what is wrong with the others, and its name for good."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePath

from inventory_service.domain.errors import Refused
from inventory_service.stockfile.csv_lines import csv_lines
from inventory_service.stockfile.json_lines import json_lines
from inventory_service.stockfile.text import UTF_8, WORKBOOK, text_of
from inventory_service.usecases.import_lines import ImportLine, LineProblem

LINES_MAX = 1_000_000  # about 400 bytes of memory each; and half of what the ledger may be behind
BYTES_MAX = 256 * 1024 * 1024
HASH_CHARACTERS = 32  # 128 of SHA-256's 256 bits: two files never share them


class Format(StrEnum):
    CSV = "csv"
    NDJSON = "ndjson"


_WORKBOOKS = (".xlsx", ".xls", ".xlsm", ".ods")
_ENDINGS = {".csv": Format.CSV, ".tsv": Format.CSV, ".ndjson": Format.NDJSON, ".jsonl": Format.NDJSON}


@dataclass(frozen=True, slots=True)
class StockFile:
    """`digest`: 128 bits of the SHA-256 of its bytes, in hex."""

    digest: str
    lines: Sequence[ImportLine]
    problems: Sequence[LineProblem]


def format_of(name: str) -> Format:
    """By the file's ending. Raises Refused."""
    ending = PurePath(name).suffix.lower()
    if ending in _WORKBOOKS:
        raise Refused("validation_failed", f"{name} {WORKBOOK}.")
    if ending not in _ENDINGS:
        known = ", ".join(_ENDINGS)
        raise Refused("validation_failed", f"{name} ends with none of {known}: add --format csv or --format ndjson.")
    return _ENDINGS[ending]


def read_stock_file(data: bytes, name: str, kind: Format, *, encoding: str = UTF_8, delimiter: str = ",") -> StockFile:
    """Everything that stands in it. Raises Refused, in words, where it is not such a file at all."""
    if len(data) > BYTES_MAX:
        raise Refused("validation_failed", f"{name} is larger than {BYTES_MAX // 1024**2} MiB: split it.")
    text = text_of(data, encoding, name)
    read = csv_lines(text, delimiter, name) if kind is Format.CSV else json_lines(text, name)
    lines: list[ImportLine] = []
    problems: list[LineProblem] = []
    for line in read:
        if isinstance(line, ImportLine):
            lines.append(line)
        else:
            problems += line
        if len(lines) > LINES_MAX:
            raise Refused("validation_failed", f"{name} has more than {LINES_MAX:,} lines: split it.")
    if not lines and not problems:
        raise Refused("validation_failed", f"{name} names its columns, and has no line below them.")
    return StockFile(hashlib.sha256(data).hexdigest()[:HASH_CHARACTERS], lines, problems)
