"""The service's codec and keys against the layouts that the kernel's tests hold fast."""

import pytest
import redis

from inventory_service.domain.commands import Command
from inventory_service.domain.outcomes import ReservationOutcome
from inventory_service.engine.codec import decode_header, decode_outcome, encode_batch
from inventory_service.engine.keys import Keys
from tests.kernel.driver import EPOCH, FAR_FUTURE_MS, Kernel
from tests.kernel.make import (
    confirm,
    extend,
    look,
    move,
    park,
    policy,
    preview,
    read,
    reallocate,
    receive,
    release,
    reserve,
    reverse,
    route,
    scan,
    short_pick,
)
from tests.kernel.scripts import KernelScripts
from tests.kernel.twin import Twin
from tests.kernel.wire import packed

SHA, TWO = route("SHA"), route("SHA", "PEK", out_of_area="CAN", balance=True, max_splits=2)
EVERY_KIND: list[Command] = [
    receive("A", 9),
    reserve("r", "A*2 B", SHA),
    reserve("r", "A*2", TWO, allow_partial=True),
    extend("r", 5_000, SHA),
    confirm("r", TWO),
    release("r", "A", "rel-1"),
    reallocate("r", TWO),
    short_pick("pick", "r", "A"),
    preview("A*2 B", TWO, allow_partial=True),
    scan("s", "r", "A"),
    park("p", "validation_failed"),
    reverse("exc", "r", "A", fitted="SHA*1"),
    move("m", "count", "A", 4, expected=9),
    policy("A", 1),
    read("r"),
    look("A"),
]


@pytest.mark.parametrize("command", EVERY_KIND, ids=lambda command: type(command).__name__)
def test_one_command_is_encoded_as_the_kernel_wants_it(command: Command) -> None:
    assert encode_batch([command]) == packed([command])


def test_a_batch_is_encoded_as_the_kernel_wants_it() -> None:
    assert encode_batch(EVERY_KIND) == packed(EVERY_KIND)


def test_a_carried_record_is_encoded_as_the_kernel_wants_it(twin: Twin) -> None:
    twin.send(receive("A", 9), reserve("r", "A*2"), release("r"))
    command = confirm("r", SHA, carried=twin.record("r"))

    assert encode_batch([command]) == packed([command])


def test_replies_are_decoded_to_what_the_kernel_said(kernel: Kernel) -> None:
    kernel.open()
    arguments = [str(EPOCH), str(FAR_FUTURE_MS), "0", encode_batch(EVERY_KIND)]

    first, *rest = kernel.client.evalsha(kernel.apply_sha, len(kernel.keys), *kernel.keys, *arguments)
    decoded = [decode_outcome(command, reply) for command, reply in zip(EVERY_KIND, rest, strict=True)]

    kernel.open()
    reply = kernel.call(EVERY_KIND)
    assert tuple(decode_header(first)) == tuple(reply.header)
    assert decoded == reply.outcomes
    assert {type(outcome).__name__ for outcome in decoded} == {
        "MovementOutcome",
        "PreviewOutcome",
        "ShortPickOutcome",
        "ReservationOutcome",
        "ScanOutcome",
        "StockOutcome",
    }


def test_a_deferred_command_has_no_outcome(kernel: Kernel) -> None:
    kernel.open()
    lines = " ".join(f"S{number}" for number in range(50))
    batch: list[Command] = [reserve(f"r{number}", lines) for number in range(20)]
    arguments = [str(EPOCH), str(FAR_FUTURE_MS), "0", encode_batch(batch)]

    _, *rest = kernel.client.evalsha(kernel.apply_sha, len(kernel.keys), *kernel.keys, *arguments)

    assert decode_outcome(batch[-1], rest[-1]) is None
    assert isinstance(decode_outcome(batch[0], rest[0]), ReservationOutcome)


def test_keys_are_spelled_as_documented(redis_client: "redis.Redis", scripts: KernelScripts) -> None:
    assert list(Keys(EPOCH).of_apply) == Kernel(redis_client, scripts, "inv:0").keys
