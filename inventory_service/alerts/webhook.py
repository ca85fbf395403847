"""A program of one's own: JSON over HTTP, signed as Standard Webhooks has it. A repeat has the same id and body."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from urllib.parse import urlsplit, urlunsplit

from inventory_service.alerts.posting import Posting, body_of
from inventory_service.alerts.sink_settings import Secret, SinkSettings, Url, checked_url
from inventory_service.alerts.text import text
from inventory_service.domain.notices import Notice
from inventory_service.standard_webhooks import signed_headers
from inventory_service.usecases.clocks import wall_ms
from inventory_service.usecases.notice_ports import Limit, SinkFailed


class WebhookSettings(SinkSettings, frozen=True, kw_only=True, tag="webhook"):
    """`secret`: `whsec_…`, as its receiver has it."""

    url: Url
    secret: Secret

    def __post_init__(self) -> None:
        """Raises ValueError for what is no such secret."""
        checked_url(self.url)
        signed_headers("check", b"", self.secret, 0)

    def open(self, zone: tzinfo) -> "Webhook":
        return Webhook(self, zone)


class Webhook:
    limits: Sequence[Limit] = ()

    def __init__(self, settings: WebhookSettings, zone: tzinfo) -> None:
        self._settings = settings
        self._zone = zone
        self._posting = Posting([settings.secret, _behind_host(settings.url)])

    async def send(self, notice: Notice) -> str:
        body = body_of(message(notice, self._zone))
        headers = {"Content-Type": "application/json"}
        headers |= signed_headers(notice.notice_id, body, self._settings.secret, wall_ms())
        status, answer = await self._posting.post(self._settings.url, body, headers)
        told = f"status {status}: {self._posting.shown(answer)}"
        if not 200 <= status < 300:
            raise SinkFailed(told)
        return told

    async def close(self) -> None:
        await self._posting.close()


def _behind_host(url: str) -> str:
    """Where receivers hide tokens, as `notices show` masks it: errors of HTTP tell whole addresses. "": nothing."""
    parts = urlsplit(url)
    return urlunsplit(("", "", parts.path if parts.path != "/" else "", parts.query, ""))


def message(notice: Notice, zone: tzinfo) -> Mapping[str, object]:
    return {
        "type": f"alarm.{notice.step}",
        "timestamp": instant(notice.written_ms),
        "data": {
            "alarm": notice.alarm,
            "severity": notice.severity,
            "responsible": notice.person.name,
            "total": notice.total,
            "ended": notice.ended,
            "since": instant(notice.since_ms),
            "named": [{"where": each.where, "since": instant(each.since_ms), **each.facts} for each in notice.named],
            "text": {"en": text(notice, "en", zone), "zh": text(notice, "zh", zone)},
        },
    }


def instant(time_ms: int) -> str:
    return datetime.fromtimestamp(time_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
