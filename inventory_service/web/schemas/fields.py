r"""The kinds of values that requests and responses are made of.

Patterns are anchored with \A and \Z as in `domain.codes`; the OpenAPI document says ^ and $.
"""

import time
from datetime import datetime
from functools import lru_cache
from typing import Annotated

from msgspec import Meta

from inventory_service.domain.codes import CODE_PATTERN, LABEL_CHARACTERS_MAX, LABEL_PATTERN
from inventory_service.domain.durability import Durability
from inventory_service.domain.regions import COUNTRY_PATTERN, REGION_PATTERN
from inventory_service.domain.stock import QUANTITY_MAX
from inventory_service.domain.strategies import DEFAULT, STRATEGIES

ID_PATTERN = r"\A[A-Za-z0-9._:-]{1,64}\Z"
TEXT_PATTERN = r"\A[^\x00\uffff]*\Z"
KEY_PATTERN = r"\A[^\x00-\x1f\x7f\uffff]+\Z"
CUT_OFF_PATTERN = r"\A(?:[01][0-9]|2[0-3]):[0-5][0-9]\Z"
CURRENCY_PATTERN = r"\A[A-Z]{3}\Z"
APP_KEY_PATTERN = r"\A[!-~]{1,128}\Z"
SECRET_PATTERN = r"\A[!-~]+\Z"  # noqa: S105  # of any
ADDRESS_PATTERN = (
    r"\A(?:https://[A-Za-z0-9.-]+|http://(?:localhost|127\.0\.0\.1|\[::1\]))(?::[0-9]{1,5})?(?:/[!-\"$->@-~]*)?\Z"
)
FEED_CURSOR_PATTERN = r"\A(?:0|[1-9][0-9]{0,14})\Z"
SAYING_PATTERN = r"\A(?:ack|picking|shipped|not-shipped|failed)\Z"
CURSOR_PATTERN = r"\A[^\s\x00-\x1f\x7f-\x9f\uffff]{1,512}\Z"

STRATEGY_PATTERN = rf"\A(?:{'|'.join(sorted(STRATEGIES))})\Z"

# In words, for the details of refusals.
PATTERNS = {
    ID_PATTERN: "1 to 64 of A-Z a-z 0-9 . _ : -",
    CODE_PATTERN: "1 to 64 printable characters without whitespace",
    LABEL_PATTERN: "text without control characters",
    KEY_PATTERN: "text without control characters",
    TEXT_PATTERN: "text without NUL and without halves of surrogate pairs",
    CURSOR_PATTERN: "a `next_cursor` as it was given",
    APP_KEY_PATTERN: "1 to 128 visible ASCII characters without spaces",
    SECRET_PATTERN: "visible ASCII characters without spaces",
    ADDRESS_PATTERN: "an address such as https://host/path",
    FEED_CURSOR_PATTERN: "a position as `next_cursor` gives it",
    SAYING_PATTERN: "one of ack, picking, shipped, not-shipped, failed",
    CUT_OFF_PATTERN: "a time such as 16:00",
    CURRENCY_PATTERN: "a currency such as CNY",
    REGION_PATTERN: "a region code such as 310000, 440300 or SG",
    COUNTRY_PATTERN: "a country code such as SG",
    STRATEGY_PATTERN: "one of " + ", ".join(sorted(STRATEGIES)),
}

INTEGER_MAX = 2**53 - 1  # what JavaScript still tells apart

Id = Annotated[str, Meta(pattern=ID_PATTERN, description="1 to 64 of A-Z a-z 0-9 . _ : -")]
Code = Annotated[
    str, Meta(pattern=CODE_PATTERN, description="Printable, no whitespace, 1 to 64 characters, case-sensitive.")
]
Label = Annotated[str, Meta(max_length=LABEL_CHARACTERS_MAX, pattern=LABEL_PATTERN)]
Text = Annotated[str, Meta(max_length=1000, pattern=TEXT_PATTERN)]
RegionCode = Annotated[
    str, Meta(pattern=REGION_PATTERN, description="GB/T 2260, such as 310000 or 440300; elsewhere ISO 3166.")
]
Strategy = Annotated[
    str,
    Meta(
        pattern=STRATEGY_PATTERN,
        description="How the warehouses that may ship are ranked.",
        extra_json_schema={"enum": sorted(STRATEGIES), "default": DEFAULT},
    ),
]

Quantity = Annotated[int, Meta(ge=1, le=QUANTITY_MAX)]
SignedQuantity = Annotated[int, Meta(ge=-QUANTITY_MAX, le=QUANTITY_MAX)]
TtlSeconds = Annotated[int, Meta(ge=1, le=86_400, extra_json_schema={"default": 900})]
Latitude = Annotated[float, Meta(ge=-90, le=90, description="Degrees, WGS 84.")]
Longitude = Annotated[float, Meta(ge=-180, le=180, description="Degrees, WGS 84.")]

Limit = Annotated[int, Meta(ge=1, le=200, description="Entries per page.")]
Cursor = Annotated[str, Meta(pattern=CURSOR_PATTERN, description="`next_cursor` of the page before, as it was.")]

Reached = Annotated[
    Durability,
    Meta(
        description=(
            "How far what this call tells has got: the `memory` of a Redis that may forget it, fsynced on its `disk`, "
            "on a `replica` too, or committed in the `ledger`. The same call again waits anew for the level in force."
        )
    ),
]

Moment = Annotated[str, Meta(extra_json_schema={"format": "date-time"}, description="RFC 3339, UTC, milliseconds.")]


@lru_cache(maxsize=4096)
def _seconds_text(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))


def moment(time_ms: int) -> str:
    """`2026-11-11T00:00:00.123Z`."""
    seconds, milliseconds = divmod(time_ms, 1000)
    return f"{_seconds_text(seconds)}.{milliseconds:03d}Z"


def moment_or_none(time_ms: int) -> str | None:
    """As `moment`; None for 0, which stands for "never" in the kernel's records."""
    return moment(time_ms) if time_ms else None


def milliseconds_of(moment_sent: datetime) -> int:
    """Milliseconds since 1970 of a time with an offset."""
    return round(moment_sent.timestamp() * 1000)
