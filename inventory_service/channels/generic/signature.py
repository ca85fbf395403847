"""Standard Webhooks, with the secret of the shop in both directions."""

from collections.abc import Iterable, Mapping

from inventory_service.domain.shops.credential import Credential
from inventory_service.standard_webhooks import signed_headers, verified
from inventory_service.usecases.sync.adapter import CredentialRefused


def signed(message_id: str, body: bytes, credential: Credential, now_ms: int) -> dict[str, str]:
    """The headers of a call. Raises CredentialRefused for a secret that cannot sign."""
    try:
        return signed_headers(message_id, body, credential.app_secret, now_ms)
    except ValueError:
        raise CredentialRefused("app_secret", "the secret of a shop is whsec_ and base64") from None


def message_signed(headers: Mapping[str, str], body: bytes, credentials: Iterable[Credential], now_ms: int) -> bool:
    return verified(headers, body, [credential.app_secret for credential in credentials], now_ms)
