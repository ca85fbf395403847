"""The HotState port on Redis: the server as a whole, for opening the gate, rebuilding and verifying."""

import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec

from inventory_service.domain.errors import NotReady
from inventory_service.domain.events import Entry, Position
from inventory_service.domain.reservation import OPEN_STATUSES, Dispatch, Reservation, Status
from inventory_service.domain.stock import Stock
from inventory_service.domain.transfer import Transfer
from inventory_service.engine.keys import META, REMEMBERED_SLOTS, Keys
from inventory_service.engine.link import InDoubt, Link, NotExecuted, OutOfMemory, ScriptFailed, Words
from inventory_service.engine.redis_log import entry_of
from inventory_service.engine.refill import Refill
from inventory_service.engine.script import Script, assemble
from inventory_service.faultpoints import reached
from inventory_service.usecases.ledger_ports import SubjectKind
from inventory_service.usecases.ports import LedgerSnapshot
from inventory_service.usecases.standing import HotInspection

INSPECTED = (
    *("deployment", "gate", "closed", "replicated", "position", "epoch", "flushed"),
    *("opened_ms", "clock_ms", "ahead_until_ms", "built", "backlog_limit"),
)
_CALL_SECONDS = 10.0
_SLICE = 500
_FINGERPRINT_PREFIX = 11
_DAY_MS, _DAYS_KEPT = 86_400_000, 3

_decode_stock = msgspec.msgpack.Decoder(Stock).decode
_decode_transfer = msgspec.msgpack.Decoder(Transfer).decode
_decode_reservation = msgspec.msgpack.Decoder(Reservation).decode


