"""Orders of five shops arrive once and have the right stock, whatever is repeated, late, behind or killed."""

import pytest

from tests.sync.flood import flood

ORDERS = 400
KILLS = 3


@pytest.mark.long
async def test_every_order_arrives_once_with_its_stock() -> None:
    """Ten thousand take ten minutes: `python -m tests.sync.flood`."""
    heard = await flood(ORDERS, KILLS, seed=7, fills=True)
    assert heard["messages"] > heard["pushes heard"] > 0
