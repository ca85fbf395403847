"""HTTP on the API processes, for callers that take no answer for what it is: nobody knows what happened."""

import itertools
from collections import Counter
from collections.abc import Sequence
from typing import Any

import aiohttp
import orjson

REPLAYED = "idempotent_replayed"  # of an answer, as the results of a batch say it: an earlier call did it
CALL_SECONDS = 7.0  # a call is answered within 5 s; what takes longer is counted


class Caller:
    """HTTP on one of the API processes; None: no definite answer, and nobody knows what happened."""

    def __init__(self, urls: Sequence[str], key: str, seen: Counter[str]) -> None:
        self._urls = urls
        self._seen = seen
        self._turn = itertools.count()
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=CALL_SECONDS, connect=2.0),
            connector=aiohttp.TCPConnector(limit=0),
            headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
        )

    async def close(self) -> None:
        await self._session.close()

    async def get(self, path: str, url: str | None = None) -> tuple[int, Any] | None:
        return await self.call("GET", path, None, url)

    async def post(self, path: str, body: Any, url: str | None = None) -> tuple[int, Any] | None:
        return await self.call("POST", path, body, url)

    async def call(self, method: str, path: str, body: Any, url: str | None = None) -> tuple[int, Any] | None:
        url = url or self._urls[next(self._turn) % len(self._urls)]
        data = None if body is None else orjson.dumps(body)
        try:
            async with self._session.request(method, url + path, data=data) as response:
                answer = orjson.loads(await response.read())
                if response.headers.get("Idempotent-Replayed") == "true":
                    answer[REPLAYED] = True
                return response.status, answer
        except TimeoutError:
            self._seen["call.unanswered"] += 1
        except (aiohttp.ClientError, OSError, ValueError) as error:
            self._seen[f"call.{type(error).__name__}"] += 1
        return None


def definite(answer: tuple[int, Any], seen: Counter[str]) -> bool:
    """Whether a list call was judged item by item."""
    if answer[0] == 200:
        return True
    code = answer[1].get("code", "")
    assert answer[0] in {429, 503}, answer
    seen[f"answer.{code}"] += 1
    return False


def may_have_happened(answer: tuple[int, Any] | None) -> bool:
    """Every error but this one means that nothing happened."""
    return answer is None or answer[1].get("code") == "outcome_unknown"
