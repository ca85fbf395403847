"""A robot of a WeCom (企业微信) group. Its key is the whole of its security."""

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from urllib.parse import quote

import msgspec

from inventory_service.alerts.posting import Posting, RobotAnswers
from inventory_service.alerts.sink_settings import BaseUrl, Secret, SinkSettings, WaitSeconds, checked_url
from inventory_service.alerts.text import text
from inventory_service.domain.notices import Notice, Step
from inventory_service.usecases.notice_ports import Limit

TEXT_BYTES_MAX = 2048
LIMITS = (Limit(18, 60_000),)  # of 20 a minute: somebody may test, or another program use the robot
CODES = ("errcode",)


class WecomSettings(SinkSettings, frozen=True, kw_only=True, tag="wecom"):
    """`busy_codes`: what asks for silence, and for how long."""

    key: Secret
    base_url: BaseUrl = "https://qyapi.weixin.qq.com"
    busy_codes: Mapping[int, WaitSeconds] = msgspec.field(default_factory=lambda: {45009: 60})

    def __post_init__(self) -> None:
        checked_url(self.base_url)

    def open(self, zone: tzinfo) -> "WecomRobot":
        return WecomRobot(self, zone)


class WecomRobot:
    limits: Sequence[Limit] = LIMITS

    def __init__(self, settings: WecomSettings, zone: tzinfo) -> None:
        self._settings = settings
        self._zone = zone
        self._posting = Posting([settings.key])
        busy = {code: wait_s * 1000 for code, wait_s in settings.busy_codes.items()}
        self._answers = RobotAnswers(self._posting, CODES, busy)

    async def send(self, notice: Notice) -> str:
        base = checked_url(self._settings.base_url)
        url = f"{base}/cgi-bin/webhook/send?key={quote(self._settings.key, safe='')}"
        return await self._answers.post(url, message(notice, self._settings, self._zone))

    async def close(self) -> None:
        await self._posting.close()


def message(notice: Notice, settings: WecomSettings, zone: tzinfo) -> Mapping[str, object]:
    content: dict[str, object] = {"content": text(notice, settings.language, zone, TEXT_BYTES_MAX)}
    if notice.person.mobile and notice.step not in {Step.OVER, Step.TEST}:
        content["mentioned_mobile_list"] = [notice.person.mobile]
    return {"msgtype": "text", "text": content}
