"""What opens a shop, and where it is kept. Never shown: the secrets stay out of every representation."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

LIVE_MAX = 2  # while a secret is being changed, the old one and the new one


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """One version of a shop's credential.

    `refresh_token` "": the access token cannot be renewed by a call. `expires_ms`: when the access token ends,
    `renewable_until_ms`: when the refresh token does; None where the platform has not said so.
    """

    version: int
    app_key: str
    app_secret: str = field(repr=False)
    access_token: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    expires_ms: int | None = None
    renewable_until_ms: int | None = None

    @property
    def secrets(self) -> tuple[str, ...]:
        return tuple(filter(None, (self.app_secret, self.access_token, self.refresh_token)))


class CredentialSource(Protocol):
    """Asked before every call, so that a new secret works at once."""

    async def live(self) -> Sequence[Credential]:
        """Newest first; two while one replaces the other."""

    async def renewed(self, credential: Credential) -> None:
        """Keep the new tokens of this version."""
