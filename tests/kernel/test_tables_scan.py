"""Outbound scans: every code of the contract, alone and together; parking; a person's reversal."""

import pytest

from inventory_service.domain.commands import Fitted
from inventory_service.domain.events import ParkDetails, ReverseDetails, ScanDetails
from tests.kernel.make import (
    TTL_MS,
    confirm,
    move,
    park,
    read,
    receive,
    release,
    reserve,
    reverse,
    route,
    scan,
    stocked,
)
from tests.kernel.test_tables_confirm import bring
from tests.kernel.twin import Twin

TWO = route("SHA", "PEK")


def scan_details(twin: Twin) -> ScanDetails:
    details = twin.last_event().details
    assert isinstance(details, ScanDetails)
    return details


@pytest.mark.parametrize(
    ("status", "reasons", "after", "counters"),
    [
        ("held", ["not_confirmed"], "part_shipped", (9, 0, 1, 0, 0)),
        ("confirmed", [], "part_shipped", (9, 0, 1, 0, 0)),
        ("part_shipped", [], "shipped", (8, 0, 0, 0, 0)),
        ("shipped", ["over_scan"], "shipped", (7, 0, 0, 0, 0)),
        ("released", ["reservation_closed"], "released", (9, 0, 0, 0, 0)),
        ("expired", ["reservation_closed"], "expired", (9, 0, 0, 0, 0)),
    ],
)
def test_a_scan_in_every_status(
    twin: Twin, status: str, reasons: list[str], after: str, counters: tuple[int, int, int, int, int]
) -> None:
    bring(twin, status)

    assert twin.scan(scan("s-new", "r", "A")) == ("applied", reasons)

    assert twin.record("r").status == after
    assert twin.counters("A") == counters


def test_a_scan_is_the_final_deduction(twin: Twin) -> None:
    twin.send(*stocked("A@SHA*5 B@SHA*5"), reserve("r", "A*3 B"), confirm("r"))
    first, second = scan("s1", "r", "A", 3), scan("s2", "r", "B")

    assert twin.codes(first) == ["applied"]
    assert twin.record("r").status == "part_shipped"
    assert [line.shipped for line in twin.record("r").lines] == [3, 0]
    now_ms = twin.advance(10)
    assert twin.codes(second) == ["applied"]

    assert (twin.record("r").status, twin.record("r").ended_ms) == ("shipped", now_ms)
    assert twin.kernel.finished() == {"r": now_ms}
    assert twin.counters("A") == (2, 0, 0, 0, 0)
    event = twin.last_event()
    assert (event.type, event.client, event.op_id, event.subject) == ("scan", "wms", "s2", "r")
    fitted = [Fitted("SHA", 1)]
    assert scan_details(twin) == ScanDetails(
        second.digest, second.fingerprint, "r", "SHA", "B", 1, [], fitted, "", second.payload
    )


def test_a_scan_is_applied_once_per_scan_id(twin: Twin) -> None:
    bring(twin, "confirmed")
    first = scan("s1", "r", "A")

    assert twin.codes(first, first) == ["applied", "duplicate"]
    assert twin.codes(first) == ["duplicate"]
    assert twin.codes(scan("s1", "r", "A", client="other-wms")) == ["applied"]
    assert twin.counters("A") == (8, 0, 0, 0, 0)


def test_other_content_under_the_same_id_is_parked_once_per_content(twin: Twin) -> None:
    bring(twin, "confirmed")
    twin.send(scan("s1", "r", "A"))
    other, third = scan("s1", "r", "A", 2), scan("s1", "nobody", "NOPE")

    assert [twin.scan(command) for command in (other, other, third, third, scan("s1", "r", "A"))] == [
        ("parked", ["scan_id_reused"]),
        ("duplicate", []),
        ("parked", ["scan_id_reused"]),
        ("duplicate", []),
        ("duplicate", []),
    ]
    assert twin.counters("A") == (9, 0, 1, 0, 0)
    details = twin.last_event().details
    assert details == ParkDetails(third.reuse_digest, third.fingerprint, "scan_id_reused", third.payload)


# What does not fit.


def test_not_confirmed_confirms_the_whole_reservation(twin: Twin) -> None:
    twin.send(*stocked("A@SHA*5 B@PEK*5"), reserve("r", "A*2 B*2", TWO))
    now_ms = twin.advance(10)

    assert twin.scan(scan("s1", "r", "A")) == ("applied", ["not_confirmed"])

    record = twin.record("r")
    assert (record.status, record.deadline_ms, record.confirmed_ms) == ("part_shipped", 0, now_ms)
    assert twin.counters("A") == (4, 0, 1, 0, 0)
    assert twin.counters("B", "PEK") == (5, 0, 2, 0, 0)
    assert twin.kernel.deadlines() == {}
    twin.advance(TTL_MS)
    assert twin.reservation(read("r")).reservation == record


