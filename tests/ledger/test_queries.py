"""Every statement is named, used, and understood by a freshly migrated database."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

import inventory_service.ledger
from inventory_service.ledger.orders.queries import QUERIES as OF_ORDERS
from inventory_service.ledger.pool import Pool
from inventory_service.ledger.queries import QUERIES, parse

_FOLDER = Path(inventory_service.ledger.__file__).parent
_EVERY = [(_FOLDER, QUERIES), (_FOLDER / "orders", OF_ORDERS)]


@pytest.mark.parametrize(("folder", "queries"), _EVERY, ids=["ledger", "orders"])
def test_every_query_is_used(folder: Path, queries: Mapping[str, str]) -> None:
    code = "\n".join(file.read_text() for file in {*folder.glob("*.py"), *_FOLDER.glob("*.py")})
    quoted = set(re.findall(r'"(\w+)"', code))
    assert set(queries) <= quoted


def test_a_name_stands_once() -> None:
    with pytest.raises(ValueError, match="twice"):
        parse("-- name: one\nSELECT 1\n-- name: one\nSELECT 2\n")


async def test_postgres_understands_them(database: Pool) -> None:
    async with database.acquire() as connection:
        for query in (*QUERIES.values(), *OF_ORDERS.values()):
            await connection.prepare(query)
