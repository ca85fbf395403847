"""What a Redis server says of itself, for people who look after it. Nothing here changes anything."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from inventory_service.domain.errors import NotReady
from inventory_service.engine.durability import configuration
from inventory_service.engine.keys import META, Keys
from inventory_service.engine.link import InDoubt, Link, NotExecuted, OutOfMemory, ScriptFailed
from inventory_service.engine.redis_state import INSPECTED, info_of, inspection_of
from inventory_service.usecases.standing import HotInspection

_CALL_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class RedisReport:
    """Bytes and milliseconds; 0: unset or unknown. `settings` is empty where Redis hides its configuration."""

    server: str  # redis or valkey
    version: str
    role: str  # master or slave, as INFO calls them
    settings: Mapping[str, str]  # those of engine.durability.REQUIRED
    aof_failing: bool  # the last write or rewrite of the append-only file failed
    loading: bool
    used_memory: int
    maxmemory: int
    system_memory: int
    now_ms: int
    asked_ms: int  # this machine's clock at that moment
    inspection: HotInspection
    backlog_limit: int
    held: int  # reservations that wait to be paid


async def redis_report(redis_url: str) -> RedisReport:
    """Raises NotReady with the reason."""
    try:
        link = Link(redis_url)
    except ValueError:  # its words may hold a part of the password
        raise NotReady(
            "The URL of Redis cannot be read: check its port, and escape what is special in its password."
        ) from None
    try:
        return await _report(link)
    except (NotExecuted, InDoubt, OutOfMemory, ScriptFailed) as error:
        raise NotReady(str(error)) from error
    finally:
        await link.close()


async def _report(link: Link) -> RedisReport:
    info = info_of(await link.call(_CALL_SECONDS, "INFO"))
    seconds, micros = await link.call(_CALL_SECONDS, "TIME")
    asked_ms = time.time_ns() // 1_000_000
    now_ms = int(seconds) * 1000 + int(micros) // 1000
    meta = await _meta(link)
    held = await link.call(_CALL_SECONDS, "ZCARD", Keys(int(meta["built"] or 0)).deadlines)
    return RedisReport(
        server="valkey" if "valkey_version" in info else "redis",
        version=info.get("valkey_version") or info.get("redis_version", ""),
        role=info.get("role", ""),
        settings=await configuration(link, _CALL_SECONDS),
        aof_failing="err" in (info.get("aof_last_write_status"), info.get("aof_last_bgrewrite_status")),
        loading=info.get("loading", "0") != "0",
        used_memory=int(info.get("used_memory", 0)),
        maxmemory=int(info.get("maxmemory", 0)),
        system_memory=int(info.get("total_system_memory", 0)),
        now_ms=now_ms,
        asked_ms=asked_ms,
        inspection=inspection_of(meta, info, now_ms),
        backlog_limit=int(meta["backlog_limit"] or 0),
        held=int(held),
    )


async def _meta(link: Link) -> dict[str, str]:
    values = await link.call(_CALL_SECONDS, "HMGET", META, *INSPECTED)
    return {name: value.decode() if value else "" for name, value in zip(INSPECTED, values, strict=True)}
