"""docker-compose.yml and Dockerfile, read as far as that goes without an engine."""

import os
import re
import subprocess
from pathlib import Path

import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES = COMPOSE["services"]
PLAIN = {name: service for name, service in SERVICES.items() if "profiles" not in service}
WATCHERS = {name: service for name, service in SERVICES.items() if service.get("profiles") == ["observability"]}
DOCKERFILE = (REPOSITORY / "Dockerfile").read_text(encoding="utf-8")


def test_it_has_both_stores_the_processes_and_the_migration() -> None:
    assert set(PLAIN) == {"valkey", "postgres", "migrate", "worker", "hub", "api"}


def test_who_watches_comes_with_the_profile_alone() -> None:
    assert set(WATCHERS) == {"prometheus", "grafana"} == SERVICES.keys() - PLAIN.keys()
    for service in WATCHERS.values():
        assert re.search(r":v?\d+\.\d+\.\d+$", service["image"])
        assert all(port.startswith("127.0.0.1:") for port in service["ports"])
        assert ":?" not in str(service)  # compose would insist on it without the profile too


def test_grafana_does_not_start_with_the_password_that_everybody_knows() -> None:
    grafana = SERVICES["grafana"]
    assert grafana["environment"]["GF_SECURITY_ADMIN_PASSWORD"] == "${GRAFANA_PASSWORD:-}"
    script = grafana["entrypoint"][-1].replace("$$", "$").replace("/run.sh", "true")
    for password, started in (("", False), ("x", True)):
        environment = {"GF_SECURITY_ADMIN_PASSWORD": password, "PATH": os.environ["PATH"]}
        done = subprocess.run(["sh", "-c", script], env=environment, capture_output=True, check=False)
        assert (done.returncode == 0) is started


def test_what_watchers_mount_exists_and_prometheus_asks_the_ports_that_answer() -> None:
    mounted = [volume.split(":")[0] for service in WATCHERS.values() for volume in service["volumes"]]
    assert [path for path in mounted if path.startswith("./") and not (REPOSITORY / path).exists()] == []
    assert {name for name in mounted if not name.startswith("./")} <= set(COMPOSE["volumes"])
    scraped = yaml.safe_load((REPOSITORY / "deploy/grafana/prometheus.yml").read_text(encoding="utf-8"))
    (job,) = scraped["scrape_configs"]
    worker_port = SERVICES["worker"]["environment"]["INVENTORY_METRICS_PORT"]
    assert job["static_configs"] == [{"targets": ["api:8080", f"worker:{worker_port}"]}]


def test_only_the_api_is_published() -> None:
    assert [name for name, service in PLAIN.items() if "ports" in service] == ["api"]


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
    for service in PLAIN.values():
        for variable, value in service.get("environment", {}).items():
            if re.search("PASSWORD|KEY|URL", variable):
                assert re.search(r"\$\{[A-Z_]+:\?", value), variable


def test_stores_are_well_before_anything_uses_them() -> None:
    for name in ("api", "worker", "hub"):
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
