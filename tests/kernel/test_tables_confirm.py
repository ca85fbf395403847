"""Confirm and extend: what a payment or a longer deadline does in every status."""

import pytest

from inventory_service.domain.commands import Command
from inventory_service.domain.outcomes import Shortage
from tests.kernel.make import TTL_MS, again, confirm, extend, read, receive, release, reserve, route, scan, stocked
from tests.kernel.twin import Twin

SHA = route("SHA")
STATUSES = ["held", "confirmed", "part_shipped", "shipped", "released", "expired"]


def bring(twin: Twin, status: str) -> None:
    """A reservation "r" of two A in `status`, and ten A in SHA."""
    twin.send(receive("A", 10), reserve("r", "A*2"))
    match status:
        case "released":
            twin.send(release("r"))
        case "expired":
            twin.advance(TTL_MS)
        case "confirmed":
            twin.send(confirm("r"))
        case "part_shipped":
            twin.send(confirm("r"), scan("s1", "r", "A"))
        case "shipped":
            twin.send(confirm("r"), scan("s1", "r", "A", 2))
    assert twin.reservation(read("r")).reservation == twin.record("r")
    assert twin.record("r").status == status


@pytest.mark.parametrize(
    ("status", "code", "after"),
    [
        ("held", "confirmed", "confirmed"),
        ("confirmed", "replayed", "confirmed"),
        ("part_shipped", "replayed", "part_shipped"),
        ("shipped", "replayed", "shipped"),
        ("released", "reservation_released", "released"),
        ("expired", "reservation_expired", "expired"),
    ],
)
def test_confirm_in_every_status(twin: Twin, status: str, code: str, after: str) -> None:
    bring(twin, status)
    events = len(twin.model.events)

    outcome = twin.reservation(confirm("r"))

    assert outcome.code == code
    assert outcome.reservation == twin.record("r")
    assert twin.record("r").status == after
    assert len(twin.model.events) - events == (1 if code == "confirmed" else 0)


def test_confirm_commits_the_stock_and_drops_the_deadline(twin: Twin) -> None:
    twin.send(*stocked("A@SHA*5 B@PEK*5"), reserve("r", "A*2 B*3", route("SHA", "PEK")))
    now_ms = twin.advance(10)

    record = twin.reservation(confirm("r")).reservation

    assert record is not None
    assert (record.status, record.deadline_ms, record.confirmed_ms, record.ended_ms) == ("confirmed", 0, now_ms, 0)
    assert twin.counters("A") == (5, 0, 2, 0, 0)
    assert twin.counters("B", "PEK") == (5, 0, 3, 0, 0)
    assert twin.kernel.deadlines() == {}
    twin.advance(10 * TTL_MS)
    assert twin.reservation(read("r")).reservation == record


@pytest.mark.parametrize(
    ("late_by_ms", "code"), [(-1, "confirmed"), (0, "reservation_expired"), (1, "reservation_expired")]
)
def test_a_confirm_at_the_deadline_is_late(twin: Twin, late_by_ms: int, code: str) -> None:
    twin.send(receive("A", 1), reserve("r", "A"))
    twin.advance(TTL_MS + late_by_ms)

    assert twin.ask(confirm("r")).code == code


@pytest.mark.parametrize("status", ["held", "confirmed", "part_shipped", "shipped", "released"])
def test_reacquire_is_only_for_the_expired(twin: Twin, status: str) -> None:
    bring(twin, status)
    codes = {"held": "confirmed", "released": "reservation_released"}

    assert twin.ask(confirm("r", SHA)).code == codes.get(status, "replayed")


def test_confirm_takes_an_expired_one_again(twin: Twin) -> None:
    twin.send(*stocked("A@SHA*2 A@PEK*2"), reserve("r", "A*2"))
    twin.advance(TTL_MS)
    twin.send(reserve("other", "A*2"))
    now_ms = twin.advance(5)

    outcome = twin.reservation(confirm("r", route("SHA", "PEK")))

    assert outcome.code == "reacquired"
    record = twin.record("r")
    assert (record.status, record.deadline_ms, record.confirmed_ms, record.ended_ms) == ("confirmed", 0, now_ms, 0)
    assert record.lines[0].allocations == [("PEK", 2, 0)]
    assert twin.counters("A", "PEK") == (2, 0, 2, 0, 0)
    assert twin.kernel.finished() == {}
    assert twin.last_event().type == "reacquire"


def test_reacquire_is_whole_or_not_at_all(twin: Twin) -> None:
    twin.send(*stocked("A@SHA*2 B@SHA*2"), reserve("r", "A*2 B*2"))
    twin.advance(TTL_MS)
    twin.send(reserve("other", "B"))

    for command in (confirm("r", SHA), extend("r", 1_000, SHA)):
        outcome = twin.reservation(command)
        assert outcome.code == "insufficient_stock"
        assert outcome.shortages == [Shortage("B", 2, 1, "not_enough")]
    assert twin.record("r").status == "expired"
    assert twin.counters("A") == (2, 0, 0, 0, 0)


def test_reacquire_takes_what_was_granted_and_not_given_back(twin: Twin) -> None:
    twin.send(*stocked("A@SHA*9 B@SHA*2"), reserve("r", "A*4 B*5", allow_partial=True))
    twin.send(release("r", "A*1", "rel-1"))
    twin.advance(TTL_MS)
    twin.send(receive("B", 9))

    assert twin.ask(confirm("r", SHA)).code == "reacquired"
    assert [(line.sku, line.requested, line.quantity, line.released) for line in twin.record("r").lines] == [
        ("A", 4, 4, 1),
        ("B", 5, 2, 0),
    ]
    assert twin.counters("A") == (9, 0, 3, 0, 0)
    assert twin.counters("B") == (11, 0, 2, 0, 0)


