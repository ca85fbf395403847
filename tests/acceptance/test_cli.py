"""The command line beside the running service, and a start with wrong settings."""

import subprocess

import pytest

from tests.acceptance.service import RunningService
from tests.acceptance.shop import Shop


def one_line_error(done: subprocess.CompletedProcess[str]) -> str:
    """What it said; it must have failed without a traceback."""
    said = done.stdout + done.stderr
    assert done.returncode != 0, said
    assert "Traceback" not in said, said
    return said


async def test_verify_passes_beside_the_service(service: RunningService, shop: Shop) -> None:
    await shop.stocked(5)
    await shop.confirmed(2)
    service.verify()


async def test_stock_get_shows_the_numbers(service: RunningService, shop: Shop) -> None:
    await shop.stocked(4_321)
    await shop.held(21)
    done = service.cli("stock", "get", shop.sku())
    assert done.returncode == 0, done.stderr
    for number in ("4321", "21", "4300"):
        assert number in done.stdout.replace(",", ""), done.stdout


async def test_stock_get_of_an_unknown_sku_fails(service: RunningService, shop: Shop) -> None:
    assert shop.sku("never") in one_line_error(service.cli("stock", "get", shop.sku("never")))


def test_migrate_status_knows_the_migrations(service: RunningService) -> None:
    done = service.cli("migrate", "status")
    assert done.returncode == 0, done.stderr
    assert "0001" in done.stdout


def test_help_lists_the_commands(service: RunningService) -> None:
    done = service.program("--help")
    assert done.returncode == 0, done.stderr
    for command in ("serve", "api", "worker", "verify", "stock", "keys", "migrate"):
        assert command in done.stdout


def test_a_key_with_an_unknown_scope_is_refused(service: RunningService) -> None:
    assert "everything" in one_line_error(service.cli("keys", "create", "somebody", "--scope", "everything"))


def test_a_second_service_on_the_same_data_is_refused(service: RunningService) -> None:
    said = one_line_error(service.cli("serve", "--port", "0", within_seconds=30))
    assert service.data_dir.name in said.replace("\n", "")
    assert service.ready()


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--port", "70000"), "port"),
        (("--port", "http"), "port"),
        (("--workers", "0"), "workers"),
        (("--workers", "many"), "workers"),
    ],
)
def test_a_wrong_option_stops_the_start_by_name(
    service: RunningService, arguments: tuple[str, ...], named: str
) -> None:
    assert named in one_line_error(service.cli("serve", *arguments, within_seconds=30))


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("INVENTORY_PORT", "x"),
        ("INVENTORY_WORKERS", "-1"),
        ("INVENTORY_BOOTSTRAP_KEY", "short"),
        ("INVENTORY_RETENTION_DAYS", "0"),
        ("INVENTORY_REDIS_URL", "http://localhost"),
        ("INVENTORY_DATABASE_URL", "mysql://localhost/x"),
        ("INVENTORY_PARTITIONS", "2"),
        ("INVENTORY_WORKRES", "2"),
    ],
)
def test_a_wrong_variable_stops_the_start_by_name(
    service: RunningService, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setitem(service.environment, variable, value)
    assert variable in one_line_error(service.cli("serve", within_seconds=30))
