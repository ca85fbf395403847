"""What sinks are set up with in the notices file; each sink adds its own."""

from typing import Annotated
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from inventory_service.alerts.text import Language

SECRETS = frozenset({"key", "token", "secret", "password"})

Secret = Annotated[str, Meta(min_length=1, max_length=512)]
Url = Annotated[str, Meta(pattern=r"^https?://[^\s/?#@]+(/[^\s?#]*)?(\?[^\s#]*)?$", max_length=2048)]
BaseUrl = Annotated[str, Meta(pattern=r"^https?://[^\s/?#@]+(/[^\s?#]*)?$", max_length=2048)]
WaitSeconds = Annotated[int, Meta(ge=1, le=86_400)]


class SinkSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="type"):
    language: Language = "both"


def checked_url(url: str) -> str:
    """Raises ValueError where its port cannot be read."""
    urlsplit(url).port  # noqa: B018  # it is read when it is asked for
    return url.rstrip("/")
