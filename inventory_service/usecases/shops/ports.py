"""What shops and their credentials need from outside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Protocol

from inventory_service.domain.shops.credential import Credential, Version
from inventory_service.domain.shops.shop import Shop


class Author(NamedTuple):
    """Who changes something, and when."""

    name: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Change:
    """One line of a shop's history. `version`: of its credential, 0: the shop itself. Never a secret."""

    change_id: int
    shop: str
    action: str  # added | changed | paused | resumed | mapped | unmapped | set | renewed | retired
    version: int
    by: str
    at_ms: int
    detail: Mapping[str, object]


class Shops(Protocol):
    """The registry of shops, at most 2 s behind a change made elsewhere."""

    def all(self) -> Mapping[str, Shop]:
        """Every shop by name, from memory. Raises NotReady while they could not be read yet."""

    async def lookup(self, shop: str) -> Shop | None:
        """One shop; asks the store before it says None. Raises NotReady when it cannot ask."""

    async def put(self, shop: Shop, author: Author) -> None:
        """Add or change one; whether it is paused stays as it is. Raises NotReady, OutcomeUnknown."""

    async def pause(self, shop: str, reason: str, version: int, author: Author) -> bool:
        """False: it was paused already. Raises NotReady, OutcomeUnknown."""

    async def resume(self, shop: str, author: Author) -> bool:
        """False: it was not paused. Raises NotReady, OutcomeUnknown."""

    async def history(self, shop: str, limit: int) -> Sequence[Change]:
        """The newest first, those of its credentials included. Raises NotReady."""


@dataclass(frozen=True, slots=True)
class MappingVersion:
    """How a shop's documents were read from then on. `toml` "": as our mapping of its channel says.

    `digest`: of what counted when it was set.
    """

    version: int
    toml: str
    digest: str
    set_ms: int
    set_by: str


class Mappings(Protocol):
    """Mappings that shops have of their own. Other processes read by them at most 2 s later."""

    async def put(self, shop: str, toml: str, digest: str, author: Author) -> int:
        """The number of the new version, or of the newest, where it is the same. Raises Refused (`not_found`),
        NotReady, OutcomeUnknown.
        """

    async def history(self, shop: str, limit: int) -> Sequence[MappingVersion]:
        """Newest first. Raises NotReady."""


class Judged(NamedTuple):
    """A mapping that is right. `said`: place → what stands there, with all that it takes from ours."""

    channel: str
    digest: str
    said: Mapping[str, str]


class JudgesMappings(Protocol):
    def own(self, shop: str, toml: str) -> Judged:
        """Raises Refused (`validation_failed`) with everything that is wrong, and its place."""

    def shipped(self, channel: str) -> Judged | None:
        """None: we have none for this channel."""


class Untold(NamedTuple):
    """A change of a credential that nobody was told of yet."""

    change: Change
    app_key: str


class Credentials(Protocol):
    """Sealed at rest. Raises NotReady, also where the key is not at hand; what changes something OutcomeUnknown too."""

    async def live(self, shop: str) -> Sequence[Credential]:
        """Newest first, from memory, at most 2 s old; two while one replaces the other."""

    async def look_again(self) -> None:
        """Read everything anew, now: somebody may have changed a secret this very moment."""

    async def put(self, shop: Shop, credential: Credential, overlap_ms: int, author: Author) -> int:
        """The number of the new version, whatever `credential` says; or of the current one, where it is the same.

        What was current stays valid for `overlap_ms`, what was before it ends.
        """

    async def renewed(self, shop: Shop, credential: Credential, at_ms: int) -> None:
        """Keep the new tokens of this version. A late one changes nothing: tokens that end later are newer."""

    async def retire(self, shop: str, version: int, author: Author) -> bool:
        """Forget its secrets. False: it is none that is kept. What the current one had replaced counts again."""

    async def versions(self, shop: str) -> Sequence[Version]:
        """Every one there ever was, newest first."""

    async def newest_versions(self) -> Sequence[tuple[str, Version]]:
        """The one that signs, of each shop that has one."""

    async def warned(self, shop: str, version: int, days: int) -> None: ...

    async def untold(self, limit: int) -> Sequence[Untold]:
        """Oldest first."""

    async def told(self, changes: Sequence[int]) -> None: ...

    async def forget_ended(self, now_ms: int) -> None:
        """The secrets of versions whose overlap is over."""


class ProbeOutcome(StrEnum):
    OK = "ok"
    CREDENTIAL_REFUSED = "credential_refused"
    THROTTLED = "throttled"
    UNREACHABLE = "unreachable"
    REFUSED = "refused"  # a definite no that is not about the credential
    NOT_UNDERSTOOD = "not_understood"
    NO_ADAPTER = "no_adapter"


@dataclass(frozen=True, slots=True)
class Probed:
    """What a real signed call came to. `which` part of the credential is refused; `code`: the platform's own."""

    outcome: ProbeOutcome
    which: str = ""
    code: str = ""
    detail: str = ""


class CredentialSource(Protocol):
    """The credentials of one shop, asked before every call, so that a new secret works at once."""

    async def live(self) -> Sequence[Credential]: ...

    async def renewed(self, credential: Credential) -> None: ...


class Probe(Protocol):
    """Makes one cheap signed call that needs the credential to be right."""

    async def __call__(self, shop: Shop, credentials: CredentialSource, /) -> Probed: ...
