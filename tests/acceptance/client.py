"""A caller of the HTTP API. Every answer is checked for what every answer promises."""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import aiohttp
from yarl import URL

CALL_SECONDS = 20.0
PROBLEM_FIELDS = {"type", "title", "status", "detail", "code", "request_id", "retryable"}
NOTHING = object()

Query = Sequence[tuple[str, str]] | Mapping[str, str]


@dataclass(frozen=True)
class Answer:
    """`body` is the decoded JSON, or the text where it is none."""

    call: str
    status: int
    headers: Mapping[str, str]
    body: Any

    def ok(self, status: int = 200) -> Any:
        """The body of an answer that must have this status."""
        assert self.status == status, f"expected {status}: {self}"
        return self.body

    def problem(self, status: int, code: str, pointer: str | None = None) -> dict[str, Any]:
        """The problem body; `pointer` "" is as good as none."""
        assert self.status == status, f"expected {status} {code}: {self}"
        assert isinstance(self.body, dict), self
        assert self.body["code"] == code, f"expected {code}: {self}"
        if pointer is not None:
            assert self.body.get("pointer", "") == pointer, f"expected pointer {pointer}: {self}"
        return self.body

    @property
    def replayed(self) -> bool:
        return self.headers.get("Idempotent-Replayed") == "true"


class Api:
    """HTTP on one service as one client. Use as `async with`."""

    def __init__(self, url: str, key: str | None, session: aiohttp.ClientSession | None = None) -> None:
        self.url = url
        self.key = key
        self._owns = session is None
        self.session = session or aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=CALL_SECONDS), connector=aiohttp.TCPConnector(limit=0)
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._owns:
            await self.session.close()

    def acting_as(self, key: str | None) -> "Api":
        """The same service with another key, None: without."""
        return Api(self.url, key, self.session)

    async def get(self, path: str, query: Query | None = None, headers: Mapping[str, str] | None = None) -> Answer:
        return await self.call("GET", path, query=query, headers=headers)

    async def post(
        self, path: str, body: Any = NOTHING, headers: Mapping[str, str] | None = None, raw: bytes | None = None
    ) -> Answer:
        return await self.call("POST", path, body, headers=headers, raw=raw)

    async def put(self, path: str, body: Any = NOTHING) -> Answer:
        return await self.call("PUT", path, body)

    async def call(
        self,
        method: str,
        path: str,
        body: Any = NOTHING,
        *,
        query: Query | None = None,
        headers: Mapping[str, str] | None = None,
        raw: bytes | None = None,
    ) -> Answer:
        """One call; `path` and `raw` are sent as they are, `raw` as JSON unless `headers` say otherwise."""
        sent = dict(headers or {})
        if self.key is not None:
            sent.setdefault("Authorization", f"Bearer {self.key}")
        data = raw if body is NOTHING else json.dumps(body).encode()
        if data is not None:
            sent.setdefault("Content-Type", "application/json")
        # A file-like body is sent in pieces; aiohttp warns about large bytes in one.
        payload = None if data is None else io.BytesIO(data)
        async with self.session.request(
            method, URL(self.url + path, encoded=True), params=query, headers=sent, data=payload, allow_redirects=False
        ) as response:
            text = await response.text(errors="replace")
            answer = Answer(f"{method} {path}", response.status, response.headers, _decoded(text))
        check_answer(answer)
        return answer


def check_answer(answer: Answer) -> None:
    """What holds for every answer of every call."""
    assert answer.headers.get("X-Request-Id"), f"no X-Request-Id: {answer}"
    if answer.status >= 400:
        check_problem(answer.body, answer.status)
        assert answer.headers["Content-Type"].split(";")[0] == "application/problem+json", answer
        assert answer.body["request_id"] == answer.headers["X-Request-Id"], answer
    if answer.status == 503:
        assert int(answer.headers["Retry-After"]) >= 0, answer


def check_problem(body: Any, status: int) -> None:
    """RFC 9457 with the fields of the contract."""
    assert isinstance(body, dict), body
    assert body.keys() >= PROBLEM_FIELDS, f"missing {PROBLEM_FIELDS - body.keys()}: {body}"
    assert body["status"] == status, body
    assert isinstance(body["retryable"], bool), body
    assert body["code"] != "internal", body
    assert status < 500 or body["code"] in {"not_ready", "overloaded", "outcome_unknown"}, body
    assert all(isinstance(body[name], str) and body[name] for name in ("type", "title", "detail", "code")), body


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
