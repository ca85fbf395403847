"""What is remembered and for how long, and what may leave once the ledger has it."""

import pytest

from inventory_service.domain.commands import Command
from inventory_service.domain.ids import digest
from tests.kernel.driver import HALF_RETENTION_MS, START_MS, Kernel
from tests.kernel.make import confirm, move, park, receive, release, reserve, reverse, route, scan
from tests.kernel.twin import Twin

# Remembered ids.


@pytest.mark.parametrize("start", [0, 1, HALF_RETENTION_MS - 1])
def test_an_id_is_remembered_for_at_least_the_retention(twin: Twin, start: int) -> None:
    twin.advance(start)
    command = move("m", "receive", "A", 5)
    twin.send(command)

    twin.advance(HALF_RETENTION_MS)
    assert twin.ask(command).code == "duplicate"
    twin.advance(HALF_RETENTION_MS)
    assert twin.ask(command).code == "duplicate"
    twin.advance(HALF_RETENTION_MS)
    assert twin.ask(command).code == "applied"


def test_every_kind_of_id_is_remembered_through_the_ring(twin: Twin) -> None:
    twin.send(receive("A", 9), reserve("r", "A*5"), confirm("r"), reserve("gone", "A"), release("gone"))
    left = reserve("gone", "A")
    twin.evict("gone")
    ids: list[Command] = [
        release("r", "A", "rel"),
        scan("s", "r", "A"),
        park("p", "validation_failed"),
        reverse("exc", "r", "A", fitted="SHA*1"),
        move("m", "adjust", "A", 1),
    ]
    assert twin.codes(*ids) == ["released", "applied", "parked", "applied", "applied"]

    for _ in range(2):
        twin.advance(HALF_RETENTION_MS)
        assert twin.codes(release("r", "A", "rel"), *ids[1:], left) == [
            "replayed",
            "duplicate",
            "duplicate",
            "duplicate",
            "duplicate",
            "remembered",
        ]
    twin.advance(HALF_RETENTION_MS)
    assert twin.codes(ids[2], ids[4], left) == ["parked", "applied", "held"]


def test_a_repeat_does_not_lengthen_the_memory(twin: Twin) -> None:
    command = move("m", "receive", "A", 5)
    twin.send(command)
    for code in ("duplicate", "duplicate", "applied", "duplicate"):
        twin.advance(HALF_RETENTION_MS)
        assert twin.ask(command).code == code


# What the ledger has may leave.


def test_only_what_ended_and_is_committed_leaves(twin: Twin) -> None:
    twin.send(receive("A", 9), reserve("held", "A"), reserve("paid", "A"), confirm("paid"), reserve("old", "A"))
    twin.send(release("old"), reserve("new", "A"))
    committed = twin.model.seq
    twin.send(release("new"))
    names = {name: digest("reservation", name) for name in ("held", "paid", "old", "new", "never")}

    assert twin.kernel.flush(names, committed) == 1

    assert twin.kernel.holds().keys() == {"held", "paid", "new"}
    assert twin.kernel.finished().keys() == {"new"}
    assert twin.kernel.meta("flushed") == str(committed)
    assert twin.kernel.remembered().keys() - twin.model.remembered().keys() == {names["old"]}


def test_what_was_taken_again_stays(twin: Twin) -> None:
    twin.send(receive("A", 9), reserve("r", "A", ttl_ms=1))
    twin.advance(1)
    twin.send(confirm("r", route("SHA")))

    assert twin.kernel.flush({"r": digest("reservation", "r")}, twin.model.seq) == 0
    assert twin.kernel.holds().keys() == {"r"}


def test_flushed_never_goes_back(kernel: Kernel) -> None:
    kernel.open(flushed=7)
    kernel.flush({}, 3)

    assert kernel.meta("flushed") == "7"


def test_the_slot_that_comes_next_is_emptied(kernel: Kernel) -> None:
    kernel.open()
    for key in kernel.remembered_keys:
        kernel.client.hset(key, "some-digest", "some-content")

    kernel.flush({}, 0)

    current = START_MS // HALF_RETENTION_MS % 4
    left = [slot for slot, key in enumerate(kernel.remembered_keys) if kernel.client.exists(key)]
    assert left == [slot for slot in range(4) if slot != (current + 1) % 4]
