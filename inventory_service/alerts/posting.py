"""Calls to others over HTTP, bounded in time and size. What they answer may be shown: secrets are taken out of it."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

import aiohttp
import msgspec
from yarl import URL

from inventory_service.usecases.notice_ports import SinkFailed

TIMEOUT_S = 15.0
ANSWER_MAX = 64 * 1024
BUSY = 429
BUSY_WAIT_MS = 60_000
SHOWN_MAX = 300

_json = msgspec.json.Decoder(dict[str, Any]).decode


class Posting:
    """One connection pool per sink, made when it is first used."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._secrets = [form for secret in secrets if secret for form in (secret, quote(secret, safe=""))]
        self._session: aiohttp.ClientSession | None = None

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        """Status and body; `url` is encoded already. Raises SinkFailed: no answer, or too many calls."""
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
            self._session = aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar())
        target = URL(url, encoded=True)
        try:
            async with self._session.post(target, data=body, headers=headers, allow_redirects=False) as response:
                answer, status = await _beginning(response.content), response.status
        except TimeoutError:
            raise SinkFailed(f"no answer within {TIMEOUT_S:g} s") from None
        except (
            aiohttp.ClientError,
            OSError,
            ValueError,
        ) as error:
            # Not chained: its own text may show the address, and with it the key.
            raise SinkFailed(self.shown(str(error) or type(error).__name__)) from None
        if status == BUSY:
            raise SinkFailed(f"status {BUSY}: {self.shown(answer)}", BUSY_WAIT_MS)
        return status, answer

    def shown(self, answer: str | bytes) -> str:
        """For logs and people."""
        told = answer if isinstance(answer, str) else answer.decode(errors="replace")
        for secret in self._secrets:
            told = told.replace(secret, "***")
        return " ".join(told.split())[:SHOWN_MAX]

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()


async def _beginning(content: aiohttp.StreamReader) -> bytes:
    """At most ANSWER_MAX of it. One `read` returns what has just come: half a robot's yes is no yes, and it would be
    told the same again.
    """
    answer = bytearray()
    while len(answer) < ANSWER_MAX and (piece := await content.read(ANSWER_MAX - len(answer))):
        answer += piece
    return bytes(answer)


def body_of(message: object) -> bytes:
    return msgspec.json.encode(message)


class RobotAnswers:
    """Chat robots answer 200 to everything: whether it was taken stands in a code within."""

    def __init__(self, posting: Posting, names: Sequence[str], busy: Mapping[int, int]) -> None:
        """`names`: where the code stands, `busy`: the codes that ask for silence, with for how many ms."""
        self._posting = posting
        self._names = names
        self._busy = busy

    async def post(self, url: str, message: object) -> str:
        """What the robot said. Raises SinkFailed."""
        headers = {"Content-Type": "application/json; charset=utf-8"}
        status, answer = await self._posting.post(url, body_of(message), headers)
        told = self._posting.shown(answer)
        code = self._code(answer)
        if status == 200 and code == 0:
            return told
        raise SinkFailed(f"status {status}: {told}", self._busy.get(code, 0) if code is not None else 0)

    def _code(self, answer: bytes) -> int | None:
        """None where there is none: a page of somebody in between, for one."""
        try:
            fields = _json(answer)
        except (msgspec.DecodeError, RecursionError):
            return None
        codes = [fields[name] for name in self._names if name in fields]
        return codes[0] if codes and type(codes[0]) is int else None
