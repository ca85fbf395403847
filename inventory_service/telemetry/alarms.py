"""Alarms, whoever raises them: the log line and the number beside each row."""

from collections.abc import Mapping

import structlog
from prometheus_client import Counter

import inventory_service.telemetry.registry  # noqa: F401  # decides where numbers are kept, before the first is made

ALARM_RULES = (
    *("deficit", "low_stock", "duplicate_id", "quarantined", "difference"),
    *("gate_closed", "ledger_restored", "ledger_gap", "transfer_discrepancy"),
    *("channel_silent", "channel_differs"),
    *("order_failed", "cancel_unanswered", "warehouse_silent"),
    *("credential_changed", "credential_expiring", "credential_invalid"),
)

_alarms = Counter("inventory_alarms", "Alarms raised, repeats of an open cause counted.", ("rule",))
for _rule in ALARM_RULES:
    _alarms.labels(_rule)

log = structlog.get_logger()


def tell_alarm(rule: str, cause: str, times: int, detail: Mapping[str, object]) -> None:
    """The log line and the metric of an alarm, beside its row. `rule` is one of a few words, `cause` tells whose."""
    _alarms.labels(rule).inc(times)
    log.warning("alarm.raised", rule=rule, cause=cause, times=times, detail=detail)
