"""Words and places that Lua and Python share: codes in the same order, fields in the same places."""

import re

import pytest

from inventory_service.domain.commands import (
    CLOSED,
    UNBOUNDED,
    CancelTransfer,
    Confirm,
    Extend,
    Movement,
    OpenTransfer,
    Park,
    Preview,
    Reallocate,
    ReceiveTransfer,
    Release,
    Reserve,
    Reverse,
    Route,
    Scan,
    SetPolicy,
    ShipTransfer,
    ShortPick,
)
from inventory_service.domain.events import EventType
from inventory_service.domain.movements import MovementType
from inventory_service.domain.outcomes import Code, ParkCode, ScanCode, ShortageReason
from inventory_service.domain.reservation import Allocation, Line, Reservation, Status
from inventory_service.domain.stock import UNSET, Arrival, Level, Stock, Threshold
from inventory_service.domain.transfer import Transfer, TransferLine
from inventory_service.engine.script import assemble
from tests.kernel.wire import KINDS
from tests.lua.sources import LUA, tokens

APPLY = assemble("apply").text
LITERALS = {token.text.strip('"') for token in tokens(APPLY) if token.kind == "text"}
TABLE_KEYS = set(re.findall(r"\b(\w+) = [{\"]", APPLY))

# Codes that the kernel is only told, in a park command.
TOLD = {
    ParkCode.VALIDATION_FAILED,
    ParkCode.UNKNOWN_RESERVATION,
    ParkCode.AMBIGUOUS_ORDER_REF,
    ParkCode.UNKNOWN_WAREHOUSE,
}


def test_outcome_codes_are_the_same_in_the_same_order() -> None:
    source = (LUA / "lib/outcome.lua").read_text()
    table = source[source.index("local outcome = {") : source.index("\n}\n")]
    assert re.findall(r'^    (\w+) = "(\w+)",$', table, re.MULTILINE) == [(code.name, code.value) for code in Code]


def test_every_outcome_code_is_given_somewhere() -> None:
    used = set(re.findall(r"\boutcome\.([A-Z_]+)\b", APPLY))
    assert used == {code.name for code in Code}


@pytest.mark.parametrize(
    "word", [*ShortageReason, *ScanCode, *EventType, *MovementType, *Status, *sorted(set(ParkCode) - TOLD)]
)
def test_every_word_of_the_domain_is_known(word: str) -> None:
    assert str(word) in LITERALS | TABLE_KEYS


def test_every_command_has_its_handler() -> None:
    assert set(re.findall(r"^handlers\.(\w+) = ", APPLY, re.MULTILINE)) == {kind for kind, _ in KINDS.values()}


HANDLER_PLACES = [
    ("reserve", "reservation", Reserve, "reservation_id"),
    ("reserve", "lines", Reserve, "lines"),
    ("confirm", "reservation", Confirm, "reservation_id"),
    ("reserve", "route", Reserve, "route"),
    ("confirm", "route", Confirm, "route"),
    ("extend", "route", Extend, "route"),
    ("confirm", "carried", Confirm, "carried"),
    ("extend", "carried", Extend, "carried"),
    ("release", "lines", Release, "lines"),
    ("reallocate", "reservation", Reallocate, "reservation_id"),
    ("reallocate", "carried", Reallocate, "carried"),
    ("reallocate", "route", Reallocate, "route"),
    ("short_pick", "reservation", ShortPick, "reservation_id"),
    ("short_pick", "carried", ShortPick, "carried"),
    ("short_pick", "sku", ShortPick, "sku"),
    ("short_pick", "route", ShortPick, "route"),
    ("preview", "lines", Preview, "lines"),
    ("preview", "route", Preview, "route"),
    ("release", "carried", Release, "carried"),
    ("scan", "reservation", Scan, "reservation_id"),
    ("scan", "carried", Scan, "carried"),
    ("scan", "sku", Scan, "sku"),
    ("reverse", "carried", Reverse, "carried"),
    ("reverse", "sku", Reverse, "sku"),
    ("move", "sku", Movement, "sku"),
    ("policy", "sku", SetPolicy, "sku"),
    ("transfer_open", "transfer", OpenTransfer, "transfer_id"),
    ("transfer_open", "lines", OpenTransfer, "lines"),
    ("transfer_ship", "lines", ShipTransfer, "lines"),
    ("transfer_receive", "lines", ReceiveTransfer, "lines"),
    ("transfer_cancel", "transfer", CancelTransfer, "transfer_id"),
]


@pytest.mark.parametrize(("kind", "what", "command", "field"), HANDLER_PLACES)
def test_handlers_look_in_the_right_place(kind: str, what: str, command: type, field: str) -> None:
    """A command is its kind and then its fields, and Lua counts from one."""
    assert handler(kind)[what] == [place_of(command, field)]


@pytest.mark.parametrize(
    ("kind", "command", "fields"),
    [
        ("reserve", Reserve, ["digest"]),
        ("release", Release, ["digest"]),
        ("short_pick", ShortPick, ["digest"]),
        ("scan", Scan, ["digest", "reuse_digest"]),
        ("park", Park, ["digest", "reuse_digest"]),
        ("reverse", Reverse, ["digest"]),
        ("move", Movement, ["digest"]),
        ("transfer_open", OpenTransfer, ["digest"]),
        ("transfer_ship", ShipTransfer, ["digest"]),
        ("transfer_receive", ReceiveTransfer, ["digest"]),
        ("transfer_cancel", CancelTransfer, ["digest"]),
    ],
)
def test_digests_are_looked_up_where_they_are(kind: str, command: type, fields: list[str]) -> None:
    assert handler(kind)["digests"] == [place_of(command, field) for field in fields]