def test_a_due_hold_is_closed_not_unconfirmed(twin: Twin) -> None:
    bring(twin, "held")
    twin.advance(TTL_MS)

    assert twin.scan(scan("s1", "r", "A")) == ("applied", ["reservation_closed"])
    assert twin.counters("A") == (9, 0, 0, 0, 0)


@pytest.mark.parametrize(
    ("stock", "lines", "quantity", "warehouse", "reasons", "fitted"),
    [
        # from where it was allocated
        ("A@SHA*5", "A*2", 2, "SHA", [], [("SHA", 2)]),
        # more than was ordered
        ("A@SHA*5", "A*2", 3, "SHA", ["over_scan"], [("SHA", 2)]),
        # from elsewhere
        ("A@SHA*5", "A*2", 2, "PEK", ["other_warehouse"], [("SHA", 2)]),
        ("A@SHA*5", "A*2", 3, "PEK", ["over_scan", "other_warehouse"], [("SHA", 2)]),
        # split: that warehouse's own promise first, then the others' in order
        ("A@SHA*2 A@PEK*1 A@CAN*1", "A*4", 1, "PEK", [], [("PEK", 1)]),
        ("A@SHA*2 A@PEK*1 A@CAN*1", "A*4", 2, "PEK", ["other_warehouse"], [("PEK", 1), ("SHA", 1)]),
        ("A@SHA*2 A@PEK*1 A@CAN*1", "A*4", 2, "CAN", ["other_warehouse"], [("CAN", 1), ("SHA", 1)]),
        ("A@SHA*2 A@PEK*1 A@CAN*1", "A*4", 4, "CAN", ["other_warehouse"], [("CAN", 1), ("SHA", 2), ("PEK", 1)]),
        ("A@SHA*2 A@PEK*1", "A*3", 5, "SHA", ["over_scan", "other_warehouse"], [("SHA", 2), ("PEK", 1)]),
        ("A@SHA*2", "A*2", 1, "NIX", ["other_warehouse"], [("SHA", 1)]),
    ],
)
def test_what_a_parcel_takes(
    twin: Twin, stock: str, lines: str, quantity: int, warehouse: str, reasons: list[str], fitted: list[tuple[str, int]]
) -> None:
    twin.send(*stocked(stock), reserve("r", lines, route("SHA", "PEK", "CAN")), confirm("r"))
    on_hand = twin.counters("A", warehouse)[0]
    promised = sum(twin.counters("A", place)[2] for place in ("SHA", "PEK", "CAN"))

    assert twin.scan(scan("s", "r", "A", quantity, warehouse)) == ("applied", reasons)

    assert scan_details(twin).fitted == fitted
    assert twin.counters("A", warehouse)[0] == on_hand - quantity
    taken = sum(part for _, part in fitted)
    assert sum(twin.counters("A", place)[2] for place in ("SHA", "PEK", "CAN")) == promised - taken
    assert twin.record("r").lines[0].shipped == taken


def test_a_scan_from_elsewhere_can_make_a_deficit(twin: Twin) -> None:
    twin.send(*stocked("A@SHA*2 A@PEK*1"), reserve("r", "A*2"), reserve("paid", "A", route("PEK")), confirm("r"))

    assert twin.scan(scan("s", "r", "A", 2, "PEK")) == ("applied", ["other_warehouse"])

    assert twin.counters("A") == (2, 0, 0, 0, 0)
    assert twin.counters("A", "PEK") == (-1, 1, 0, 0, 0)


@pytest.mark.parametrize("status", ["held", "confirmed", "part_shipped"])
def test_another_sku_only_leaves_the_shelf(twin: Twin, status: str) -> None:
    bring(twin, status)
    twin.send(receive("B", 1))
    before = twin.record("r")

    assert twin.scan(scan("s-new", "r", "B", 2)) == ("applied", ["other_sku"])

    assert twin.record("r") == before
    assert twin.counters("B") == (-1, 0, 0, 0, 0)
    assert twin.last_event().reservation is None


def test_a_closed_reservation_is_told_before_another_sku(twin: Twin) -> None:
    bring(twin, "released")
    twin.send(receive("B", 1))

    assert twin.scan(scan("s", "r", "B")) == ("applied", ["reservation_closed"])


