"""How a worker's book and series reach the master: in messages of a bounded size, the last one counting them."""

from collections.abc import Iterator
from typing import TypeVar

import msgspec

from inventory_service.loadtest.book import Book
from inventory_service.loadtest.series import Series

ENTRIES_PER_PART = 2000

Entry = TypeVar("Entry")


class Part(msgspec.Struct):
    """A part of what one process knows. `parts`: how many there are, in the last one only."""

    book: Book
    series: Series
    cpu_percent: list[float]
    parts: int = 0


def parts_of(book: Book, series: Series, cpu_percent: list[float]) -> Iterator[bytes]:
    pieces = [*(Book(orders=piece) for piece in _cut(book.orders)), *(Book(scans=piece) for piece in _cut(book.scans))]
    for piece in pieces:
        yield msgspec.msgpack.encode(Part(piece, Series(), []))
    rest = Book(
        deliveries=book.deliveries, counts=book.counts, retries=book.retries, failures=book.failures, claims=book.claims
    )
    yield msgspec.msgpack.encode(Part(rest, series, cpu_percent, len(pieces) + 1))


class Received:
    """What the workers of a run have handed over so far."""

    def __init__(self) -> None:
        self._parts: dict[str, list[Part]] = {}

    def take(self, worker: str, part: bytes) -> None:
        self._parts.setdefault(worker, []).append(msgspec.msgpack.decode(part, type=Part))

    @property
    def complete(self) -> list[list[Part]]:
        """The parts of every worker who handed over all of them."""
        return [parts for parts in self._parts.values() if parts[-1].parts == len(parts)]

    def lay_together(self, book: Book, series: Series) -> list[list[float]]:
        """Add everything to `book` and `series`, incomplete ones too; the CPU use of each complete worker."""
        for parts in self._parts.values():
            for part in parts:
                book.add(part.book)
                series.add(part.series)
        return [parts[-1].cpu_percent for parts in self.complete]


def _cut(entries: dict[str, Entry]) -> Iterator[dict[str, Entry]]:
    items = list(entries.items())
    for start in range(0, len(items), ENTRIES_PER_PART):
        yield dict(items[start : start + ENTRIES_PER_PART])
