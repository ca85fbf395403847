"""When the server refuses or a write fails: before the first write nothing happened, behind it nobody is served."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import redis

from tests.kernel.driver import Kernel
from tests.kernel.make import confirm, read, receive, release, reserve
from tests.kernel.twin import Twin


@contextmanager
def configured(twin: Twin, name: str, value: str) -> Iterator[None]:
    """The server with one setting changed for a while."""
    client = twin.kernel.client
    before = client.config_get(name)[name]
    client.config_set(name, value)
    try:
        yield
    finally:
        client.config_set(name, before)


def test_memory_full_refuses_the_batch_whole(twin: Twin) -> None:
    twin.send(receive("A", 5), reserve("r", "A"))

    with configured(twin, "maxmemory", "1"), pytest.raises(redis.OutOfMemoryError):
        twin.kernel.call([confirm("r"), reserve("new", "A")])

    assert twin.codes(read("r"), read("new")) == ["found", "absent"]
    assert twin.record("r").status == "held"


def test_memory_full_lets_what_ends_a_hold_through(twin: Twin) -> None:
    twin.send(receive("A", 5), reserve("r1", "A"), reserve("r2", "A"), reserve("r3", "A", ttl_ms=10))
    twin.advance(10)

    with configured(twin, "maxmemory", "1"):
        outcomes = twin.send(confirm("r1"), release("r2"), reserve("new", "A"), new_holds_refused=True)

    assert [outcome.code for outcome in outcomes] == ["confirmed", "released", "overloaded"]
    assert twin.record("r3").status == "expired"


def test_a_server_that_may_not_write_changes_nothing(twin: Twin) -> None:
    twin.send(receive("A", 5))

    with configured(twin, "min-replicas-to-write", "1"), pytest.raises(redis.ResponseError, match="NOREPLICAS"):
        twin.kernel.call([reserve("r", "A")])

    assert twin.codes(read("r"), reserve("r", "A")) == ["absent", "held"]


@pytest.mark.parametrize("broken", ["holds", "deadlines", "stock"])
def test_a_failed_read_leaves_no_trace(kernel: Kernel, broken: str) -> None:
    kernel.open()
    kernel.client.set({"holds": kernel.holds_key, "deadlines": kernel.deadlines_key}.get(broken, kernel.stock_key), "?")

    with pytest.raises(redis.ResponseError) as error:
        kernel.call([receive("A", 5), reserve("r", "A")])

    assert "DIRTY" not in str(error.value)
    assert kernel.meta("gate") == kernel.identity()
    assert (kernel.meta("seq"), kernel.client.xlen(kernel.events_key)) == ("0", 0)


def test_a_failed_write_closes_the_gate(kernel: Kernel) -> None:
    kernel.open()
    kernel.call([receive("A", 5), reserve("r", "A")])
    kernel.client.set(kernel.finished_key, "no sorted set")

    with pytest.raises(redis.ResponseError, match="DIRTY"):
        kernel.call([release("r")])

    assert kernel.meta("closed") == "dirty"
    kernel.client.delete(kernel.finished_key)
    assert kernel.call([read("r")]).header.status == "gate_closed"
