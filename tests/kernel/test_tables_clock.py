"""The clock: never back, and never further ahead than somebody saw it go."""

from hypothesis import example, given
from hypothesis import strategies as st

from tests.kernel.driver import START_MS, Kernel
from tests.kernel.make import extend, receive, reserve
from tests.kernel.model_clock import JUMP_MS, see
from tests.kernel.test_model import bounded
from tests.kernel.twin import Twin

SLACK_MS = 20_000  # what a test may take on a machine that does other things


def server_ms(kernel: Kernel) -> int:
    seconds, microseconds = kernel.client.time()
    return int(seconds) * 1000 + int(microseconds) // 1000


def test_a_clock_that_jumped_shuts_the_gate_before_anything_expires(kernel: Kernel) -> None:
    @bounded(60)
    @given(behind_ms=st.one_of(st.integers(-90_000, JUMP_MS - SLACK_MS), st.integers(JUMP_MS, 2**40)))
    @example(behind_ms=JUMP_MS + 1)
    def compare(behind_ms: int) -> None:
        started_ms = server_ms(kernel)
        stored_ms = started_ms - behind_ms
        kernel.open(clock_ms=started_ms)
        assert kernel.call([receive("A", 1), reserve("r", "A", ttl_ms=1)]).header.status == "ok"
        kernel.set_meta(clock_ms=stored_ms)

        shown_ms = server_ms(kernel)
        first, second = kernel.call([]).header, kernel.call([]).header

        expected = see(stored_ms, max(shown_ms, started_ms + 1))
        assert (first.status, second.status) == (expected.status, expected.status)
        assert second.now_ms >= first.now_ms >= expected.now_ms - 1
        if expected.status == "ok":
            assert (kernel.meta("closed"), kernel.meta("clock_ms")) == ("", str(second.now_ms))
        else:
            assert (kernel.meta("closed"), kernel.meta("clock_ms")) == ("clock", str(stored_ms))
            assert kernel.holds()["r"].status == "held"

    compare()


def test_letting_go_of_ids_sees_the_jump_as_well(kernel: Kernel) -> None:
    kernel.open(clock_ms=server_ms(kernel) - JUMP_MS - 1)
    kernel.client.hset(kernel.remembered_keys[0], "digest", "fingerprint")
    slots = [kernel.client.hgetall(key) for key in kernel.remembered_keys]

    assert kernel.flush_status({}, committed=0) == "gate_closed"

    assert (kernel.meta("closed"), [kernel.client.hgetall(key) for key in kernel.remembered_keys]) == ("clock", slots)


def test_a_gate_that_was_shut_says_so_before_anything_else(kernel: Kernel) -> None:
    kernel.open(closed="promoted")

    header = kernel.call([receive("A", 1)], epoch=9, not_after_ms=1).header

    assert (header.status, kernel.stock()) == ("gate_closed", {})


def test_a_deadline_is_moved_only_if_nobody_set_it_anew(twin: Twin) -> None:
    twin.send(receive("A", 5), reserve("r", "A"), reserve("other", "A"))
    twin.advance(1_000)
    assert twin.codes(extend("other"), extend("r", ttl_ms=7, armed_ms=START_MS)) == ["extended", "extended"]
    assert twin.codes(extend("other", ttl_ms=7, armed_ms=START_MS)) == ["not_held"]