def test_a_line_that_was_given_back_is_over_scanned(twin: Twin) -> None:
    twin.send(*stocked("A@SHA*5 B@SHA*5"), reserve("r", "A B"), release("r", "B", "rel"), confirm("r"))

    assert twin.scan(scan("s", "r", "B")) == ("applied", ["over_scan"])
    assert twin.counters("B") == (4, 0, 0, 0, 0)
    assert twin.record("r").status == "confirmed"


def test_an_unpaid_order_is_confirmed_even_if_nothing_of_the_parcel_fits(twin: Twin) -> None:
    twin.send(*stocked("A@SHA*5 B@SHA*5"), reserve("r", "A B"), release("r", "B", "rel"))

    assert twin.scan(scan("s", "r", "B")) == ("applied", ["over_scan", "not_confirmed"])
    assert twin.record("r").status == "confirmed"
    assert twin.counters("A") == (5, 0, 1, 0, 0)


@pytest.mark.parametrize(
    ("scanned_before_ms", "warehouse", "reasons"),
    [
        (1, "SHA", ["scanned_before_count"]),
        (0, "SHA", []),
        (-1, "SHA", []),
        (1, "PEK", ["other_warehouse"]),
    ],
)
def test_a_scan_from_before_the_count(twin: Twin, scanned_before_ms: int, warehouse: str, reasons: list[str]) -> None:
    bring(twin, "confirmed")
    counted_ms = twin.advance(5_000)
    twin.send(move("c1", "count", "A", 10))
    twin.advance(5_000)

    command = scan("s", "r", "A", 1, warehouse, scanned_ms=counted_ms - scanned_before_ms)
    assert twin.scan(command) == ("applied", reasons)


def test_a_scan_without_a_time_is_not_compared_with_counts(twin: Twin) -> None:
    bring(twin, "confirmed")
    twin.send(move("c1", "count", "A", 10))

    assert twin.scan(scan("s", "r", "A", scanned_ms=0)) == ("applied", [])


def test_every_reason_at_once(twin: Twin) -> None:
    twin.send(*stocked("A@SHA*5 A@PEK*5"), reserve("r", "A*2"), move("c1", "count", "A", 5, "PEK"))

    outcome = twin.scan(scan("s", "r", "A", 9, "PEK", scanned_ms=1))

    assert outcome == ("applied", ["over_scan", "other_warehouse", "not_confirmed", "scanned_before_count"])
    assert twin.counters("A", "PEK") == (-4, 0, 0, 0, 0)
    assert twin.record("r").status == "shipped"


@pytest.mark.parametrize("status", ["released", "expired", "shipped"])
def test_a_scan_for_one_that_left(twin: Twin, status: str) -> None:
    bring(twin, status)
    record = twin.evict("r")
    late = scan("s-late", "r", "A")

    assert twin.scan(late) == ("absent", [])
    reason = "over_scan" if status == "shipped" else "reservation_closed"
    assert twin.scan(late._replace(carried=[record])) == ("applied", [reason])
    assert twin.scan(late) == ("duplicate", [])
    assert twin.kernel.holds() == {}


# Parked.


def test_an_unknown_sku_is_parked_before_the_reservation_is_looked_for(twin: Twin) -> None:
    lost = scan("s", "nobody", "NOPE")

    assert [twin.scan(lost), twin.scan(lost)] == [("parked", ["unknown_sku"]), ("duplicate", [])]
    event = twin.last_event()
    assert (event.type, event.client, event.op_id, event.subject) == ("park", "wms", "s", "s")
    assert event.details == ParkDetails(lost.digest, lost.fingerprint, "unknown_sku", lost.payload)
    assert (event.changes, event.reservation) == ([], None)


def test_an_unknown_reservation_is_absent_and_not_remembered(twin: Twin) -> None:
    twin.send(receive("A", 1))
    lost = scan("s", "nobody", "A")

    assert twin.codes(lost, reserve("nobody", "A"), lost) == ["absent", "held", "applied"]


@pytest.mark.parametrize(
    "code", ["unknown_reservation", "unknown_warehouse", "ambiguous_order_ref", "validation_failed", "unknown_sku"]
)
def test_park_keeps_a_scan_once(twin: Twin, code: str) -> None:
    command = park("s", code, '{"sku": 7}')

    assert [twin.scan(command), twin.scan(command)] == [("parked", [code]), ("duplicate", [])]
    assert len(twin.model.events) == 1
    assert twin.last_event().details == ParkDetails(command.digest, command.fingerprint, code, '{"sku": 7}')


def test_parking_other_content_under_the_same_id(twin: Twin) -> None:
    twin.send(park("s", "validation_failed", '{"sku": 7}'))
    other = park("s", "unknown_reservation", '{"sku": "A"}')

    assert [twin.scan(other), twin.scan(other)] == [("parked", ["scan_id_reused"]), ("duplicate", [])]


