"""How many new holds a client, and each of its customers, may make. The kernel counts; here is only what it is told."""

from dataclasses import dataclass

from inventory_service.domain import ids
from inventory_service.domain.commands import HoldLimit

SECOND_MS = 1_000
MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class HoldLimits:
    """0: no limit. As many may come at once as in a whole second, or minute."""

    client_holds_per_second: int = 0
    customer_holds_per_minute: int = 0

    def of(self, client: str, customer_id: str) -> list[HoldLimit]:
        """The limits of one new hold. Names become digests: a customer id may be an e-mail address."""
        limits = []
        if self.client_holds_per_second:
            limits.append(HoldLimit(ids.digest("client", client), self.client_holds_per_second, SECOND_MS))
        if self.customer_holds_per_minute and customer_id:
            cell = ids.digest("customer", client, customer_id)
            limits.append(HoldLimit(cell, self.customer_holds_per_minute, MINUTE_MS))
        return limits


UNLIMITED = HoldLimits()
