"""The face without `await`: the same methods, signatures and types, from any number of threads."""

import inspect
import os
import socket
import subprocess
import sys
import threading
from concurrent.futures import CancelledError, ThreadPoolExecutor
from typing import assert_type

import pytest

from inventory_service.client import (
    BatchResult,
    InsufficientStock,
    InventoryClient,
    Movement,
    Page,
    Readiness,
    Reservation,
    Reserve,
    Retry,
    Stock,
    SyncHold,
    SyncInventoryClient,
    SyncListing,
    Transfer,
    blocking,
)
from tests.acceptance.service import BOOTSTRAP_KEY, REPOSITORY, RunningService
from tests.client.conftest import UNITS, WAREHOUSE


@pytest.fixture
def shared(service: RunningService) -> SyncInventoryClient:
    return SyncInventoryClient(service.url, BOOTSTRAP_KEY)


def test_it_has_every_method_with_its_signature_and_its_words() -> None:
    theirs = {name for name in dir(InventoryClient) if not name.startswith("_")}
    assert theirs - {"close"} == {name for name in dir(SyncInventoryClient) if not name.startswith("_")}
    for name in theirs - {"close"}:
        method, face = getattr(InventoryClient, name), getattr(SyncInventoryClient, name)
        assert inspect.signature(face) == inspect.signature(method)
        assert face.__doc__ == method.__doc__
    assert inspect.signature(SyncInventoryClient) == inspect.signature(InventoryClient)


def test_types_are_known(shared: SyncInventoryClient, sku: str) -> None:
    """Checked by mypy, and as they are."""
    with shared as client:
        held = client.reserve({sku: 1}, ttl_seconds=60)
        assert_type(held, Reservation)
        assert_type(client.confirm(held.reservation_id), Reservation)
        assert_type(client.stock(sku), Stock)
        assert_type(client.transfers(sku=sku), SyncListing[Transfer])
        assert_type(client.reservations(sku=sku), SyncListing[Reservation])
        assert_type(client.reservations(sku=sku).page(), Page[Reservation])
        assert_type(client.batch([Reserve(lines={sku: 1})]), list[BatchResult])
        assert_type(client.ready(), Readiness)
        assert_type(client.hold({sku: 1}), SyncHold)
        with client.hold({sku: 1}) as hold:
            assert_type(hold.confirm(), Reservation)


def test_threads_share_it_and_sell_what_there_is(shared: SyncInventoryClient, sku: str) -> None:
    threads = 16
    together = threading.Barrier(threads)

    def buy(_: int) -> bool:
        together.wait()
        try:
            with shared.hold({sku: 1}) as hold:
                return hold.confirm().status == "confirmed"
        except InsufficientStock:
            return False

    with shared, ThreadPoolExecutor(threads) as pool:
        assert sum(pool.map(buy, range(threads))) == UNITS
        stock = shared.stock(sku)
        assert (stock.committed, stock.held, stock.available) == (UNITS, 0, 0)


def test_a_hold_is_given_back(shared: SyncInventoryClient, sku: str) -> None:
    with shared:
        with pytest.raises(KeyboardInterrupt), shared.hold({sku: 2}) as hold:
            raise KeyboardInterrupt
        assert shared.reservation(hold.reservation_id).status == "released"


def test_lists_are_read_page_by_page(shared: SyncInventoryClient, sku: str) -> None:
    skus = [f"{sku}-{number}" for number in range(5)]
    with shared as client:
        client.move_stock(Movement(type="receive", sku=each, warehouse=WAREHOUSE, quantity=1) for each in skus)
        assert [stock.sku for stock in client.stock_list(skus=skus, page_size=2)] == skus
        assert client.stock_list(skus=skus, page_size=2).page().next_cursor is not None


def test_a_list_keeps_the_client_that_it_came_from(service: RunningService, sku: str) -> None:
    skus = [stock.sku for stock in SyncInventoryClient(service.url, BOOTSTRAP_KEY).stock_list(skus=[sku])]
    assert skus == [sku]
    assert "inventory-client" not in _threads()


def test_close_ends_its_thread(shared: SyncInventoryClient, sku: str) -> None:
    assert "inventory-client" not in _threads()
    shared.stock(sku)
    assert "inventory-client" in _threads()
    shared.close()
    shared.close()
    assert "inventory-client" not in _threads()
    with pytest.raises(RuntimeError, match="closed"):
        shared.stock(sku)


def test_one_that_is_forgotten_ends_its_thread(service: RunningService, sku: str) -> None:
    client = SyncInventoryClient(service.url, BOOTSTRAP_KEY)
    client.stock(sku)
    del client
    assert "inventory-client" not in _threads()


def _threads() -> set[str]:
    return {thread.name for thread in threading.enumerate()}


def test_a_call_in_flight_is_let_go_when_it_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for ever for a client that another thread has closed."""
    monkeypatch.setattr(blocking, "DRAIN_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as mute, ThreadPoolExecutor(1) as pool:
        client = SyncInventoryClient(f"http://127.0.0.1:{mute.getsockname()[1]}", retry=Retry(attempt_seconds=20.0))
        call = pool.submit(client.ready)
        connection, _ = mute.accept()
        with connection:
            assert connection.recv(1)
            client.close()
            assert isinstance(call.exception(10), CancelledError)


PROGRAM = """
import os
from inventory_service.client import SyncInventoryClient
client = SyncInventoryClient({url!r}, {key!r})
{before}
pid = os.fork()
if pid == 0:
    try:
        print("child", client.ready().ready, flush=True)
    except RuntimeError as error:
        print("child", error, flush=True)
    os._exit(0)
os.waitpid(pid, 0)
print("parent", client.ready().ready, flush=True)
"""


@pytest.mark.parametrize(
    ("before", "child"),
    [("", "child True"), ("client.ready()", "child this client was used before the process was forked")],
    ids=["unused", "used"],
)
def test_after_a_fork_it_works_or_says_why_not(service: RunningService, before: str, child: str) -> None:
    """And a program that never closes it ends by itself, with nothing to say about it."""
    program = PROGRAM.format(url=service.url, key=BOOTSTRAP_KEY, before=before)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        cwd=REPOSITORY, env=os.environ, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    first, second = done.stdout.splitlines()
    assert first.startswith(child)
    assert (second, done.stderr) == ("parent True", "")