def test_a_parked_scan_applies_once_it_can(twin: Twin) -> None:
    twin.send(scan("s", "r", "A"), receive("A", 5), reserve("r", "A"), confirm("r"))
    unparked = scan("s", "r", "A", exception_id="exc_0000000000000001")

    assert twin.codes(unparked, unparked) == ["applied", "duplicate"]
    assert scan_details(twin).exception_id == "exc_0000000000000001"
    assert twin.record("r").status == "shipped"


def test_a_parked_scan_that_still_lacks_its_sku_waits_on(twin: Twin) -> None:
    twin.send(scan("s", "r", "A"))
    unparked = scan("s", "r", "A", exception_id="exc_0000000000000001")

    assert twin.scan(unparked) == ("parked", ["unknown_sku"])
    assert len(twin.model.events) == 1, "there is no second exception"
    assert twin.codes(receive("A", 1), unparked, reserve("r", "A"), unparked) == [
        "applied",
        "absent",
        "held",
        "applied",
    ]


# Reversed by a person.


def test_a_reversal_owes_the_order_again(twin: Twin) -> None:
    twin.send(*stocked("A@SHA*2 A@PEK*1"), reserve("r", "A*3", TWO), confirm("r"), scan("s", "r", "A", 5, "SHA"))
    assert twin.counters("A") == (-3, 0, 0, 0, 0)
    command = reverse("exc_1", "r", "A", 5, "SHA", fitted="SHA*2 PEK*1")

    assert twin.codes(command, command) == ["applied", "duplicate"]

    assert twin.counters("A") == (2, 0, 2, 0, 0)
    assert twin.counters("A", "PEK") == (1, 0, 1, 0, 0)
    record = twin.record("r")
    assert (record.status, record.ended_ms, record.lines[0].shipped) == ("confirmed", 0, 0)
    assert twin.kernel.finished() == {}
    event = twin.last_event()
    assert (event.type, event.client, event.subject) == ("reverse", "desk", "r")
    assert event.details == ReverseDetails(
        command.digest, "exc_1", "r", "SHA", "A", 5, command.fitted, "parcel came back"
    )


def test_a_reversal_of_one_parcel_of_two(twin: Twin) -> None:
    bring(twin, "shipped")
    twin.send(reverse("exc_1", "r", "A", 1, fitted="SHA*1"))

    assert twin.record("r").status == "part_shipped"
    assert twin.counters("A") == (9, 0, 1, 0, 0)
    assert twin.codes(scan("again", "r", "A")) == ["applied"]
    assert twin.record("r").status == "shipped"


def test_a_reversal_without_promises_is_only_stock(twin: Twin) -> None:
    bring(twin, "released")
    before = twin.record("r")
    twin.send(scan("s", "r", "A", 2), reverse("exc_1", "r", "A", 2), reverse("exc_2", "", "A", 1))

    assert twin.record("r") == before
    assert twin.counters("A") == (11, 0, 0, 0, 0)
    assert twin.last_event().subject == ""


def test_no_more_is_owed_again_than_was_shipped(twin: Twin) -> None:
    bring(twin, "part_shipped")

    twin.send(reverse("exc_1", "r", "A", 2, fitted="SHA*2 PEK*1"))

    assert twin.counters("A") == (11, 0, 2, 0, 0)
    assert twin.record("r").status == "confirmed"


@pytest.mark.parametrize(("sku", "fitted"), [("A", "PEK*1"), ("B", "SHA*1"), ("A", "PEK*1 CAN*2")])
@pytest.mark.parametrize("status", ["confirmed", "part_shipped", "shipped"])
def test_nothing_is_owed_again_where_nothing_was_shipped(twin: Twin, status: str, sku: str, fitted: str) -> None:
    bring(twin, status)
    twin.send(receive("B", 1))
    before, promised = twin.record("r"), twin.counters("A")[2]

    assert twin.scan(reverse("exc_1", "r", sku, 1, "CAN", fitted=fitted)) == ("applied", [])

    assert twin.record("r") == before
    assert twin.counters("A")[2] == promised
    assert twin.counters(sku, "CAN") == (1, 0, 0, 0, 0)


def test_a_reversal_of_one_that_left(twin: Twin) -> None:
    bring(twin, "shipped")
    record = twin.evict("r")
    command = reverse("exc_1", "r", "A", 2, fitted="SHA*2")

    assert twin.codes(command, command._replace(carried=[record]), command) == ["absent", "applied", "duplicate"]
    assert twin.record("r").status == "confirmed"
    assert twin.counters("A") == (10, 0, 2, 0, 0)
