"""Walking a list page by page, as a caller does."""

from collections.abc import Sequence
from typing import Any

from tests.acceptance.client import Api

PAGES_MAX = 200


async def all_rows(api: Api, path: str, query: Sequence[tuple[str, str]] = (), limit: int = 50) -> list[dict[str, Any]]:
    """Every row behind `next_cursor`; no page may be longer than asked for, and the walk must end."""
    rows: list[dict[str, Any]] = []
    cursor = ""
    for _ in range(PAGES_MAX):
        page = [*query, ("limit", str(limit)), *([("cursor", cursor)] if cursor else [])]
        body = (await api.get(path, page)).ok()
        assert body.keys() >= {"data", "next_cursor"}, body
        assert len(body["data"]) <= limit
        rows += body["data"]
        if body["next_cursor"] is None:
            return rows
        cursor = body["next_cursor"]
    raise AssertionError(f"{path} does not end")
