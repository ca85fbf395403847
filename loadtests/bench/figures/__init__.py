"""Every figure, by the place where it is measured.

kernel     the kernel alone, one Redis, and how processes share it
http       reserves over HTTP: against an echo, in lists, latency
peers      against other ways to keep stock
books      memory of holds and ids, ledger writer
starting   start of the service and of the command line
growth     the kernel of a large shop
sustained  whole orders for a minute
"""

from contextlib import nullcontext
from typing import Any

from loadtests.bench.at_size import shop
from loadtests.bench.figures.books import MEMORY, WRITING
from loadtests.bench.figures.growth import GROWTH
from loadtests.bench.figures.http import FSYNC, LATENCY, LISTS_OF_RESERVES, RESERVE
from loadtests.bench.figures.kernel import KERNEL
from loadtests.bench.figures.peers import PEERS
from loadtests.bench.figures.sharing import SHARING
from loadtests.bench.figures.starting import IMPORT, START
from loadtests.bench.figures.sustained import SUSTAINED
from loadtests.bench.forms import Group
from loadtests.bench.houses import redis_alone
from loadtests.bench.street import street

GROUPS: tuple[Group[Any], ...] = (
    Group(nullcontext, (IMPORT,)),
    Group(redis_alone, (KERNEL, SHARING)),
    Group(street, (RESERVE, LISTS_OF_RESERVES, FSYNC, LATENCY, *PEERS)),
    Group(lambda: shop(keep_ms=0), (MEMORY, WRITING)),
    Group(nullcontext, (START, GROWTH, SUSTAINED)),
)
NAMES = tuple(figure.name for group in GROUPS for figure in group.figures)
