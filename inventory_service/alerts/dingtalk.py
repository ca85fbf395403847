"""A robot of a DingTalk (钉钉) group, signed where the group asks for it."""

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from datetime import tzinfo
from typing import Annotated
from urllib.parse import quote

import msgspec
from msgspec import Meta

from inventory_service.alerts.posting import Posting, RobotAnswers
from inventory_service.alerts.sink_settings import BaseUrl, Secret, SinkSettings, WaitSeconds, checked_url
from inventory_service.alerts.text import text
from inventory_service.domain.notices import Notice, Step
from inventory_service.usecases.clocks import wall_ms
from inventory_service.usecases.notice_ports import Limit

MESSAGE_BYTES_MAX = 20_000
LIMITS = (Limit(18, 60_000),)  # of 20 a minute; beyond it the robot is mute for 10 minutes
CODES = ("errcode",)


class DingtalkSettings(SinkSettings, frozen=True, kw_only=True, tag="dingtalk"):
    """`secret` is there where the robot's security is a signature; `busy_codes`: what asks for silence, how long."""

    token: Secret
    secret: Annotated[str, Meta(max_length=512)] = ""
    base_url: BaseUrl = "https://oapi.dingtalk.com"
    busy_codes: Mapping[int, WaitSeconds] = msgspec.field(default_factory=lambda: {130101: 600})

    def __post_init__(self) -> None:
        checked_url(self.base_url)

    def open(self, zone: tzinfo) -> "DingtalkRobot":
        return DingtalkRobot(self, zone)


class DingtalkRobot:
    limits: Sequence[Limit] = LIMITS

    def __init__(self, settings: DingtalkSettings, zone: tzinfo, now_ms: Callable[[], int] = wall_ms) -> None:
        self._settings = settings
        self._zone = zone
        self._now_ms = now_ms
        self._posting = Posting([settings.token, settings.secret])
        busy = {code: wait_s * 1000 for code, wait_s in settings.busy_codes.items()}
        self._answers = RobotAnswers(self._posting, CODES, busy)

    async def send(self, notice: Notice) -> str:
        url = f"{checked_url(self._settings.base_url)}/robot/send?access_token={quote(self._settings.token, safe='')}"
        if self._settings.secret:
            now_ms = self._now_ms()
            url += f"&timestamp={now_ms}&sign={quote(signature(self._settings.secret, now_ms), safe='')}"
        return await self._answers.post(url, message(notice, self._settings, self._zone))

    async def close(self) -> None:
        await self._posting.close()


def signature(secret: str, timestamp_ms: int) -> str:
    """Base64; in the URL it is percent-encoded besides."""
    signed = f"{timestamp_ms}\n{secret}".encode()
    return b64encode(hmac.digest(secret.encode(), signed, hashlib.sha256)).decode()


def message(notice: Notice, settings: DingtalkSettings, zone: tzinfo) -> Mapping[str, object]:
    """Text, not markdown: a SKU may look like a link."""
    called = [notice.person.mobile] if notice.person.mobile and notice.step not in {Step.OVER, Step.TEST} else []
    mention = "".join(f"\n@{mobile}" for mobile in called)
    # JSON and the rest of the message need less than a tenth; in JSON a line break is two bytes.
    told = text(notice, settings.language, zone, MESSAGE_BYTES_MAX * 9 // 10)
    return {
        "msgtype": "text",
        "text": {"content": told + mention},
        "at": {"atMobiles": called, "isAtAll": False},
    }
