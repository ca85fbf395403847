"""No warehouse was given more orders for a day than it sends."""

from inventory_service.ledger.snapshots import PostgresSnapshots
from tests.faults.books import Books
from tests.faults.goods import WAREHOUSES

DAY_MS = 86_400_000


async def check_capacity(books: Books) -> list[str]:
    """As the ledger has it; `verify` compares Redis with that."""
    today = (await books.hot.inspect()).now_ms // DAY_MS
    async with PostgresSnapshots(books.pool).audit() as audit:
        places = await audit.places(today)
    findings = []
    for place, taken in places.items():
        limit = WAREHOUSES[place.warehouse].get("outbound", {}).get("daily_capacity")
        if limit is not None and taken > limit:
            findings.append(f"sold twice: {taken} orders leave {place.warehouse} on one day, of {limit}")
    return findings
