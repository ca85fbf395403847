"""Stock as CSV or NDJSON: one row per SKU and warehouse, which an import of type count takes back as they are."""

import csv
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from inventory_service.stockfile.columns import COUNTERS
from inventory_service.stockfile.reading import Format
from inventory_service.usecases.read_stock import LevelView, StockView

HEADER = ("sku", "warehouse", "quantity", "expected_on_hand", *COUNTERS)


class StockWriter:
    """Writes rows in the order in which it gets them; `rows` counts them."""

    def __init__(self, stream: TextIO, kind: Format) -> None:
        self._stream = stream
        self._csv = csv.writer(stream, lineterminator="\n") if kind is Format.CSV else None
        self.rows = 0
        if self._csv:
            self._csv.writerow(HEADER)

    def write(self, views: Sequence[StockView]) -> None:
        for view in views:
            for level in view.warehouses:
                self._row(_values(view.sku, level))

    def _row(self, values: Sequence[str | int]) -> None:
        self.rows += 1
        if self._csv:
            self._csv.writerow(values)
        else:
            self._stream.write(json.dumps(dict(zip(HEADER, values, strict=True)), ensure_ascii=False) + "\n")


def _values(sku: str, level: LevelView) -> Sequence[str | int]:
    """A count of a shelf cannot find less than nothing, so a negative on_hand is counted as 0."""
    counters = (getattr(level, name) for name in COUNTERS)
    return (sku, level.warehouse, max(0, level.on_hand), level.on_hand, *counters)


@contextmanager
def written(path: Path) -> Iterator[TextIO]:
    """A file that appears whole, or stays as it was. What is no file (a pipe, a terminal) is written to directly.

    Raises OSError.
    """
    if path.exists() and not path.is_file():
        with path.open("w", encoding="utf-8", newline="") as stream:
            yield stream
        return
    draft = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        opened = draft.open("x", encoding="utf-8", newline="")
    except OSError as error:  # about a name that nobody gave
        raise OSError(f"{path} cannot be written: {error.strerror}") from error
    try:
        with opened as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