def test_reacquire_without_a_warehouse_is_refused(twin: Twin) -> None:
    bring(twin, "expired")

    assert twin.ask(confirm("r", route())).code == "reservation_expired"
    assert twin.ask(extend("r", 1_000, route())).code == "not_held"
    assert twin.ask(confirm("r", SHA)._replace(reacquire=False)).code == "reservation_expired"
    assert twin.ask(extend("r", 1_000, SHA)._replace(reacquire=False)).code == "not_held"


@pytest.mark.parametrize("status", STATUSES)
def test_extend_in_every_status(twin: Twin, status: str) -> None:
    bring(twin, status)

    outcome = twin.reservation(extend("r", 5_000))

    assert outcome.code == ("extended" if status == "held" else "not_held")
    assert outcome.reservation == twin.record("r")
    assert twin.record("r").status == status


@pytest.mark.parametrize("ttl_ms", [1_000, 86_400_000], ids=["shorter", "longer"])
def test_extend_counts_from_now(twin: Twin, ttl_ms: int) -> None:
    twin.send(receive("A", 1), reserve("r", "A"))
    now_ms = twin.advance(700)

    assert twin.ask(extend("r", ttl_ms)).code == "extended"

    assert (twin.record("r").deadline_ms, twin.record("r").armed_ms) == (now_ms + ttl_ms, now_ms)
    assert twin.last_event().changes == []
    twin.advance(ttl_ms - 1)
    assert twin.codes(read("r")) == ["found"]
    assert twin.record("r").status == "held"
    twin.advance(1)
    assert twin.ask(confirm("r")).code == "reservation_expired"


def test_extend_revives_an_expired_one_only_when_asked(twin: Twin) -> None:
    bring(twin, "expired")
    now_ms = twin.advance(5)

    assert twin.ask(extend("r", 5_000)).code == "not_held"
    assert twin.ask(extend("r", 5_000, SHA)).code == "reacquired"

    record = twin.record("r")
    assert (record.status, record.deadline_ms, record.armed_ms, record.ended_ms) == ("held", now_ms + 5_000, now_ms, 0)
    assert twin.counters("A") == (10, 2, 0, 0, 0)
    assert twin.kernel.deadlines() == {"r": now_ms + 5_000}
    assert twin.kernel.finished() == {}


# Repeats of one operation after a lost reply.


def test_an_operation_is_applied_once(twin: Twin) -> None:
    twin.send(receive("A", 5), reserve("r", "A*2"))
    longer, paid = extend("r", 5_000), confirm("r")
    assert twin.codes(longer, longer) == ["extended", "extended"]
    twin.advance(1_000)
    assert twin.codes(longer, paid, paid, longer) == ["extended", "confirmed", "confirmed", "extended"]
    assert [event.type for event in twin.model.events] == ["receive", "reserve", "extend", "confirm"]
    assert twin.ask(again(paid)).code == "replayed"


def test_a_late_confirm_does_not_undo_what_came_after_it(twin: Twin) -> None:
    bring(twin, "expired")
    taken = confirm("r", SHA)
    assert twin.codes(taken, release("r"), taken) == ["reacquired", "released", "reacquired"]
    assert twin.record("r").status == "released"


def test_only_the_last_eight_operations_are_kept(twin: Twin) -> None:
    twin.send(receive("A", 5), reserve("r", "A*2"))
    first = extend("r", 5_000)
    twin.send(first)
    for _ in range(7):
        twin.send(extend("r", 6_000))
    assert twin.ask(first).code == "extended"
    assert len(twin.model.events) == 10
    twin.send(extend("r", 6_000))
    assert len(twin.record("r").operations) == 8
    assert twin.ask(first).code == "extended"
    assert len(twin.model.events) == 12, "forgotten, so it was applied again"


# What Redis no longer has.


@pytest.mark.parametrize("status", ["shipped", "released", "expired"])
def test_a_carried_record_stands_in(twin: Twin, status: str) -> None:
    bring(twin, status)
    record = twin.evict("r")
    codes = {"shipped": "replayed", "released": "reservation_released", "expired": "reservation_expired"}

    assert twin.codes(confirm("r"), extend("r"), confirm("r", carried=record), extend("r", carried=record)) == [
        "absent",
        "absent",
        codes[status],
        "not_held",
    ]
    assert twin.kernel.holds() == {}, "nothing changed, so nothing came back"


def test_an_expired_one_comes_back_with_what_the_ledger_lent(twin: Twin) -> None:
    bring(twin, "expired")
    record = twin.evict("r")

    assert twin.codes(confirm("r", SHA, carried=record), confirm("r"), extend("r")) == [
        "reacquired",
        "replayed",
        "not_held",
    ]
    assert twin.counters("A") == (10, 0, 2, 0, 0)


def test_what_redis_has_is_newer_than_what_is_carried(twin: Twin) -> None:
    bring(twin, "expired")
    stale = twin.record("r")

    assert twin.codes(confirm("r", SHA), release("r", carried=stale), confirm("r", carried=stale)) == [
        "reacquired",
        "released",
        "reservation_released",
    ]


def test_unknown_ids_are_absent(twin: Twin) -> None:
    batch: list[Command] = [
        confirm("x"),
        confirm("x", SHA),
        extend("x"),
        release("x"),
        release("x", "A", "rel"),
        read("x"),
    ]
    assert twin.codes(*batch) == ["absent"] * 6
    assert twin.model.events == []
