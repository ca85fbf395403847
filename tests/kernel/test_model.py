"""The kernel against its model: random batches, repeats, time, forgetting; and batches against single commands.

`KERNEL_EXAMPLES` multiplies the number of examples, for a long run; `KERNEL_SHRINK=no` stops at the first failure.
"""

import os
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import redis
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from inventory_service.domain import commands
from inventory_service.domain.reservation import Reservation
from tests.kernel import make, strategies
from tests.kernel.driver import HALF_RETENTION_MS, Kernel
from tests.kernel.scripts import KernelScripts
from tests.kernel.twin import Twin, same

EXAMPLES = int(os.environ.get("KERNEL_EXAMPLES", "1"))
REPEATABLE = (
    *(commands.Reserve, commands.Confirm, commands.Extend, commands.Release),
    *(commands.Reallocate, commands.SetPolicy),
)
CARRYING = (
    *(commands.Confirm, commands.Extend, commands.Release, commands.Scan, commands.Reverse),
    *(commands.Reallocate, commands.ShortPick),
)


def bounded(examples: int) -> settings:
    """So many examples, and a failure made small but not explained at length: that takes minutes."""
    phases = set(Phase) - {Phase.explain} - ({Phase.shrink} if os.environ.get("KERNEL_SHRINK") == "no" else set())
    return settings(max_examples=examples * EXAMPLES, stateful_step_count=30, phases=phases)


steps = st.one_of(
    strategies.commands,
    strategies.commands,
    strategies.commands,
    st.tuples(st.just("again"), st.integers(0, 30), st.booleans()),
)


rounds = st.tuples(st.sampled_from((0, 1_000, 60_000)), st.lists(strategies.commands, max_size=25))


class KernelAgainstModel(RuleBasedStateMachine):
    """Twin compares after every batch; here is only what may happen."""

    def __init__(self, kernel: Kernel) -> None:
        super().__init__()
        self.twin = Twin(kernel)
        self.sent: list[commands.Command] = []
        self.ledger: dict[str, Reservation] = {}  # what left Redis, as the ledger would lend it

    @initialize(on_hand=st.lists(st.integers(1, 9), min_size=4, max_size=4))
    def stock_up(self, on_hand: list[int]) -> None:
        places = ("A@SHA", "A@PEK", "B@SHA", "B@CAN")
        self.twin.send(*make.stocked(" ".join(f"{at}*{n}" for at, n in zip(places, on_hand, strict=True))))

    @rule(batch=st.lists(steps, max_size=12), carry=st.booleans())
    def send(self, batch: Sequence[Any], carry: bool) -> None:
        """A batch of fresh commands and repeats: of a lost reply (the same op id) or of a caller (another one)."""
        sent_before = len(self.sent)
        for step in batch:
            command = self._repeated(*step[1:]) if step[0] == "again" else step
            if command is not None:
                self.sent.append(self._with_carried(command) if carry else command)
        self.twin.send(*self.sent[sent_before:])

    @rule(step_ms=st.sampled_from((1, 999, 1_000, 4_000, 60_000, 90_000, HALF_RETENTION_MS)), outage=st.booleans())
    def let_time_pass(self, step_ms: int, outage: bool) -> None:
        self.twin.advance(step_ms)
        if outage:
            self.twin.set_meta(opened_ms=self.twin.now_ms())

    @precondition(lambda self: self.twin.model.finished())
    @rule(which=st.integers(0, 3))
    def let_one_leave(self, which: int) -> None:
        finished = sorted(self.twin.model.finished())
        reservation_id = finished[which % len(finished)]
        self.ledger[reservation_id] = self.twin.evict(reservation_id)

    @rule(behind=st.integers(0, 6), refused=st.booleans())
    def bound_the_backlog(self, behind: int, refused: bool) -> None:
        """The ledger falls behind, or has caught up again."""
        self.twin.set_meta(flushed=self.twin.model.seq, backlog_limit=behind if refused else 1_000_000)

    def _repeated(self, back: int, by_caller: bool) -> commands.Command | None:
        if back >= len(self.sent):
            return None
        command = self.sent[-1 - back]
        if by_caller and isinstance(command, REPEATABLE):
            return command._replace(op_id=make.new_op_id())
        return command

    def _with_carried(self, command: commands.Command) -> commands.Command:
        if isinstance(command, CARRYING) and command.reservation_id in self.ledger:
            return command._replace(carried=[self.ledger[command.reservation_id]])
        return command


def test_the_kernel_does_what_the_model_says(kernel: Kernel) -> None:
    class OnThisServer(KernelAgainstModel):
        def __init__(self) -> None:
            super().__init__(kernel)

    run_state_machine_as_test(OnThisServer, settings=bounded(100))


def test_a_batch_gives_what_its_commands_give_one_by_one(
    kernel: Kernel, redis_client: "redis.Redis", scripts: KernelScripts
) -> None:
    alone = Kernel(redis_client, scripts, f"inv:{uuid4().hex}")
    prepared: list[commands.Command] = list(make.stocked("A@SHA*5 A@PEK*3 B@SHA*2 B@CAN*4"))

    @bounded(80)
    @given(st.lists(rounds, max_size=4))
    def compare(history: list[tuple[int, list[commands.Command]]]) -> None:
        for partition in (kernel, alone):
            partition.open()
        for step_ms, batch in [(0, prepared), *history]:
            together = kernel.call(batch)
            apart = [alone.call([command]) for command in batch or [make.read("nobody")]]
            same(
                together.outcomes, [outcome for reply in apart for outcome in reply.outcomes][: len(batch)], "outcomes"
            )
            same(state(kernel), state(alone), "state")
            for partition in (kernel, alone):
                partition.advance(step_ms)

    try:
        compare()
    finally:
        redis_client.delete(*alone.keys)


def state(kernel: Kernel) -> tuple[object, ...]:
    """Everything but how the events were bundled."""
    stored = kernel.stored()
    return stored._replace(entries=[]), [event for entry in stored.entries for event in entry.events]
