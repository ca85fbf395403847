"""Release, whole and in part, and expiry."""

import pytest

from inventory_service.domain.commands import ReservationCommand
from inventory_service.domain.outcomes import Code
from inventory_service.domain.reservation import Allocation
from tests.kernel.make import (
    TTL_MS,
    again,
    confirm,
    extend,
    read,
    receive,
    release,
    reserve,
    route,
    scan,
    stocked,
)
from tests.kernel.test_tables_confirm import bring
from tests.kernel.twin import Twin

TWO = route("SHA", "PEK")


@pytest.mark.parametrize(
    ("status", "code", "after", "counters"),
    [
        ("held", "released", "released", (10, 0, 0, 0, 0)),
        ("confirmed", "released", "released", (10, 0, 0, 0, 0)),
        ("part_shipped", "released", "shipped", (9, 0, 0, 0, 0)),
        ("released", "replayed", "released", (10, 0, 0, 0, 0)),
        ("expired", "replayed", "expired", (10, 0, 0, 0, 0)),
        ("shipped", "reservation_shipped", "shipped", (8, 0, 0, 0, 0)),
    ],
)
def test_release_in_every_status(
    twin: Twin, status: str, code: str, after: str, counters: tuple[int, int, int, int, int]
) -> None:
    bring(twin, status)

    outcome = twin.reservation(release("r"))

    assert outcome.code == code
    assert outcome.reservation == twin.record("r")
    assert twin.record("r").status == after
    assert twin.counters("A") == counters
    assert twin.kernel.deadlines() == {}


def test_release_keeps_what_was_shipped(twin: Twin) -> None:
    twin.send(*stocked("A@SHA*2 A@PEK*3"), reserve("r", "A*5", TWO), confirm("r"), scan("s", "r", "A", 1, "SHA"))
    now_ms = twin.advance(10)
    [line] = twin.record("r").lines
    assert line.allocations == [("SHA", 2, 1), ("PEK", 3, 0)]

    twin.send(release("r"))

    [line] = twin.record("r").lines
    assert (line.requested, line.quantity, line.released, line.shipped) == (5, 5, 4, 1)
    assert line.allocations == [("SHA", 1, 1)]
    assert twin.record("r").ended_ms == now_ms
    assert twin.kernel.finished() == {"r": now_ms}


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("held", "released"),
        ("confirmed", "released"),
        ("part_shipped", "released"),
        ("shipped", "reservation_shipped"),
        ("released", "reservation_released"),
        ("expired", "reservation_expired"),
    ],
)
def test_a_part_in_every_status(twin: Twin, status: str, code: str) -> None:
    bring(twin, status)

    outcome = twin.reservation(release("r", "A", "rel-1"))

    assert outcome.code == code
    assert outcome.reservation == twin.record("r")
    assert twin.record("r").status == ("shipped" if status == "part_shipped" else status)


def test_a_part_is_given_back_from_the_last_allocations_first(twin: Twin) -> None:
    twin.send(*stocked("A@SHA*3 A@PEK*2 A@CAN*1"), reserve("r", "A*6", route("SHA", "PEK", "CAN")))

    def places() -> list[Allocation]:
        return twin.record("r").lines[0].allocations

    assert places() == [("SHA", 3, 0), ("PEK", 2, 0), ("CAN", 1, 0)]
    twin.send(release("r", "A*2", "rel-1"))
    assert places() == [("SHA", 3, 0), ("PEK", 1, 0)]
    twin.send(confirm("r"), scan("s", "r", "A", 1, "PEK"), release("r", "A*1", "rel-2"))
    assert places() == [("SHA", 2, 0), ("PEK", 1, 1)], "what has left cannot be given back"
    assert twin.record("r").status == "part_shipped"
    assert twin.counters("A") == (3, 0, 2, 0, 0)
    twin.send(release("r", "A*2", "rel-3"))
    assert twin.record("r").status == "shipped"
    assert places() == [("PEK", 1, 1)]


def test_the_last_part_releases_the_whole(twin: Twin) -> None:
    twin.send(*stocked("A@SHA*3 B@SHA*3"), reserve("r", "A*2 B*1"))

    twin.send(release("r", "A*2", "rel-1"))
    assert twin.record("r").status == "held"
    assert twin.kernel.deadlines().keys() == {"r"}
    twin.send(release("r", "B", "rel-2"))
    assert twin.record("r").status == "released"
    assert twin.kernel.deadlines() == {}
    assert twin.ask(confirm("r")).code == "reservation_released"


@pytest.mark.parametrize(
    ("lines", "index"),
    [("A*3", 0), ("A*2 B*2", 1), ("X", 0), ("A X", 1), ("A*1 B*1 C*1", 2)],
)
def test_more_than_is_open_is_refused_whole(twin: Twin, lines: str, index: int) -> None:
    twin.send(*stocked("A@SHA*3 B@SHA*3 C@SHA*3"), reserve("r", "A*2 B*1"))

    outcome = twin.reservation(release("r", lines, "rel-1"))

    assert (outcome.code, outcome.line) == ("release_exceeds_open", index)
    assert twin.counters("A") == (3, 2, 0, 0, 0)
    assert twin.ask(release("r", "A", "rel-1")).code == "released", "the refused id was not remembered"


def test_what_shipped_is_not_open(twin: Twin) -> None:
    bring(twin, "part_shipped")

    assert twin.ask(release("r", "A*2", "rel-1")).code == "release_exceeds_open"


