"""Who is calling, and may they."""

import re
import time
from collections.abc import Mapping

from inventory_service import standard_webhooks
from inventory_service.domain.clients import Client, Scope
from inventory_service.domain.errors import Refused
from inventory_service.usecases.ports import ClientRegistry

# 4 KiB are more than any key has; token characters of RFC 6750, and what people choose for a bootstrap key.
_BEARER = re.compile(r"bearer +([!-~]{1,4096})\Z", re.IGNORECASE)

_SIGNED = ("webhook-id", "webhook-timestamp", "webhook-signature")


async def client_of_key(registry: ClientRegistry, headers: Mapping[str, str]) -> Client:
    """The client whose key the `Authorization` header carries. Raises Refused (`unauthenticated`), NotReady."""
    bearer = _BEARER.match(headers.get("Authorization", ""))
    if bearer is None:
        raise Refused("unauthenticated", "Send `Authorization: Bearer <api key>`.")
    client = await registry.authenticate(bearer.group(1))
    if client is None:
        raise Refused("unauthenticated", "This key is not valid (any more).")
    return client


def is_signed(headers: Mapping[str, str]) -> bool:
    """Whether the call is to be trusted by its signature instead of a key."""
    return "Authorization" not in headers and any(name in headers for name in _SIGNED)


async def client_of_signature(registry: ClientRegistry, headers: Mapping[str, str], body: bytes) -> Client:
    """The client that signed the body. Raises Refused (`unauthenticated`), NotReady."""
    missing = [name for name in _SIGNED if name not in headers]
    if missing:
        raise Refused("unauthenticated", f"A signed call has {', '.join(_SIGNED)}; here is no {', no '.join(missing)}.")
    now_ms = time.time_ns() // 1_000_000
    signers = await registry.webhook_signers()
    # All are tried, whoever it was: how long it takes tells nobody whose place in the list is his.
    found = [signer.client for signer in signers if standard_webhooks.verified(headers, body, signer.secrets, now_ms)]
    if found:
        return found[0]
    raise Refused("unauthenticated", "No client's secret made this signature within the last five minutes.")


def check_scope(client: Client, scope: Scope) -> None:
    """Raises Refused (`forbidden`)."""
    if scope not in client.scopes:
        raise Refused("forbidden", f"{client.name} does not have the scope {scope}.")
