"""API keys made by the command line, as an operator makes them."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Protocol

from tests.acceptance.service import RunningService

KEY = re.compile(r"inv_(?P<key_id>[a-z0-9]+)_[a-z0-9]{16,}")
WEBHOOK_SECRET = re.compile(r"whsec_[A-Za-z0-9+/=]{16,}")


@dataclass(frozen=True)
class Created:
    """What `keys create` shows once."""

    key: str
    key_id: str


class MakeKey(Protocol):
    def __call__(self, *scopes: str) -> str:
        """A key with these scopes, of a client that has no other; made once per set of scopes."""


def key_maker(service: RunningService) -> MakeKey:
    @cache
    def make(*scopes: str) -> str:
        return create_key(service, "only-" + "-".join(scopes).replace(":", "."), *scopes).key

    return make


def create_key(service: RunningService, client: str, *scopes: str) -> Created:
    """A new key of `client`."""
    options = [word for scope in scopes for word in ("--scope", scope)]
    found = KEY.search(_shown_once(service, client, *options))
    assert found, "no key was shown"
    return Created(found.group(), found["key_id"])


def create_webhook_secret(service: RunningService, client: str) -> str:
    """A secret with which `client` signs its scans."""
    found = WEBHOOK_SECRET.search(_shown_once(service, client, "--webhook"))
    assert found, "no secret was shown"
    return found.group()


def _shown_once(service: RunningService, client: str, *options: str) -> str:
    done = service.cli("keys", "create", client, *options)
    assert done.returncode == 0, f"keys create: {done.stdout}\n{done.stderr}"
    return done.stdout
