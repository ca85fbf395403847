"""What `reseal` does beside the running service, and what `doctor` tells of sealing keys."""

from collections.abc import Sequence

from inventory_service.bootstrap.channels import sealer_of
from inventory_service.bootstrap.stores import found_stores, given_urls
from inventory_service.domain.errors import NotReady
from inventory_service.ledger.pool import WRITE_TIMEOUT_S, make_pool
from inventory_service.ledger.reseal import UNSEALED, Reseal, Resealed, Show
from inventory_service.settings import Settings

NO_KEY = "INVENTORY_SEALING_KEYS is not set: there is no key to seal with."


async def reseal(settings: Settings, show: Show) -> Resealed:
    """Raises SettingsError, EmbeddedError, NotReady, OutcomeUnknown."""
    sealer = sealer_of(settings)
    if sealer is None:
        raise NotReady(NO_KEY)
    async with (
        found_stores(settings) as located,
        make_pool(given_urls(located).database_url, size_max=1, timeout_s=WRITE_TIMEOUT_S) as pool,
    ):
        return await Reseal(pool, sealer).run(show)


def troubles(settings: Settings, resealed: Resealed) -> Sequence[str]:
    """Why an older key cannot go yet, and what leads out."""
    sealer = sealer_of(settings)
    known = {UNSEALED, *(sealer.versions if sealer else ())}
    lost = [missing(key, rows) for key, rows in resealed.needed.items() if key not in known]
    altered = [f"{words}: it opens with no key" for words in resealed.altered]
    if lost or altered:
        return [*altered, *lost]
    return [
        f"{rows} rows need {f'key {key}' if key else 'a seal'}: a process that runs with the older keys wrote them "
        "meanwhile. Restart it with the new ones, and run this again"
        for key, rows in resealed.needed.items()
    ]


def missing(key: int, rows: int) -> str:
    return f"{rows} rows need key {key}, which is not at hand: bring it back into INVENTORY_SEALING_KEYS, then reseal"
