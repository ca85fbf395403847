"""Redis and Postgres, each on its own."""

import re
from collections.abc import Iterator

from inventory_service.bootstrap.doctor.lines import PROGRAM, Line, ok, size, warning, wrong
from inventory_service.bootstrap.limits import (
    API_POOL_SIZE_MAX,
    HUB_POOL_SIZE_MAX,
    HUB_TURN_CONNECTIONS,
    NOTICE_POOL_SIZE_MAX,
    WORKER_POOL_SIZE_MAX,
    WORKER_TURN_CONNECTIONS,
)
from inventory_service.embedded.binaries import POSTGRES_OLDEST, REDIS_OLDEST
from inventory_service.engine.durability import REQUIRED
from inventory_service.engine.report import RedisReport
from inventory_service.ledger.migrator import State
from inventory_service.ledger.report import PostgresReport
from inventory_service.settings import Settings

REDIS, POSTGRES = "redis", "postgres"
MEMORY_WARNED = 0.75  # of what Redis may use
MEMORY_LEAST = 0.9
CONNECTIONS_TO_SPARE = 3  # Postgres keeps so many for its superuser


def redis_lines(report: RedisReport, settings: Settings) -> Iterator[Line]:
    yield _redis_server(report)
    yield _durability(report, settings)
    if report.aof_failing:
        mend = "Look at Redis's log and its disk; it refuses writes until its log can be written again."
        yield wrong(REDIS, "append-only file", "its last write or rewrite failed", mend)
    yield _memory(report)


def postgres_lines(report: PostgresReport, settings: Settings) -> Iterator[Line]:
    yield _postgres_server(report)
    unsafe = [name for name in ("fsync", "full_page_writes") if report.settings[name] != "on"]
    if unsafe:
        mend = f"Set {' and '.join(f'{name} = on' for name in unsafe)} in postgresql.conf and reload it."
        yield wrong(POSTGRES, "durability", f"off: {', '.join(unsafe)}; a power cut may cost the ledger", mend)
    else:
        yield ok(POSTGRES, "durability", "fsync on, full_page_writes on")
    yield _connections(report, settings)
    yield _migrations(report)


def away(topic: str, reason: str, settings: Settings) -> Line:
    """The server does not answer."""
    if settings.embedded:
        log = settings.data_dir.absolute() / "logs" / f"{topic}.log"
        mend = f"Start the service with `{PROGRAM} serve`; if it runs already, {log} says what is wrong."
        return wrong(topic, "server", reason, mend)
    variable = "INVENTORY_REDIS_URL" if topic == REDIS else "INVENTORY_DATABASE_URL"
    return wrong(topic, "server", reason, f"Start it, or set {variable} right.")


def _redis_server(report: RedisReport) -> Line:
    detail = f"{report.server} {report.version}"
    numbers = tuple(int(number) for number in re.findall(r"\d+", report.version)[:2])
    if report.loading:
        return wrong(REDIS, "server", f"{detail}, still reading its log", "Wait until it has read it.")
    if report.role != "master":
        return wrong(
            REDIS, "server", f"{detail}, a replica: it takes no writes", "Set INVENTORY_REDIS_URL to the primary."
        )
    if numbers < REDIS_OLDEST:
        return wrong(REDIS, "server", detail, f"Use Redis or Valkey {REDIS_OLDEST[0]}.{REDIS_OLDEST[1]} or newer.")
    return ok(REDIS, "server", detail)


def _durability(report: RedisReport, settings: Settings) -> Line:
    if not report.settings:
        spelled = ", ".join(f"{name} {text}" for name, text in REQUIRED.items())
        if settings.redis_durability == "asserted":
            return ok(REDIS, "durability", f"hidden; you vouched for {spelled}")
        mend = f"Make sure of {spelled}, then set INVENTORY_REDIS_DURABILITY=asserted."
        return warning(REDIS, "durability", "Redis does not show its configuration: answers say `memory`", mend)
    differing = {name: text for name, text in REQUIRED.items() if report.settings.get(name) != text}
    if not differing:
        return ok(REDIS, "durability", ", ".join(f"{name} {text}" for name, text in REQUIRED.items()))
    found = ", ".join(f"{name} {report.settings.get(name, 'unknown')}" for name in differing)
    commands = "; ".join(f"CONFIG SET {name} {text}" for name, text in differing.items())
    detail = f"{found}: it may forget what it answered, and answers say `memory`"
    return wrong(REDIS, "durability", detail, f"Run `{commands}`, and keep it.")


def _memory(report: RedisReport) -> Line:
    limit = report.maxmemory or report.system_memory
    detail = f"{size(report.used_memory)} of {size(limit)}" if limit else size(report.used_memory)
    detail += " (maxmemory)" if report.maxmemory else " (the machine's; maxmemory is not set)"
    used = report.used_memory / limit if limit else 0.0
    mend = "Give Redis more memory and raise maxmemory: full, it takes no new holds."
    if used >= MEMORY_LEAST:
        return wrong(REDIS, "memory", detail, mend)
    return warning(REDIS, "memory", detail, mend) if used >= MEMORY_WARNED else ok(REDIS, "memory", detail)


def _postgres_server(report: PostgresReport) -> Line:
    version = report.settings["server_version"]
    detail = f"postgres {version}"
    if report.recovering:
        mend = "Set INVENTORY_DATABASE_URL to the primary."
        return wrong(POSTGRES, "server", f"{detail}, a standby: it takes no writes", mend)
    if int(re.findall(r"\d+", version)[0]) < POSTGRES_OLDEST:
        return wrong(POSTGRES, "server", detail, f"Use Postgres {POSTGRES_OLDEST} or newer.")
    return ok(POSTGRES, "server", detail)


def _connections(report: PostgresReport, settings: Settings) -> Line:
    most = int(report.settings["max_connections"])
    detail = f"{report.connections} of {most}"
    worker = WORKER_POOL_SIZE_MAX + NOTICE_POOL_SIZE_MAX + WORKER_TURN_CONNECTIONS
    hub = HUB_POOL_SIZE_MAX + HUB_TURN_CONNECTIONS
    wanted = settings.workers * API_POOL_SIZE_MAX + worker + hub
    free_for_us = most - CONNECTIONS_TO_SPARE
    if wanted <= free_for_us and report.connections < free_for_us:
        return ok(POSTGRES, "connections", detail)
    mend = f"Raise max_connections: this service alone may need {wanted}."
    return warning(POSTGRES, "connections", detail, mend)


def _migrations(report: PostgresReport) -> Line:
    if report.schema_problem:
        return wrong(POSTGRES, "migrations", report.schema_problem, "Run the program that these migrations are of.")
    differing = [f"{each.name} {each.state}" for each in report.migrations if each.state is not State.APPLIED]
    if not differing:
        return ok(POSTGRES, "migrations", f"{len(report.migrations)} applied")
    if report.pending:
        mend = f"Run `{PROGRAM} migrate up`."
    else:
        mend = "Run the version of the program that made this database, or restore the files."
    return wrong(POSTGRES, "migrations", ", ".join(differing), mend)
