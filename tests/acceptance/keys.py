"""API keys made by the command line, as an operator makes them."""

import re
from functools import cache
from typing import Protocol

from tests.acceptance.service import RunningService

KEY = re.compile(r"\b(?:inv|key|sk)_[A-Za-z0-9_.\-]{16,}")


class MakeKey(Protocol):
    def __call__(self, *scopes: str, client: str = "") -> str:
        """A key of `client` ("": one client per set of scopes) with these scopes; made once."""


def key_maker(service: RunningService) -> MakeKey:
    @cache
    def make(*scopes: str, client: str = "") -> str:
        return create_key(service, client or "only-" + "-".join(scopes).replace(":", "."), *scopes)

    return make


def create_key(service: RunningService, client: str, *scopes: str) -> str:
    options = [word for scope in scopes for word in ("--scope", scope)]
    done = service.cli("keys", "create", client, *options)
    assert done.returncode == 0, f"keys create: {done.stdout}\n{done.stderr}"
    found = KEY.search(done.stdout)
    assert found, f"no key in: {done.stdout}"
    return found.group()
