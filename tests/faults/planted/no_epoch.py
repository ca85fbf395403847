"""Neither the gate's identity nor its epoch is checked: whichever server answers is believed.

Seen by: what was acknowledged is there, and Redis and ledger are one history.
"""

from tests.faults.planting import change_lua

FAULTS = "promotion"


def plant() -> None:
    change_lua("lib/gate", " or meta.gate ~= gate.identity() then", " then")
    change_lua("lib/gate", "    if meta.epoch ~= tonumber(epoch) then", "    if false then")
