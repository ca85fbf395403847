"""The stage of a run: its names, its stock, and what this process heard. Of its own for every run."""

import random
import secrets
from collections import deque
from dataclasses import dataclass, field

from inventory_service.loadtest.book import Book
from inventory_service.loadtest.series import Series
from inventory_service.outside.orders import Parcel

WAREHOUSES = {"SHA": ("310000", 31.23, 121.47), "PEK": ("110000", 39.90, 116.41), "CAN": ("440000", 23.13, 113.26)}


@dataclass(slots=True)
class Stage:
    """`units` of each of the `skus` are delivered before a run, spread over three warehouses of the run's own.

    The run's token is in every name, so that nothing else in the service is touched. The first SKU is the hot one.
    """

    scenario: str
    skus: int
    units: int
    hold_seconds: int
    run: str = ""
    ready: bool = False  # the stock is there
    finishing: bool = False
    book: Book = field(default_factory=Book)
    series: Series = field(default_factory=Series)
    parcels: deque[Parcel] = field(default_factory=deque)  # paid in this process, not scanned out yet
    _process: str = ""
    _numbers: int = 0

    def reset(self, run: str, units: int | None = None) -> None:
        """Begin anew, with names that no other run and no other process has."""
        self.run = run
        self.units = units or self.units
        self.ready = self.finishing = False
        self.book, self.series = Book(), Series()
        self.parcels.clear()
        self._process = secrets.token_hex(3)
        random.seed()  # processes are forked, and would all do the same

    def sku(self, number: int) -> str:
        """Of the run's SKUs the one of this number, from 0."""
        return f"LT-{self.run}-{number:04d}"

    @property
    def all_skus(self) -> list[str]:
        return [self.sku(number) for number in range(self.skus)]

    @property
    def hot_sku(self) -> str:
        return self.sku(0)

    def any_sku(self) -> str:
        return self.sku(random.randrange(self.skus))

    @property
    def warehouses(self) -> list[str]:
        return [f"LT-{self.run}-{code}" for code in WAREHOUSES]

    def new_id(self, kind: str) -> str:
        self._numbers += 1
        return f"lt-{self.run}-{self._process}-{kind}-{self._numbers}"

    def take_parcels(self, up_to: int) -> list[Parcel]:
        """Paid parcels for a warehouse to scan out; each is given out once."""
        return [self.parcels.popleft() for _ in range(min(up_to, len(self.parcels)))]
