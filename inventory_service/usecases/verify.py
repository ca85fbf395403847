"""Every invariant that ledger and Redis can be asked about. Run after every load, fault and crash test."""

from collections.abc import Sequence

from inventory_service.usecases import hot_checks, ledger_checks
from inventory_service.usecases.capacity_check import check_places
from inventory_service.usecases.findings import Finding
from inventory_service.usecases.ledger_ports import Quarantined, SubjectKind
from inventory_service.usecases.ports import HotState, LedgerAudit, LedgerSnapshots

__all__ = ["Finding", "Verify"]


class Verify:
    """May run beside the service: what is changing while it is looked at is left out."""

    def __init__(self, ledger: LedgerSnapshots, hot: HotState) -> None:
        self._ledger = ledger
        self._hot = hot

    async def run(self) -> list[Finding]:
        """One finding per invariant, in an order of their own. Raises NotReady."""
        before = await self._hot.inspect()
        deployment = await self._ledger.deployment()
        async with self._ledger.audit() as audit:
            aside = await audit.quarantined()
            findings = await self._check_ledger(audit, aside)
            findings.append(await hot_checks.check_position(self._hot, audit, before, deployment))
            findings.append(await hot_checks.check_stocks(self._hot, audit, _names(aside, SubjectKind.SKU)))
            reservations = _names(aside, SubjectKind.RESERVATION)
            findings.append(await hot_checks.check_reservations(self._hot, audit, reservations))
            findings += await hot_checks.check_transfers(self._hot, audit)
        findings.append(await hot_checks.check_counters(self._hot))
        findings.append(await hot_checks.check_deadlines(self._hot))
        findings.append(await check_places(self._hot, self._ledger))
        return findings

    async def _check_ledger(self, audit: LedgerAudit, aside: Sequence[Quarantined]) -> list[Finding]:
        findings = await ledger_checks.check_log(audit)
        uncertain = _names(aside, SubjectKind.SKU).union(*(each.skus for each in aside))
        findings += await ledger_checks.check_stock(audit, uncertain)
        findings.append(await ledger_checks.check_transitions(audit))
        findings += await ledger_checks.check_duplicates(audit)
        findings.append(ledger_checks.check_quarantine(aside))
        return findings


def _names(aside: Sequence[Quarantined], kind: SubjectKind) -> set[str]:
    return {each.name for each in aside if each.kind == kind}
