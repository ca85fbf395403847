"""What holds for a batch as a whole: the gate, the clock, the budgets, the bound of the backlog."""

import pytest
import redis

from inventory_service.domain.commands import Command, Reserve
from tests.kernel.driver import EPOCH, START_MS, Kernel
from tests.kernel.make import (
    again,
    confirm,
    extend,
    look,
    move,
    park,
    policy,
    read,
    receive,
    release,
    reserve,
    reverse,
    scan,
)
from tests.kernel.model import Model
from tests.kernel.twin import Twin

LINES_PER_BATCH = 400

# The gate.


@pytest.mark.parametrize(
    "gate", ["", "0000000000000000000000000000000000000000:0000000000000000000000000000000000000000", "same run id"]
)
def test_a_gate_opened_for_another_server_is_closed(kernel: Kernel, gate: str) -> None:
    kernel.open()
    run_id = kernel.identity().split(":")[0]
    kernel.set_meta(gate=f"{run_id}:{'0' * 40}" if gate == "same run id" else gate)

    reply = kernel.call([receive("A", 1)])

    assert reply.header.status == "gate_closed"
    assert (kernel.stock(), kernel.entries(), kernel.meta("seq")) == ({}, [], "0")


def test_an_empty_server_is_closed(kernel: Kernel) -> None:
    assert kernel.call([receive("A", 1)]).header.status == "gate_closed"
    assert not kernel.client.exists(*kernel.keys)


@pytest.mark.parametrize("believed", [EPOCH - 1, EPOCH + 1])
def test_a_batch_of_another_epoch_is_refused(kernel: Kernel, believed: int) -> None:
    kernel.open(seq=7)

    header = kernel.call([receive("A", 1)], epoch=believed).header

    assert (header.status, header.epoch, header.seq) == ("epoch_changed", EPOCH, 7)
    assert kernel.stock() == {}


@pytest.mark.parametrize(("late_by_ms", "status"), [(-1, "ok"), (0, "ok"), (1, "late")])
def test_a_batch_after_its_time_is_refused(kernel: Kernel, late_by_ms: int, status: str) -> None:
    kernel.open()

    header = kernel.call([receive("A", 1)], not_after_ms=START_MS - late_by_ms).header

    assert (header.status, header.now_ms) == (status, START_MS)
    assert kernel.stock().keys() == ({"A"} if status == "ok" else set())


def test_refusals_of_a_batch_in_order_of_precedence(kernel: Kernel) -> None:
    kernel.open(gate=0)
    assert kernel.call([], epoch=9, not_after_ms=1).header.status == "gate_closed"
    kernel.set_meta(gate=kernel.identity())
    assert kernel.call([], epoch=9, not_after_ms=1).header.status == "epoch_changed"
    assert kernel.call([], not_after_ms=1).header.status == "late"


def test_a_refused_batch_expires_nothing(kernel: Kernel) -> None:
    kernel.open()
    kernel.call([receive("A", 1), reserve("r", "A", ttl_ms=1)])
    kernel.advance(1)

    kernel.call([], not_after_ms=1)
    kernel.call([], epoch=9)

    assert kernel.holds()["r"].status == "held"


# The clock.