def test_a_part_is_given_back_once_per_release_id(twin: Twin) -> None:
    twin.send(receive("A", 9), reserve("r", "A*5"))
    part = release("r", "A*1", "rel-1")

    assert twin.codes(part, part, again(part), release("r", "A*2", "rel-1"), release("r", "A*1", "rel-2")) == [
        "released",
        "released",
        "replayed",
        "idempotency_mismatch",
        "released",
    ]
    assert twin.counters("A") == (9, 3, 0, 0, 0)


def test_repeats_of_a_part_are_judged_before_the_status(twin: Twin) -> None:
    twin.send(receive("A", 9), reserve("r", "A*5"))
    part = release("r", "A*1", "rel-1")
    twin.send(part, release("r"))

    assert twin.codes(again(part), release("r", "A*2", "rel-1"), release("r", "A*9", "rel-2")) == [
        "replayed",
        "idempotency_mismatch",
        "reservation_released",
    ]
    record = twin.evict("r")
    assert twin.codes(again(part)._replace(carried=[record]), release("r", carried=record)) == ["replayed", "replayed"]


def test_a_shipped_one_that_left_stays_shipped(twin: Twin) -> None:
    bring(twin, "shipped")
    record = twin.evict("r")

    assert (
        twin.codes(release("r", carried=record), release("r", "A", "rel", carried=record))
        == ["reservation_shipped"] * 2
    )


# Expiry.


def test_expiry_frees_the_stock_and_is_an_event(twin: Twin) -> None:
    twin.send(*stocked("A@SHA*3 A@PEK*3 B@SHA*1"), reserve("r", "A*5 B", TWO))
    allocations = twin.record("r").lines
    now_ms = twin.advance(TTL_MS)

    assert twin.send() == []

    record, event = twin.record("r"), twin.last_event()
    assert (record.status, record.ended_ms, record.lines) == ("expired", now_ms, allocations)
    assert (event.type, event.client, event.op_id, event.subject, event.reservation) == ("expire", "", "", "r", record)
    assert {change[:7] for change in event.changes} == {
        ("A", "SHA", 0, -3, 0, 0, 0),
        ("A", "PEK", 0, -2, 0, 0, 0),
        ("B", "SHA", 0, -1, 0, 0, 0),
    }
    assert twin.kernel.finished() == {"r": now_ms}
    assert [operation.code for operation in record.operations] == ["held"]


def test_the_earliest_deadline_expires_first(twin: Twin) -> None:
    twin.send(receive("A", 9), reserve("r1", "A", ttl_ms=3_000), reserve("r2", "A", ttl_ms=1_000))
    twin.send(reserve("r0", "A", ttl_ms=3_000), reserve("later", "A", ttl_ms=3_001))
    twin.advance(3_000)

    twin.send(read("later"))

    assert [event.subject for event in twin.model.events[-3:]] == ["r2", "r0", "r1"]
    assert twin.record("later").status == "held"


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (confirm("r"), Code.RESERVATION_EXPIRED),
        (extend("r"), Code.NOT_HELD),
        (release("r"), Code.REPLAYED),
        (release("r", "A", "rel"), Code.RESERVATION_EXPIRED),
        (read("r"), Code.FOUND),
    ],
)
def test_what_is_due_counts_as_expired_for_every_command(twin: Twin, command: ReservationCommand, code: str) -> None:
    twin.send(receive("A", 5), reserve("r", "A*2"))
    twin.advance(TTL_MS)

    outcome = twin.reservation(command)

    assert outcome.code == code
    assert outcome.reservation is not None
    assert outcome.reservation.status == "expired"


OPENED_AFTER_MS = 1_000_000  # the outage ends this long after the reservation, which is due by then


@pytest.mark.parametrize(
    ("since_opening_ms", "status"), [(0, "held"), (59_999, "held"), (60_000, "expired"), (60_001, "expired")]
)
def test_after_an_outage_a_hold_has_a_minute(twin: Twin, since_opening_ms: int, status: str) -> None:
    twin.send(receive("A", 5), reserve("r", "A*2"))
    opened_ms = twin.advance(OPENED_AFTER_MS)
    twin.set_meta(opened_ms=opened_ms)

    twin.send(read("r"))
    twin.advance(since_opening_ms)
    twin.send(read("r"))

    assert twin.record("r").status == status


def test_the_minute_shortens_no_longer_deadline_and_helps_no_newer_hold(twin: Twin) -> None:
    twin.send(receive("A", 5), reserve("long", "A", ttl_ms=80_000))
    opened_ms = twin.advance(1_000)
    twin.set_meta(opened_ms=opened_ms)
    twin.send(reserve("new", "A", ttl_ms=5_000))

    twin.advance(5_000)
    twin.send(read("new"))
    assert (twin.record("new").status, twin.record("long").status) == ("expired", "held")
    twin.advance(56_000)
    twin.send(read("long"))
    assert twin.record("long").status == "held"
    twin.advance(18_000)
    twin.send(read("long"))
    assert twin.record("long").status == "expired"


def test_a_hold_of_the_minute_can_be_paid(twin: Twin) -> None:
    twin.send(receive("A", 5), reserve("r", "A*2"))
    opened_ms = twin.advance(OPENED_AFTER_MS)
    twin.set_meta(opened_ms=opened_ms)
    twin.advance(59_999)

    assert twin.ask(confirm("r")).code == "confirmed"


def test_an_extension_after_the_opening_counts_as_it_says(twin: Twin) -> None:
    twin.send(receive("A", 5), reserve("r", "A*2"))
    opened_ms = twin.advance(OPENED_AFTER_MS)
    twin.set_meta(opened_ms=opened_ms)
    assert twin.ask(extend("r", 5_000)).code == "extended"
    twin.advance(5_000)

    assert twin.ask(confirm("r")).code == "reservation_expired"
