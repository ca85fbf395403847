"""The kernel does not say that it knew a transfer which has ended, so a ledger that lags is believed.

Seen by: nothing is refused that was done.
"""

from tests.faults.planting import change_lua

FAULTS = "lose-reply-while-transfers-end"


def plant() -> None:
    change_lua("lib/transfer", "return remembered.known[digest] and outcome.REMEMBERED or", "return")