def test_the_servers_clock_counts_when_it_is_ahead(kernel: Kernel) -> None:
    kernel.open(clock_ms=0)
    seconds, microseconds = kernel.client.time()

    header = kernel.call([receive("A", 1)]).header

    assert 0 <= header.now_ms - (seconds * 1_000 + microseconds // 1_000) < 60_000
    assert int(kernel.meta("clock_ms")) == header.now_ms, "so that it never goes back"


def test_the_clock_never_goes_back(kernel: Kernel) -> None:
    kernel.open()

    assert [kernel.call([receive("A", 1)]).header.now_ms for _ in range(2)] == [START_MS, START_MS]


# What is written.


def test_a_batch_is_one_entry(twin: Twin) -> None:
    twin.send(receive("A", 5), reserve("r1", "A", ttl_ms=10))
    twin.advance(10)
    twin.send(reserve("r2", "A"), confirm("r2"))

    entries = twin.kernel.entries()
    assert [(entry.position, entry.before) for entry in entries] == [("1-2", "0-0"), ("1-5", "1-2")]
    assert [event.type for event in entries[1].events] == ["expire", "reserve", "confirm"]


@pytest.mark.parametrize(
    "command", [read("r"), look("A"), look("X"), confirm("r2"), reserve("r2", "A*99"), move("m", "adjust", "A", -99)]
)
def test_a_batch_that_changed_nothing_writes_nothing(twin: Twin, command: Command) -> None:
    twin.send(receive("A", 5), reserve("r", "A"))
    before = [twin.kernel.client.dump(key) for key in twin.kernel.keys]

    twin.send(command)

    assert [twin.kernel.client.dump(key) for key in twin.kernel.keys] == before


def test_only_a_tick_stores_the_clock_alone(kernel: Kernel) -> None:
    """An empty batch is the ticker's; reading must not cost a write."""
    kernel.open(clock_ms=0)
    assert kernel.call([look("A")]).header.status == "ok"
    assert kernel.meta("clock_ms") == "0"

    ticked = kernel.call([]).header

    assert int(kernel.meta("clock_ms")) == ticked.now_ms > 0
    assert kernel.entries() == []


def test_after_a_new_opening_the_log_goes_on(kernel: Kernel) -> None:
    kernel.open()
    kernel.call([receive("A", 5)])
    kernel.set_meta(epoch=2)

    kernel.call([receive("A", 5)], epoch=2)

    assert [(entry.position, entry.before) for entry in kernel.entries()] == [("1-1", "0-0"), ("2-2", "1-1")]


def test_a_malformed_command_leaves_no_trace(kernel: Kernel) -> None:
    kernel.open()
    broken = reserve("r", "A")._replace(lines=[("A",)])  # type: ignore[list-item]

    with pytest.raises(redis.ResponseError) as error:
        kernel.call([receive("A", 5), broken])

    assert "DIRTY" not in str(error.value)
    assert (kernel.stock(), kernel.entries()) == ({}, [])
    assert kernel.call([receive("A", 5)]).header.status == "ok"


# Budgets.


def send_until_done(kernel: Kernel, batch: list[Command]) -> list[list[str]]:
    """The codes of each round: what was deferred goes first in the next one."""
    rounds = []
    while batch:
        outcomes = kernel.call(batch).outcomes
        done = [outcome for outcome in outcomes if outcome is not None]
        assert done, "every round must get somewhere"
        assert outcomes[len(done) :] == [None] * (len(batch) - len(done)), "nothing may overtake what was deferred"
        rounds.append([outcome.code for outcome in done])
        batch = batch[len(done) :]
    return rounds


def in_turn(rounds: list[list[str]]) -> list[str]:
    return [code for codes in rounds for code in codes]


def test_a_batch_has_a_budget_of_lines(kernel: Kernel) -> None:
    kernel.open()
    skus = [f"S{number}" for number in range(50)]
    kernel.call([receive(sku, 100) for sku in skus])
    batch: list[Command] = [reserve(f"r{number}", " ".join(skus)) for number in range(20)]

    rounds = send_until_done(kernel, [*batch, read("r19"), confirm("r19")])

    assert in_turn(rounds) == ["held"] * 20 + ["found", "confirmed"]
    assert [len(codes) for codes in rounds] == [8, 8, 6], f"{LINES_PER_BATCH} lines and not one more"


def test_what_was_deferred_gives_the_same_in_the_end(kernel: Kernel) -> None:
    kernel.open()
    model, skus = Model(), [f"S{number:02}" for number in range(50)]
    first: list[Command] = [receive(sku, 7) for sku in skus]
    batch: list[Command] = [reserve(f"r{number}", " ".join(skus)) for number in range(9)]
    batch += [release("r0"), confirm("r8"), reserve("r9", "S00")]

    codes = in_turn(send_until_done(kernel, [*first, *batch]))

    assert codes == [model.apply(command, START_MS).code for command in [*first, *batch]]
    assert kernel.holds() == model.holds
    assert kernel.events() == model.events


def test_a_batch_of_the_largest_size(kernel: Kernel) -> None:
    kernel.open()

    rounds = send_until_done(kernel, [receive(f"S{number % 9}", 1) for number in range(256)])

    assert in_turn(rounds) == ["applied"] * 256
    assert len(rounds) == 1


def test_many_due_holds_expire_over_several_batches(kernel: Kernel) -> None:
    kernel.open()
    kernel.call([receive("A", 300)])
    send_until_done(kernel, [reserve(f"r{number:03}", "A", ttl_ms=1_000 + number % 3) for number in range(250)])
    kernel.advance(1_002)

    headers = [kernel.call([]).header for _ in range(6)]

    assert headers[0].more_due
    assert not headers[-1].more_due
    assert {record.status for record in kernel.holds().values()} == {"expired"}
    assert kernel.deadlines() == {}
    expired = [event.reservation for event in kernel.events() if event.type == "expire"]
    deadlines = [record.deadline_ms for record in expired if record is not None]
    assert len(deadlines) == 250
    assert deadlines == sorted(deadlines)


def test_a_mass_expiry_leaves_room_for_commands(kernel: Kernel) -> None:
    kernel.open()
    skus = [f"S{number}" for number in range(50)]
    send_until_done(kernel, [receive(sku, 100) for sku in skus])
    lines = " ".join(skus)
    send_until_done(kernel, [reserve(f"r{number}", lines, ttl_ms=1_000) for number in range(20)])
    kernel.advance(1_000)

    reply = kernel.call([reserve(f"new-{number}", lines) for number in range(20)])

    held = [outcome for outcome in reply.outcomes if outcome is not None]
    expired = [event for event in kernel.events() if event.type == "expire"]
    assert reply.header.more_due
    assert (len(held), len(expired)) == (4, 4), "half of the lines each"
    assert [kernel.call([]).header.more_due for _ in range(4)] == [True, True, True, False]
    assert {kernel.holds()[f"r{number}"].status for number in range(20)} == {"expired"}


def test_a_due_hold_beyond_the_sweep_still_counts_as_expired(kernel: Kernel) -> None:
    kernel.open()
    kernel.call([receive("A", 300)])
    send_until_done(kernel, [reserve(f"r{number:03}", "A", ttl_ms=1_000 + number) for number in range(250)])
    kernel.advance(5_000)
    last: list[Command] = [confirm("r249"), read("r248"), extend("r247"), scan("s", "r246", "A"), release("r245")]

    reply = kernel.call(last)

    assert [outcome.code for outcome in reply.outcomes if outcome] == [
        "reservation_expired",
        "found",
        "not_held",
        "applied",
        "replayed",
    ]
    assert reply.header.more_due
    assert {kernel.holds()[f"r{number}"].status for number in range(245, 250)} == {"expired"}


def test_a_deadline_that_its_record_contradicts_is_mended(twin: Twin) -> None:
    """The record decides, the sorted set only reminds."""
    twin.send(receive("A", 9), reserve("held", "A"), reserve("paid", "A"), confirm("paid"))
    stray = {"held": START_MS, "paid": START_MS, "never": START_MS}
    twin.kernel.client.zadd(twin.kernel.deadlines_key, stray)

    assert twin.send() == []

    assert twin.kernel.deadlines() == {"held": twin.record("held").deadline_ms}


def test_nothing_more_is_due_after_a_sweep(kernel: Kernel) -> None:
    kernel.open()
    kernel.call([receive("A", 9), reserve("r1", "A", ttl_ms=1), reserve("r2", "A")])
    kernel.advance(1)

    assert not kernel.call([read("r1")]).header.more_due


# No new holds.


def works_without_new_holds(twin: Twin) -> None:
    assert twin.ask(extend("r1", 5_000)).code == "extended"
    assert twin.ask(confirm("r1")).code == "confirmed"
    assert twin.ask(scan("s1", "r1", "A")).code == "applied"
    assert twin.ask(release("r2", "A", "rel")).code == "released"
    assert twin.ask(receive("A", 1)).code == "applied"
    assert twin.ask(policy("A", 1)).code == "applied"
    assert twin.ask(park("s2", "validation_failed")).code == "parked"
    assert twin.ask(reverse("exc", "r1", "A", fitted="SHA*1")).code == "applied"


def prepared(twin: Twin) -> list[Reserve]:
    twin.send(receive("A", 9))
    held = [reserve("r1", "A"), reserve("r2", "A*2")]
    twin.send(*held)
    return held


def test_when_memory_is_full_only_new_holds_are_refused(twin: Twin) -> None:
    held = prepared(twin)

    assert twin.ask(reserve("new", "A"), new_holds_refused=True).code == "overloaded"
    assert twin.ask(again(held[0]), new_holds_refused=True).code == "replayed"
    assert twin.ask(confirm("r1"), new_holds_refused=True).code == "confirmed"
    twin.advance(10_000_000)
    twin.send(new_holds_refused=True)
    assert twin.record("r2").status == "expired"
    assert twin.ask(reserve("new", "A")).code == "held"


@pytest.mark.parametrize(("behind", "code"), [(-1, "held"), (0, "held"), (1, "overloaded"), (2, "overloaded")])
def test_the_backlog_has_a_bound(twin: Twin, behind: int, code: str) -> None:
    held = prepared(twin)
    twin.set_meta(backlog_limit=twin.model.seq - 1 - behind, flushed=1)

    assert twin.ask(reserve("new", "A")).code == code
    assert twin.ask(again(held[0])).code == "replayed"


def test_the_bound_holds_within_a_batch(twin: Twin) -> None:
    prepared(twin)
    twin.set_meta(backlog_limit=twin.model.seq + 1)

    assert twin.codes(*(reserve(f"new-{number}", "A") for number in range(4))) == ["held", "held"] + ["overloaded"] * 2


def test_beyond_the_backlogs_bound_everything_else_works(twin: Twin) -> None:
    prepared(twin)
    twin.set_meta(backlog_limit=0)

    works_without_new_holds(twin)
    assert twin.ask(reserve("new", "A")).code == "overloaded"
    twin.set_meta(flushed=twin.model.seq)
    assert twin.ask(reserve("new", "A")).code == "held"
