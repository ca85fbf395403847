"""Logs, metrics and traces: what is told, under which names. `README.md` lists every event and every metric."""

from inventory_service.telemetry.logs import configure_logs

__all__ = ["configure_logs"]
