"""Lists, events and the state of the service, beside it."""

import json
import signal
import subprocess
import sys

import pytest

from tests.acceptance.service import REPOSITORY, RunningService
from tests.acceptance.shop import Shop
from tests.cli.terminal import Commands


async def test_reservations_are_listed_by_what_is_asked(shop: Shop, commands: Commands) -> None:
    sku = await shop.stocked(9)
    held = await shop.held(2, order_ref=f"order of {sku}", customer_id=f"c-{sku}")
    await shop.released(1)
    rows = commands("reservations", "list", "--sku", sku).done().splitlines()
    assert [row.split()[1] for row in rows] == ["status", "released", "held"]
    for question in (
        ("--status", "held", "--sku", sku),
        ("--order-ref", f"order of {sku}"),
        ("--customer", f"c-{sku}"),
    ):
        assert [each["reservation_id"] for each in commands("reservations", "list", *question, "--json").json()] == [
            held
        ]
    assert commands("reservations", "list", "--sku", sku, "--warehouse", "PEK", "--json").json() == []
    assert len(commands("reservations", "list", "--sku", sku, "--limit", "1", "--json").json()) == 1


async def test_one_reservation_is_shown(shop: Shop, commands: Commands) -> None:
    sku, order = await shop.stocked(9), await shop.confirmed(4)
    shown = commands("reservations", "get", order).table()
    assert (shown["status"], shown[sku].split()) == ("confirmed", ["4", "0", "0", "SHA", "4"])
    assert commands("reservations", "get", order, "--json").json() == await shop.reservation(order)
    assert commands("reservations", "get", "nobody").refused() == "There is no reservation nobody. [not_found]"


async def test_events_are_told_oldest_first(shop: Shop, commands: Commands) -> None:
    sku, order = await shop.stocked(9), await shop.confirmed(4)
    told = commands("events", "tail", "--sku", sku).done().splitlines()
    assert [line.split()[3] for line in told] == ["receive", "reserve", "confirm"]
    assert f"{order} → confirmed  {sku}@SHA held-4 committed+4" in told[-1]
    last = [
        json.loads(line)
        for line in commands("events", "tail", "--reservation", order, "-n", "1", "--json").done().splitlines()
    ]
    assert [(event["type"], event["subject"], event["status"]) for event in last] == [("confirm", order, "confirmed")]
    assert last[0]["changes"] == [{"sku": sku, "warehouse": "SHA", "deltas": {"held": -4, "committed": 4}}]
    assert commands("events", "tail", "--sku", "nothing").done() == ""


async def test_following_tells_what_comes_and_ends_on_ctrl_c(service: RunningService, shop: Shop) -> None:
    sku = await shop.stocked(9)
    order = await shop.held(1)
    command = [sys.executable, "-m", "inventory_service", "events", "tail", "--follow", "--sku", sku, "--data-dir"]
    with subprocess.Popen(
        [*command, str(service.data_dir)],
        cwd=REPOSITORY, env=service.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as following:  # fmt: skip
        try:
            assert following.stdout is not None
            assert following.stderr is not None
            assert "receive" in following.stdout.readline()
            assert f"{order} → held" in following.stdout.readline()
            (await shop.act(order, "release")).ok()
            assert f"{order} → released" in following.stdout.readline()
            following.send_signal(signal.SIGINT)
            assert (following.wait(30), following.stdout.read(), following.stderr.read()) == (130, "", "")
        finally:
            following.kill()


def test_a_reader_that_has_enough_is_no_error(service: RunningService) -> None:
    command = f"{sys.executable} -m inventory_service events tail --data-dir {service.data_dir} | head -1"
    done = subprocess.run(
        ["bash", "-c", command], cwd=REPOSITORY, env=service.environment, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""


def test_the_state_in_a_few_numbers(service: RunningService, commands: Commands) -> None:
    told = commands("status").table()
    assert (told["ready"], told["gate"], told["worker"]) == ("yes", "open", "at work")
    state = commands("status", "--json").json()
    assert (state["ready"], state["reasons"], state["gate"], state["worker"]) == (True, [], "open", True)
    assert state["seq"] >= state["ledger_seq"] > 0


@pytest.mark.parametrize("arguments", [("migrate", "status"), ("migrate", "up"), ("verify",), ("doctor",)])
def test_json_is_json(commands: Commands, arguments: tuple[str, ...]) -> None:
    assert isinstance(commands(*arguments, "--json").json(), dict | list)


def test_keys_are_made_listed_and_ended(commands: Commands) -> None:
    made = commands("keys", "create", "till", "--scope", "reserve", "--json").json()
    [listed] = [key for key in commands("keys", "list", "--json").json() if key["client"] == "till"]
    assert made["secret"].startswith(listed["id"])
    assert commands("keys", "revoke", listed["id"], "--json").json() == {"id": listed["id"], "revoked": True}
    assert commands("keys", "revoke", listed["id"]).refused().endswith("that works")
