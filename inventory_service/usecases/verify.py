"""Every invariant that ledger and Redis can be asked about. Run after every load, fault and crash test."""

from inventory_service.usecases import hot_checks, ledger_checks
from inventory_service.usecases.findings import Finding
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
            findings = await self._check_ledger(audit)
            findings.append(await hot_checks.check_position(self._hot, audit, before, deployment))
            findings.append(await hot_checks.check_stocks(self._hot, audit))
            findings.append(await hot_checks.check_reservations(self._hot, audit))
        findings.append(await hot_checks.check_counters(self._hot))
        findings.append(await hot_checks.check_deadlines(self._hot))
        return findings

    async def _check_ledger(self, audit: LedgerAudit) -> list[Finding]:
        findings = await ledger_checks.check_log(audit)
        of_changes, folded = await ledger_checks.check_changes(audit)
        findings += of_changes
        findings += await ledger_checks.check_levels(audit, folded)
        findings.append(await ledger_checks.check_transitions(audit))
        findings.append(_told_duplicates(await audit.duplicate_ids()))
        return findings


def _told_duplicates(count: int) -> Finding:
    """Reported, not failed: each has an alarm, and was older than what the service promises to remember."""
    return Finding("ids that came back after the retention are told", True, str(count) if count else "none")
