"""A shop's own mapping, where it has one: judged before it is kept, and read by from then on."""

from collections.abc import Callable
from typing import NamedTuple, Protocol

from inventory_service.channels.mapping.checking import WrongMapping
from inventory_service.channels.mapping.describing import described
from inventory_service.channels.mapping.loading import loaded, shipped, shipped_channels
from inventory_service.channels.mapping.reading import shipped_for
from inventory_service.channels.mapping.table import FieldMapping
from inventory_service.domain.errors import Refused
from inventory_service.usecases.shops.ports import Judged


class Newest(Protocol):
    @property
    def version(self) -> int: ...
    @property
    def toml(self) -> str: ...


class _Read(NamedTuple):
    version: int
    mapping: FieldMapping


class OwnMappings:
    """Implements `reading.MappingOf`. `newest`: by shop, from memory; asked for every document."""

    def __init__(self, newest: Callable[[str], Newest | None]) -> None:
        self._newest = newest
        self._read: dict[str, _Read] = {}

    def __call__(self, channel: str, shop: str) -> FieldMapping:
        """Raises KeyError, NotReady; WrongMapping: it was right for the version of the service that kept it."""
        own = self._newest(shop)
        if own is None or not own.toml:
            return shipped_for(channel, shop)
        read = self._read.get(shop)
        if read is None or read.version != own.version:
            name = f"version {own.version} of the mapping of {shop}"
            read = self._read[shop] = _Read(own.version, loaded(own.toml.encode(), name, shop))
        return read.mapping


class MappingJudge:
    """Implements `usecases.shops.ports.JudgesMappings`."""

    def own(self, shop: str, toml: str) -> Judged:
        try:
            return _judged(loaded(toml.encode(), "mapping", shop))
        except WrongMapping as error:
            raise Refused("validation_failed", "; ".join(error.problems), "/toml") from None

    def shipped(self, channel: str) -> Judged | None:
        return _judged(shipped(channel)) if channel in shipped_channels() else None


def _judged(mapping: FieldMapping) -> Judged:
    return Judged(mapping.channel, mapping.digest, described(mapping))
