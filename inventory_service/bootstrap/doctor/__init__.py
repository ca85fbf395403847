"""`doctor`: what is wrong here, and what mends it. It only looks, and works whatever is away.

lines      what is told
machine    Python, packages, disk, limits
servers    Redis and Postgres, each on its own
books      what only shows when both are seen: clocks, gate, ledger, worker
keys       sealing keys that are still needed
examine    gathers and puts it in order
"""

from inventory_service.bootstrap.doctor.examine import examine
from inventory_service.bootstrap.doctor.lines import Line, Verdict

__all__ = ["Line", "Verdict", "examine"]
