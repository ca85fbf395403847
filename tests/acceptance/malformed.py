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
