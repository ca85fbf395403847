"""Values that a field of a kind must refuse, for the validation tables."""

from typing import Any

NO_QUANTITIES: dict[str, Any] = {
    "zero": 0,
    "negative": -1,
    "over the limit": 1_000_001,
    "beyond 53 bits": 2**53 + 1,
    "beyond 64 bits": 2**64,
    "float": 1.5,
    "whole float": 1.0,
    "huge float": 1e300,
    "text": "2",
    "boolean": True,
    "null": None,
    "list": [1],
    "object": {"n": 1},
}
NO_CODES: dict[str, Any] = {
    "empty": "",
    "blank": " ",
    "inner space": "A B",
    "tab": "A\tB",
    "line end": "A\n",
    "no-break space": "A\u00a0B",
    "wide space": "A\u3000B",
    "NUL": "A\u0000B",
    "control": "A\u0007",
    "delete": "A\u007f",
    "zero width": "A\u200bB",
    "direction mark": "A\u202eB",
    "65 characters": "x" * 65,
    "very long": "x" * 10_000,
    "number": 5,
    "boolean": True,
    "null": None,
    "list": ["A"],
}
NO_IDS: dict[str, Any] = {
    "empty": "",
    "space": "a b",
    "slash": "a/b",
    "not ASCII": "é",
    "full-width digit": "１",
    "line end": "a\n",
    "hash": "a#b",
    "NUL": "a\u0000",
    "65 characters": "x" * 65,
    "number": 5,
    "boolean": False,
    "list": ["a"],
}
NO_TEXTS: dict[str, Any] = {"number": 5, "boolean": True, "list": [], "object": {}, "very long": "x" * 20_000}
NO_BOOLEANS: dict[str, Any] = {"text": "true", "number": 1, "list": []}

ZONE = {"time_zone": "Asia/Shanghai"}
# What a warehouse's description may not say, by itself: the change to one that is right, and the pointer.
WRONG_WAREHOUSES: list[tuple[dict[str, Any], str]] = [
    ({"name": ""}, "/name"), ({"name": None}, "/name"), ({"kind": "shed"}, "/kind"), ({"lat": 91}, "/lat"),
    ({"lon": "x"}, "/lon"), ({"priority": 1.5}, "/priority"), ({"enabled": "no"}, "/enabled"),
    ({"code": "SHA"}, "/code"), ({"paused": 1}, "/paused"),
    ({"serves": "310000"}, "/serves"), ({"serves": [1]}, "/serves/0"), ({"serves": []}, "/serves"),
    ({"serves": ["310000", "990000"]}, "/serves/1"), ({"serves": ["上海"]}, "/serves/0"),
    ({"serves": ["*"]}, "/serves/0"),
    ({"cross_border": "SG"}, "/cross_border"), ({"cross_border": ["SG", "Singapore"]}, "/cross_border/1"),
    ({"outbound": []}, "/outbound"), ({"outbound": {"zone": "UTC"}}, "/outbound/zone"),
    ({"outbound": {"time_zone": ""}}, "/outbound/time_zone"),
    ({"outbound": ZONE | {"cut_off": "4pm"}}, "/outbound/cut_off"),
    ({"outbound": ZONE | {"cut_off": "24:00"}}, "/outbound/cut_off"),
    ({"outbound": ZONE | {"working_days": []}}, "/outbound/working_days"),
    ({"outbound": ZONE | {"working_days": [1, 8]}}, "/outbound/working_days/1"),
    ({"outbound": ZONE | {"closed_dates": ["2027-02-30"]}}, "/outbound/closed_dates/0"),
    ({"outbound": ZONE | {"closed_dates": [{"from": "2027-02-09"}]}}, "/outbound/closed_dates/0/to"),
    ({"outbound": ZONE | {"daily_capacity": 0}}, "/outbound/daily_capacity"),
    ({"outbound": ZONE | {"daily_capacity": 1.5}}, "/outbound/daily_capacity"),
    ({"freight": {"amounts": {"*": 1}}}, "/freight/currency"),
    ({"freight": {"currency": "yuan", "amounts": {"*": 1}}}, "/freight/currency"),
    ({"freight": {"currency": "CNY"}}, "/freight/amounts"),
    ({"freight": {"currency": "CNY", "amounts": {}}}, "/freight/amounts"),
    ({"freight": {"currency": "CNY", "amounts": {"*": -1}}}, "/freight/amounts"),
]  # fmt: skip
