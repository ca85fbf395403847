"""Sealing keys: which of them what is kept still needs."""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet

from inventory_service.bootstrap.channels import sealer_of
from inventory_service.bootstrap.doctor.lines import PROGRAM, Line, ok, warning, wrong
from inventory_service.bootstrap.resealing import missing
from inventory_service.domain.errors import NotReady
from inventory_service.embedded import Urls
from inventory_service.ledger.pool import make_pool
from inventory_service.ledger.reseal import UNSEALED, rows_by_key
from inventory_service.settings import Settings

TOPIC, NAME = "service", "sealing keys"


async def sealing_lines(settings: Settings, urls: Urls) -> list[Line]:
    """None while Postgres is away or not migrated."""
    sealer = sealer_of(settings)
    newest, at_hand = (sealer.newest, sealer.versions) if sealer else (UNSEALED, frozenset[int]())
    try:
        async with make_pool(urls.database_url, size_max=1) as pool:
            needed = await rows_by_key(pool, newest)
    except NotReady:
        return []
    return list(key_lines(newest, at_hand, needed))


def key_lines(newest: int, at_hand: AbstractSet[int], needed: Mapping[int, int]) -> Iterator[Line]:
    """`needed`: rows that need another key than the newest, by key."""
    for key, rows in needed.items():
        if key == UNSEALED:
            yield warning(TOPIC, NAME, f"{rows} rows are as an older version wrote them", f"Run `{PROGRAM} reseal`.")
        elif key in at_hand:
            mend = f"Run `{PROGRAM} reseal`; key {key} can go once this line is gone."
            yield warning(TOPIC, NAME, f"{rows} rows still need key {key}", mend)
        else:
            yield wrong(TOPIC, NAME, f"{rows} rows need key {key}: nobody can read them", f"{missing(key, rows)}.")
    if needed:
        return
    older = ", ".join(str(key) for key in sorted(at_hand - {newest}))
    detail = f"key {newest} seals everything" if at_hand else "none, and nothing is sealed"
    yield ok(TOPIC, NAME, f"{detail}; nothing needs {older} any more" if older else detail)
