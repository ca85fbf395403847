"""A robot of a Feishu (飞书) or Lark group, signed where the group asks for it."""

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
from inventory_service.domain.notices import Notice
from inventory_service.usecases.clocks import wall_ms
from inventory_service.usecases.notice_ports import Limit

BODY_BYTES_MAX = 20 * 1024
LIMITS = (Limit(4, 1_000), Limit(90, 60_000))  # of 5 a second and 100 a minute
CODES = ("code", "StatusCode")  # the second one of older answers


class FeishuSettings(SinkSettings, frozen=True, kw_only=True, tag="feishu"):
    """`secret` is there where the robot's security is a signature; `busy_codes`: what asks for silence, how long."""

    token: Secret
    secret: Annotated[str, Meta(max_length=512)] = ""
    base_url: BaseUrl = "https://open.feishu.cn"
    busy_codes: Mapping[int, WaitSeconds] = msgspec.field(default_factory=lambda: {9499: 60, 11232: 60})

    def __post_init__(self) -> None:
        checked_url(self.base_url)

    def open(self, zone: tzinfo) -> "FeishuRobot":
        return FeishuRobot(self, zone)


class FeishuRobot:
    limits: Sequence[Limit] = LIMITS

    def __init__(self, settings: FeishuSettings, zone: tzinfo, now_ms: Callable[[], int] = wall_ms) -> None:
        self._settings = settings
        self._zone = zone
        self._now_ms = now_ms
        self._posting = Posting([settings.token, settings.secret])
        busy = {code: wait_s * 1000 for code, wait_s in settings.busy_codes.items()}
        self._answers = RobotAnswers(self._posting, CODES, busy)

    async def send(self, notice: Notice) -> str:
        url = f"{checked_url(self._settings.base_url)}/open-apis/bot/v2/hook/{quote(self._settings.token, safe='')}"
        signed: Mapping[str, object] = {}
        if self._settings.secret:
            timestamp = self._now_ms() // 1000
            signed = {"timestamp": str(timestamp), "sign": signature(self._settings.secret, timestamp)}
        return await self._answers.post(url, {**signed, **message(notice, self._settings, self._zone)})

    async def close(self) -> None:
        await self._posting.close()


def signature(secret: str, timestamp_s: int) -> str:
    """Key and message change places compared with DingTalk's."""
    return b64encode(hmac.digest(f"{timestamp_s}\n{secret}".encode(), b"", hashlib.sha256)).decode()


def message(notice: Notice, settings: FeishuSettings, zone: tzinfo) -> Mapping[str, object]:
    told = text(notice, settings.language, zone, BODY_BYTES_MAX * 9 // 10)
    return {"msg_type": "text", "content": {"text": told}}