def handler(kind: str) -> dict[str, list[int]]:
    match = re.search(rf"^handlers\.{kind} = \{{(.*)\}}$", APPLY, re.MULTILINE)
    assert match
    return {
        name: [int(number) for number in re.findall(r"\d+", places)]
        for name, places in re.findall(r"(\w+) = (\d+|\{[ \d,]+\})", match[1])
    }


def place_of(command: type, field: str) -> int:
    fields: tuple[str, ...] = command._fields  # type: ignore[attr-defined]
    return fields.index(field) + 2


LAYOUT = [
    (Stock, {"STOCK_SEQ": "changed_seq", "STOCK_SAFETY": "safety_stock", "STOCK_WARN": "warn_below"}),
    (Stock, {"STOCK_LEVELS": "levels", "STOCK_PREORDERS": "preorder_limit", "STOCK_THRESHOLDS": "thresholds"}),
    (Threshold, {"CHANNEL": "channel", "WITHHELD": "safety_stock", "PAUSE_BELOW": "pause_below"}),
    (Threshold, {"LIMIT_BELOW": "limit_below", "LIMIT_QUANTITY": "limit_quantity", "WARN_BELOW": "warn_below"}),
    (Level, {"WAREHOUSE": "warehouse", "ON_HAND": "on_hand", "HELD": "held", "COMMITTED": "committed"}),
    (Level, {"UNAVAILABLE": "unavailable", "INCOMING": "incoming", "SAFETY": "safety_stock", "WARN": "warn_below"}),
    (Level, {"COUNTED": "counted_ms", "ARRIVALS": "arrivals"}),
    (Level, {"IN_TRANSIT": "in_transit"}),
    (Transfer, {"T_STATE": "state", "T_CREATED": "created_ms", "T_SHIPPED_AT": "shipped_ms", "T_ENDED": "ended_ms"}),
    (Transfer, {"T_CHANGED": "changed_seq", "T_FINGERPRINT": "fingerprint", "T_CLIENT": "client"}),
    (Transfer, {"T_ORIGIN": "origin", "T_DESTINATION": "destination", "T_EXPECTED": "expected_ms"}),
    (Transfer, {"T_REFERENCE": "reference", "T_LINES": "lines", "T_RECEIPTS": "receipts"}),
    (TransferLine, {"T_SHIPPED": "shipped", "T_RECEIVED": "received", "T_DAMAGED": "damaged", "T_LOST": "lost"}),
    (Arrival, {"EXPECTED": "expected_ms", "ARRIVING": "quantity"}),
    (Reservation, {"STATUS": "status", "CREATED": "created_ms", "DEADLINE": "deadline_ms", "ARMED": "armed_ms"}),
    (Reservation, {"CONFIRMED": "confirmed_ms", "ENDED": "ended_ms", "CHANGED_SEQ": "changed_seq"}),
    (Reservation, {"FINGERPRINT": "fingerprint", "CLIENT": "client", "LINES": "lines", "OPERATIONS": "operations"}),
    (Reservation, {"ATTRIBUTES": "attributes", "DISPATCHES": "dispatches", "PREORDERS": "preorders"}),
    (Line, {"SKU": "sku", "REQUESTED": "requested", "QUANTITY": "quantity", "RELEASED": "released"}),
    (Line, {"ALLOCATIONS": "allocations"}),
    (Route, {"RANKED": "ranked", "OUT_OF_AREA": "out_of_area", "BALANCE": "balance", "MAX_SPLITS": "max_splits"}),
    (Route, {"STORES": "stores", "WINDOWS": "windows", "BASIS": "basis", "NOT_SELLING": "not_selling"}),
    (Allocation, {"WAREHOUSE": "warehouse", "ALLOCATED": "quantity", "SHIPPED": "shipped"}),
]


def layout() -> dict[str, int]:
    """`local A, B = 1, 2` → {"A": 1, "B": 2}"""
    source = (LUA / "lib/layout.lua").read_text()
    places: dict[str, int] = {}
    for left, right in re.findall(r"^local ([A-Z_, ]+) = ([-\d, ]*\d)(?: --.*)?$", source, re.MULTILINE):
        places |= zip(left.split(", "), map(int, right.split(", ")), strict=True)
    return places


@pytest.mark.parametrize(("record", "places"), LAYOUT)
def test_fields_stand_where_lua_looks_for_them(record: type, places: dict[str, str]) -> None:
    fields: tuple[str, ...] = record._fields  # type: ignore[attr-defined]
    expected = {name: fields.index(field) + 1 for name, field in places.items()}
    assert {name: layout()[name] for name in places} == expected


def test_no_place_is_left_out_and_unset_is_the_same() -> None:
    named = {name for _, places in LAYOUT for name in places}
    assert layout().keys() == named | {"UNSET"}
    assert layout()["UNSET"] == UNSET == CLOSED == UNBOUNDED
