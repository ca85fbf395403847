"""Seals what is personal, bound to whose it is; without a key nothing of orders is kept or shown."""

from inventory_service.domain.errors import NotReady
from inventory_service.sealing import NotOpened, Sealer

MISSING = (
    "Orders hold personal data and are kept sealed: set INVENTORY_SEALING_KEYS to 1:<base64 of 32 random bytes>, the "
    "same for every process."
)


class Seals:
    def __init__(self, sealer: Sealer | None) -> None:
        self._sealer = sealer

    def check(self) -> Sealer:
        """Raises NotReady."""
        if self._sealer is None:
            raise NotReady(MISSING)
        return self._sealer

    def seal(self, content: bytes, about: str) -> bytes:
        return self.check().seal(content, about)

    def open(self, sealed: bytes, about: str) -> bytes:
        """Raises NotReady, also where the key that sealed it is not at hand."""
        try:
            return self.check().open(sealed, about)
        except NotOpened as error:
            raise NotReady(f"INVENTORY_SEALING_KEYS: {error}.") from error
