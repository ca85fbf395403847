"""A shop's own mapping: set, compared with what counts now, taken back. Each change is a version that stays."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from inventory_service.domain.errors import Refused
from inventory_service.domain.shops.shop import Shop
from inventory_service.usecases.clocks import wall_ms
from inventory_service.usecases.shops.manage_shops import registered
from inventory_service.usecases.shops.ports import Author, Judged, JudgesMappings, Mappings, MappingVersion, Shops

HISTORY_MAX = 200
_NOTHING = Judged("", "", {})


@dataclass(frozen=True, slots=True)
class MappingChange:
    """`before`, `after` "": nothing stands there."""

    place: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class MappingSet:
    """`changes`: against what counted before. `version`: of what counts now."""

    shop: str
    version: int
    digest: str
    changes: Sequence[MappingChange]


@dataclass(frozen=True, slots=True)
class ShownMapping:
    """`toml` "": ours counts. `problem`: why nothing can be read by it, "": it is right."""

    shop: Shop
    version: int
    toml: str
    digest: str
    problem: str
    versions: Sequence[MappingVersion]


class ManageMappings:
    """Each raises Refused (`not_found`), NotReady; what changes something OutcomeUnknown too."""

    def __init__(
        self, shops: Shops, mappings: Mappings, judge: JudgesMappings, now_ms: Callable[[], int] = wall_ms
    ) -> None:
        self._shops = shops
        self._mappings = mappings
        self._judge = judge
        self._now_ms = now_ms

    async def one(self, shop: str) -> ShownMapping:
        """What counts now, and every version there was, newest first."""
        found = await registered(self._shops, shop)
        versions = await self._mappings.history(shop, HISTORY_MAX)
        number, toml = (versions[0].version, versions[0].toml) if versions else (0, "")
        try:
            judged, problem = self._present(found, toml), ""
        except Refused as refusal:
            judged, problem = _NOTHING, refusal.detail
        return ShownMapping(found, number, toml, judged.digest, problem, versions)

    async def compare(self, shop: str, toml: str) -> MappingSet:
        """What `set` would answer; nothing is kept, and `version` is the one that there is."""
        found = await registered(self._shops, shop)
        judged = self._judge.own(shop, toml)
        if judged.channel != found.channel:
            words = f"This is a mapping of {judged.channel}, and {shop} is a shop of {found.channel}."
            raise Refused("validation_failed", words, "/toml")
        return await self._compared(found, judged)

    async def set(self, shop: str, toml: str, by: str) -> MappingSet:
        """Read the shop's documents by it from now on. The same once more is no new version.

        Raises Refused (`validation_failed`) with everything that is wrong.
        """
        return await self._put(await self.compare(shop, toml), toml, by)

    async def unset(self, shop: str, by: str) -> MappingSet:
        """Read by ours again. Raises Refused (`validation_failed`) where we have none for its channel."""
        found = await registered(self._shops, shop)
        ours = self._judge.shipped(found.channel)
        if ours is None:
            raise Refused("validation_failed", f"There is no mapping of ours for {found.channel}: set another one.")
        compared = await self._compared(found, ours)
        return await self._put(compared, "", by) if compared.version else compared

    async def _compared(self, shop: Shop, judged: Judged) -> MappingSet:
        newest = await self._mappings.history(shop.shop, 1)
        try:
            present = self._present(shop, newest[0].toml if newest else "")
        except Refused:
            present = _NOTHING
        version = newest[0].version if newest else 0
        return MappingSet(shop.shop, version, judged.digest, _changes(present.said, judged.said))

    async def _put(self, compared: MappingSet, toml: str, by: str) -> MappingSet:
        author = Author(by, self._now_ms())
        number = await self._mappings.put(compared.shop, toml, compared.digest, author)
        return MappingSet(compared.shop, number, compared.digest, compared.changes)

    def _present(self, shop: Shop, toml: str) -> Judged:
        """Raises Refused: it was right for the version of the service that kept it, and is so no more."""
        return self._judge.own(shop.shop, toml) if toml else self._judge.shipped(shop.channel) or _NOTHING


def _changes(before: Mapping[str, str], after: Mapping[str, str]) -> Sequence[MappingChange]:
    """In the order in which the places stand."""
    places = dict.fromkeys((*before, *after))
    pairs = [MappingChange(place, before.get(place, ""), after.get(place, "")) for place in places]
    return [pair for pair in pairs if pair.before != pair.after]
