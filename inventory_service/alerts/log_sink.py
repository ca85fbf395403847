"""The service's own log, for whoever collects it."""

from collections.abc import Sequence
from datetime import tzinfo

import structlog

from inventory_service.alerts.sink_settings import SinkSettings
from inventory_service.alerts.text import text
from inventory_service.domain.notices import Notice
from inventory_service.usecases.notice_ports import Limit

log = structlog.get_logger()


class LogSettings(SinkSettings, frozen=True, kw_only=True, tag="log"):
    def open(self, zone: tzinfo) -> "LogSink":
        return LogSink(self, zone)


class LogSink:
    limits: Sequence[Limit] = ()

    def __init__(self, settings: LogSettings, zone: tzinfo) -> None:
        self._settings = settings
        self._zone = zone

    async def send(self, notice: Notice) -> str:
        log.warning(
            "notice.told",
            notice_id=notice.notice_id,
            alarm=notice.alarm,
            step=notice.step,
            severity=notice.severity,
            responsible=notice.person.name,
            total=notice.total,
            text=text(notice, self._settings.language, self._zone),
        )
        return "logged"

    async def close(self) -> None:
        """Nothing is open."""
