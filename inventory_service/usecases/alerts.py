"""Alarms that wait for a person."""

from inventory_service.domain.errors import Refused
from inventory_service.usecases.ports import Alert, CaseBook, LedgerReader, Page


class Alerts:
    def __init__(self, ledger: LedgerReader, cases: CaseBook) -> None:
        self._ledger = ledger
        self._cases = cases

    async def list(self, state: str, limit: int, cursor: str) -> Page[Alert]:
        """Alarms in `state` ("": any), newest first. Raises NotReady."""
        return await self._ledger.alerts(state, limit, cursor)

    async def acknowledge(self, alert_id: str, by: str) -> Alert:
        """Somebody has seen it. Raises Refused (`not_found`), NotReady, OutcomeUnknown."""
        alert = await self._cases.acknowledge_alert(alert_id, by)
        if alert is None:
            raise Refused("not_found", f"There is no alert {alert_id}.")
        return alert
