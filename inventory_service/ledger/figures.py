"""What the ledger says of open cases, for the metrics. Every query walks an index of what is open, up to a bound."""

from inventory_service.ledger.orders.queries import QUERIES as ORDER_QUERIES
from inventory_service.ledger.pool import Pool, answering
from inventory_service.ledger.queries import QUERIES
from inventory_service.telemetry.books import BookFigures, OpenEntries

COUNTED_MAX = 100_000  # more than so many open cases are counted as so many


class PostgresFigures:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def figures(self) -> BookFigures:
        """As of now. Raises NotReady."""
        async with answering():
            alerts = await self._pool.fetch(QUERIES["count_open_alerts"], COUNTED_MAX)
            exceptions = await self._pool.fetch(QUERIES["count_open_exceptions"], COUNTED_MAX)
            entries = await self._pool.fetch(ORDER_QUERIES["count_open_entries"], COUNTED_MAX)
            deficit = await self._pool.fetchrow(QUERIES["open_deficit"], COUNTED_MAX)
        return BookFigures(
            alerts={row["rule"]: row["times"] for row in alerts},
            deficit_levels=deficit["levels"] if deficit else 0,
            deficit_units=deficit["units"] if deficit else 0,
            open_entries={row["warehouse"]: OpenEntries(row["entries"], row["oldest_ms"]) for row in entries},
            exceptions={(row["kind"], row["code"]): row["times"] for row in exceptions},
        )
