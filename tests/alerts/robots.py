"""Chat robots of our own, as strict as the real ones: they verify by rules of their own, count, and answer 200 to all.

Nothing here is the service's: signatures are computed anew from the documents of the platforms.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from aiohttp import web

HOUR_S = 3600
WECOM_KEY = "693a91f6-7d3c-4bc4-97a0-0ec2sifa5aaa"
DINGTALK_TOKEN, DINGTALK_SECRET = "66d95ae34a", "SEC4b6f+of/the=robot"
FEISHU_TOKEN, FEISHU_SECRET = "fe1d-9a0b", "demo"
WHSEC = "whsec_" + base64.b64encode(b"a secret of a receiver!!").decode()

Answer = Mapping[str, Any]


@dataclass
class Robots:
    """One server for all of them. `texts`: what each took; `refused`: the codes that they answered otherwise."""

    url: str = ""
    per_minute: int = 20
    texts: dict[str, list[str]] = field(default_factory=lambda: {name: [] for name in ("wecom", "dingtalk", "feishu")})
    bodies: dict[str, list[Any]] = field(
        default_factory=lambda: {name: [] for name in ("wecom", "dingtalk", "feishu", "webhook")}
    )
    refused: list[int] = field(default_factory=list)
    webhook_ids: list[str] = field(default_factory=list)
    hold: asyncio.Event = field(default_factory=asyncio.Event)  # the webhook answers once it is set
    status: int = 200  # of whatever stands in between
    intercepted: bool = False  # also where its status is 200
    page: bytes = b"<html>Bad gateway</html>"  # and what that says

    def app(self) -> web.Application:
        application = web.Application(client_max_size=1_000_000)
        application.router.add_post("/cgi-bin/webhook/send", self._wecom)
        application.router.add_post("/robot/send", self._dingtalk)
        application.router.add_post("/open-apis/bot/v2/hook/{token}", self._feishu)
        application.router.add_post("/hook", self._webhook)
        return application

    async def _wecom(self, request: web.Request) -> web.Response:
        body = await request.json()
        if request.query_string != f"key={WECOM_KEY}":
            return self._no("errcode", 93000, f"invalid webhook url, key {request.query.get('key')}")
        text = body["text"]["content"]
        if body["msgtype"] != "text" or len(text.encode()) > 2048:
            return self._no("errcode", 40058, "exceed max length 2048")
        return self._take("wecom", text, body, {"errcode": 0, "errmsg": "ok"}, "errcode", 45009)

    async def _dingtalk(self, request: web.Request) -> web.Response:
        raw = await request.read()
        body = json.loads(raw)
        fields = dict(part.split("=", 1) for part in request.rel_url.raw_query_string.split("&"))
        timestamp = fields.get("timestamp", "0")
        mac = hmac.new(DINGTALK_SECRET.encode(), f"{timestamp}\n{DINGTALK_SECRET}".encode(), hashlib.sha256).digest()
        right = base64.b64encode(mac).decode()
        fresh = abs(int(timestamp) / 1000 - time.time()) < HOUR_S
        if fields.get("access_token") != DINGTALK_TOKEN:
            return self._no("errcode", 300001, "token is not exist")
        if not fresh or unquote(fields.get("sign", "")) != right or "+" in fields["sign"] or "/" in fields["sign"]:
            return self._no("errcode", 310000, "sign not match")
        if len(raw) > 20_000:
            return self._no("errcode", 460101, "message too long")
        for mobile in body["at"]["atMobiles"]:
            assert f"@{mobile}" in body["text"]["content"]
        return self._take("dingtalk", body["text"]["content"], body, {"errcode": 0, "errmsg": "ok"}, "errcode", 130101)

    async def _feishu(self, request: web.Request) -> web.Response:
        raw = await request.read()
        body = json.loads(raw)
        timestamp = body.get("timestamp", "0")
        signed = f"{timestamp}\n{FEISHU_SECRET}".encode()
        right = base64.b64encode(hmac.new(signed, b"", hashlib.sha256).digest()).decode()
        if request.match_info["token"] != FEISHU_TOKEN:
            return self._no("code", 19001, "param invalid: incoming webhook access token invalid")
        if abs(int(timestamp) - time.time()) > HOUR_S or body.get("sign") != right:
            return self._no("code", 19021, "sign match fail or timestamp is not within one hour from current time")
        if len(raw) > 20 * 1024:
            return self._no("code", 9499, "Bad Request")
        return self._take(
            "feishu", body["content"]["text"], body, {"StatusCode": 0, "StatusMessage": ""}, "code", 11232
        )

    async def _webhook(self, request: web.Request) -> web.Response:
        raw = await request.read()
        headers = request.headers
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + raw
        mac = hmac.new(base64.b64decode(WHSEC.removeprefix("whsec_")), signed, hashlib.sha256).digest()
        if headers["webhook-signature"] != "v1," + base64.b64encode(mac).decode():
            return web.json_response({"error": "no such signature"}, status=401)
        self.webhook_ids.append(headers["webhook-id"])
        self.bodies["webhook"].append(json.loads(raw))
        await self.hold.wait()
        return web.json_response({"taken": True}, status=self.status if self.status != 200 else 202)

    def _take(self, name: str, text: str, body: Any, ok: Answer, field_name: str, busy: int) -> web.Response:
        if len(self.texts[name]) >= self.per_minute:
            return self._no(field_name, busy, "send too fast, exceed 20 times per minute")
        if self.status != 200 or self.intercepted:
            return web.Response(body=self.page, content_type="text/html", status=self.status)
        self.texts[name].append(text)
        self.bodies[name].append(body)
        return web.json_response(ok)

    def _no(self, field_name: str, code: int, message: str) -> web.Response:
        self.refused.append(code)
        return web.json_response({field_name: code, "errmsg": message})


@asynccontextmanager
async def robots_running() -> AsyncIterator[Robots]:
    robots = Robots()
    robots.hold.set()
    runner = web.AppRunner(robots.app(), access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        server = site._server
        assert isinstance(server, asyncio.Server)
        robots.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield robots
    finally:
        robots.hold.set()
        await runner.cleanup()