class RedisState:
    """Implements `usecases.ports.HotState`."""

    def __init__(self, redis_url: str, retention_ms: int, backlog_limit: int) -> None:
        self._link = Link(redis_url)
        self._open = assemble("open")
        self._close = assemble("close")
        self._rebuild = assemble("rebuild")
        self._retention_ms = retention_ms
        self._backlog_limit = backlog_limit

    async def inspect(self) -> HotInspection:
        row = await self._ask("HMGET", META, *INSPECTED)
        meta = {name: value.decode() if value else "" for name, value in zip(INSPECTED, row, strict=True)}
        info: dict[str, str] = {}
        for section in ("server", "replication", "memory"):
            info |= info_of(await self._ask("INFO", section))
        seconds, microseconds = await self._ask("TIME")
        return inspection_of(meta, info, int(seconds) * 1000 + int(microseconds) // 1000)

    async def entries_behind(self, position: Position, limit: int) -> Sequence[Entry]:
        keys = await self._keys()
        rows = await self._ask("XRANGE", keys.events, f"({position.epoch}-{position.seq}", "+", "COUNT", limit)
        return [entry_of(row) for row in rows]

    async def open_gate(
        self, identity: str, epoch: int, *, built: int, after_outage: bool, sets_clock_back: bool = False
    ) -> None:
        limits = (self._backlog_limit, self._retention_ms)
        tail = (identity, epoch, int(after_outage), *limits, int(sets_clock_back), built)
        status = msgspec.msgpack.decode(await self._run(self._open, *tail))[0]
        if status != "ok":
            raise NotReady(f"The gate could not be opened: {status}.")

    async def close_gate(self, reason: str, epoch: int) -> None:
        if await self._run(self._close, epoch, reason) != b"ok":
            raise NotReady("The gate was opened meanwhile.")

    async def limits(self) -> tuple[int, int] | None:
        """(retention ms, backlog limit) that the gate was last opened with; None: it never was. Raises NotReady."""
        retention_ms, backlog_limit = await self._ask("HMGET", META, "retention_ms", "backlog_limit")
        return None if retention_ms is None else (int(retention_ms), int(backlog_limit))

    async def rebuild(self, snapshot: LedgerSnapshot, deployment: str, epoch: int) -> None:
        old, new = Keys(int((await self._ask("HGET", META, "built")) or 0)), Keys(epoch)
        await self._rebuild_step("begin", epoch)
        reached("rebuild.closed")
        await self._unlink(new)
        now_ms = (await self.inspect()).now_ms
        async with Refill(self._write) as refill:
            await self._write_stocks(refill, new, snapshot)
            async for transfer_id, transfer in snapshot.transfers():
                await refill.add("HSET", new.transfers, transfer_id, msgspec.msgpack.encode(transfer))
            reached("rebuild.stock_written")
            await self._write_reservations(refill, new, snapshot)
            reached("rebuild.holds_written")
            await self._write_places(refill, new, snapshot, now_ms)
            await self._write_remembered(refill, new, snapshot, now_ms)
        position = f"{snapshot.position.epoch}-{snapshot.position.seq}"
        seq = snapshot.position.seq
        meta = ("deployment", deployment, "built", epoch, "seq", seq, "position", position, "flushed", seq)
        reached("rebuild.before_flip")
        await self._rebuild_step("flip", epoch, *meta, "retention_ms", self._retention_ms, "ring_start_ms", 0)
        reached("rebuild.flipped")
        if old.built not in (0, epoch):
            await self._unlink(old)

    async def names(self, kind: SubjectKind, cursor: str, limit: int) -> tuple[str, Sequence[str]]:
        keys = await self._keys()
        key = keys.stock if kind is SubjectKind.SKU else keys.holds
        following, pairs = await self._ask("HSCAN", key, cursor, "COUNT", limit)
        return following.decode(), [name.decode() for name in pairs[::2]]

    async def stocks(self) -> AsyncIterator[tuple[str, Stock]]:
        keys = await self._keys()
        async for name, packed in self._scan("HSCAN", keys.stock):
            yield name, _decode_stock(packed)

    async def reservations(self) -> AsyncIterator[tuple[str, Reservation]]:
        keys = await self._keys()
        async for name, packed in self._scan("HSCAN", keys.holds):
            yield name, _decode_reservation(packed)

    async def records_of(self, reservation_ids: Sequence[str]) -> Mapping[str, Reservation]:
        keys = await self._keys()
        packed = await self._ask("HMGET", keys.holds, *reservation_ids) if reservation_ids else []
        found = zip(reservation_ids, packed, strict=True)
        return {reservation_id: _decode_reservation(record) for reservation_id, record in found if record is not None}

    async def remembered(self) -> AsyncIterator[tuple[str, str, int]]:
        keys = await self._keys()
        retention_ms, ring_start_ms = await self._ask("HMGET", META, "retention_ms", "ring_start_ms")
        period_ms, start_ms = int(retention_ms or 0) // 2, int(float(ring_start_ms or 0))
        now_ms = (await self.inspect()).now_ms
        current = (now_ms - start_ms) // period_ms if period_ms else 0
        for age in range(REMEMBERED_SLOTS - 1) if period_ms else ():
            at_ms = min(now_ms, start_ms + (current - age + 1) * period_ms - 1)
            async for name, fingerprint in self._scan("HSCAN", keys.remembered[(current - age) % REMEMBERED_SLOTS]):
                yield name, fingerprint.decode(), at_ms

    async def stocks_of(self, skus: Sequence[str]) -> Mapping[str, Stock]:
        keys = await self._keys()
        packed = await self._ask("HMGET", keys.stock, *skus) if skus else []
        return {sku: _decode_stock(record) for sku, record in zip(skus, packed, strict=True) if record is not None}

    async def places(self) -> Mapping[Dispatch, int]:
        keys = await self._keys()
        cells = await self._ask("HGETALL", keys.capacity)
        return {_place_of(cell): int(taken) for cell, taken in zip(cells[::2], cells[1::2], strict=True)}

    async def deadlines(self) -> AsyncIterator[tuple[str, int]]:
        keys = await self._keys()
        async for name, score in self._scan("ZSCAN", keys.deadlines):
            yield name, int(float(score))

    async def deadlines_of(self, reservation_ids: Sequence[str]) -> Mapping[str, int]:
        keys = await self._keys()
        scores = await self._ask("ZMSCORE", keys.deadlines, *reservation_ids) if reservation_ids else []
        found = zip(reservation_ids, scores, strict=True)
        return {reservation_id: int(float(score)) for reservation_id, score in found if score is not None}

    async def transfers(self) -> AsyncIterator[tuple[str, Transfer]]:
        keys = await self._keys()
        async for name, packed in self._scan("HSCAN", keys.transfers):
            yield name, _decode_transfer(packed)

    async def close(self) -> None:
        await self._link.close()

    async def _write_stocks(self, refill: Refill, keys: Keys, snapshot: LedgerSnapshot) -> None:
        async for sku, stock in snapshot.stocks():
            await refill.add("HSET", keys.stock, sku, msgspec.msgpack.encode(stock))

    async def _write_reservations(self, refill: Refill, keys: Keys, snapshot: LedgerSnapshot) -> None:
        """Records byte for byte as the kernel wrote them; held ones get their deadline back."""
        async for reservation_id, packed in snapshot.reservations():
            record = _decode_reservation(packed)
            await refill.add("HSET", keys.holds, reservation_id, packed)
            if record.status == Status.HELD:
                await refill.add("ZADD", keys.deadlines, str(record.deadline_ms), reservation_id)
            elif record.status not in OPEN_STATUSES:
                await refill.add("ZADD", keys.finished, str(record.ended_ms), reservation_id)

    async def _write_places(self, refill: Refill, keys: Keys, snapshot: LedgerSnapshot, now_ms: int) -> None:
        """Of days that are not long over; the cells are as `lua/lib/capacity.lua` spells them."""
        for place, taken in (await snapshot.places(now_ms // _DAY_MS - _DAYS_KEPT)).items():
            await refill.add("HSET", keys.capacity, f"{place.warehouse}:{place.day}", str(taken))

    async def _write_remembered(self, refill: Refill, keys: Keys, snapshot: LedgerSnapshot, now_ms: int) -> None:
        """Each id into the slot that was current when it was remembered; the ring is as `lua/lib/remembered.lua`."""
        period_ms = self._retention_ms // 2
        oldest, slots = now_ms // period_ms - 2, keys.remembered
        async for name, fingerprint, at_ms in snapshot.remembered(now_ms - self._retention_ms):
            slot = max(min(at_ms, now_ms) // period_ms, oldest) % REMEMBERED_SLOTS
            await refill.add("HSET", slots[slot], name, fingerprint[:_FINGERPRINT_PREFIX])

    async def _unlink(self, keys: Keys) -> None:
        await self._ask("UNLINK", *keys.of_apply[1:])

    async def _scan(self, command: str, key: str) -> AsyncIterator[tuple[str, bytes]]:
        cursor = "0"
        while True:
            answer = await self._ask(command, key, cursor, "COUNT", _SLICE)
            cursor, pairs = answer[0].decode(), answer[1]
            for name, packed in zip(pairs[::2], pairs[1::2], strict=True):
                yield name.decode(), packed
            if cursor == "0":
                return

    async def _keys(self) -> Keys:
        return Keys(int((await self._ask("HGET", META, "built")) or 0))

    async def _rebuild_step(self, step: str, epoch: int, *fields: str | int) -> None:
        if await self._run(self._rebuild, step, epoch, *fields) != b"ok":
            raise NotReady("The gate was opened meanwhile, or another rebuild began: this one is void.")

    async def _run(self, script: Script, *arguments: str | int) -> Any:
        with _answering():
            return await self._link.run(_CALL_SECONDS, script, (META,), *arguments)

    async def _write(self, commands: Sequence[Words]) -> None:
        with _answering():
            await self._link.call_all(_CALL_SECONDS, commands)

    async def _ask(self, *words: str | bytes | int) -> Any:
        with _answering():
            return await self._link.call(_CALL_SECONDS, *words)


@contextmanager
def _answering() -> Iterator[None]:
    """Every failure of Redis becomes NotReady."""
    try:
        yield
    except (NotExecuted, InDoubt, OutOfMemory, ScriptFailed) as error:
        raise NotReady(f"Redis: {error}") from error


def info_of(text: bytes) -> dict[str, str]:
    """The fields of an INFO."""
    return dict(re.findall(r"^([\w-]+):(.*?)\r?$", text.decode(), re.MULTILINE))


def inspection_of(meta: Mapping[str, str], info: Mapping[str, str], server_ms: int) -> HotInspection:
    """From the fields INSPECTED of the meta record, "": unset; and INFO of server, replication and memory.

    Raises NotReady.
    """
    if "run_id" not in info or "master_replid" not in info:
        raise NotReady("Redis does not tell its identity.")
    former = info.get("master_replid2", "")
    return HotInspection(
        identity=f"{info['run_id']}:{info['master_replid']}",
        deployment=meta["deployment"],
        gate=meta["gate"],
        position=_position(meta["position"] or "0-0"),
        epoch=int(meta["epoch"] or 0),
        flushed=int(meta["flushed"] or 0),
        opened_ms=int(meta["opened_ms"] or 0),
        clock_ms=int(meta["clock_ms"] or 0),
        server_ms=server_ms,
        closed=meta["closed"],
        replicated=meta["replicated"] == "1",
        former_replication_id=former if former.strip("0") else "",
        is_replica=info.get("role") == "slave",
        ahead_until_ms=int(meta["ahead_until_ms"] or 0),
        built=int(meta["built"] or 0),
        backlog_limit=int(meta["backlog_limit"] or 0),
        memory_used_bytes=int(info.get("used_memory", 0)),
        memory_limit_bytes=int(info.get("maxmemory", 0)),
    )


def _place_of(cell: bytes) -> Dispatch:
    warehouse, _, day = cell.decode().rpartition(":")
    return Dispatch(warehouse, int(day))


def _position(text: str) -> Position:
    epoch, _, seq = text.partition("-")
    return Position(int(epoch), int(seq))
