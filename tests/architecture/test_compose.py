"""docker-compose.yml and Dockerfile, read as far as that goes without an engine."""

import re
from pathlib import Path

import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES = COMPOSE["services"]
DOCKERFILE = (REPOSITORY / "Dockerfile").read_text(encoding="utf-8")


def test_it_has_both_stores_the_api_the_worker_and_the_migration() -> None:
    assert set(SERVICES) == {"valkey", "postgres", "migrate", "worker", "api"}


def test_only_the_api_is_published() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["api"]


def test_everything_that_stays_up_is_watched_and_restarted() -> None:
    for name, service in SERVICES.items():
        assert service["restart"] in {"unless-stopped", "on-failure"}, name
        assert "healthcheck" in service or service["restart"] == "on-failure", name


def test_valkey_answers_only_what_is_on_disk() -> None:
    command = " ".join(SERVICES["valkey"]["command"][-1].split())
    for option in (
        "--appendonly yes",
        "--appendfsync always",
        "--no-appendfsync-on-rewrite no",
        "--maxmemory-policy noeviction",
        "--requirepass",
    ):
        assert option in command, option


def test_data_outlives_the_containers() -> None:
    for name in ("valkey", "postgres"):
        (volume,) = SERVICES[name]["volumes"]
        assert volume.partition(":")[0] in COMPOSE["volumes"]


def test_secrets_come_from_the_environment_and_must_be_there() -> None:
    for service in SERVICES.values():
        for variable, value in service.get("environment", {}).items():
            if re.search("PASSWORD|KEY|URL", variable):
                assert re.search(r"\$\{[A-Z_]+:\?", value), variable


def test_stores_are_well_before_anything_uses_them() -> None:
    for name in ("api", "worker"):
        assert SERVICES[name]["depends_on"] == {
            "valkey": {"condition": "service_healthy"},
            "migrate": {"condition": "service_completed_successfully"},
        }
    assert SERVICES["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}


def test_the_image_installs_nothing_but_the_lock() -> None:
    assert "--require-hashes" in DOCKERFILE
    installs = re.findall(r"(.*)pip install", DOCKERFILE)
    assert installs
    assert [before for before in installs if "PIP_NO_INDEX=1" not in before] == []


def test_every_path_that_the_image_copies_is_let_through() -> None:
    ignore = (REPOSITORY / ".dockerignore").read_text(encoding="utf-8").splitlines()
    copied = [
        word for line in re.findall(r"^COPY (?!--from)(.*) \S+$", DOCKERFILE, re.MULTILINE) for word in line.split()
    ]
    assert {f"!{path}" for path in copied} <= set(ignore)
    assert [path for path in copied if not (REPOSITORY / path).exists()] == []


def test_the_service_does_not_run_as_root() -> None:
    assert re.search(r"^USER (?!root)\w+$", DOCKERFILE, re.MULTILINE)
