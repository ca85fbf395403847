"""Poison: what cannot be projected is set aside with an alarm, the ledger flows on, and there is a way back."""

from collections.abc import Sequence

import msgspec
import pytest

from inventory_service.domain.errors import NotReady
from inventory_service.domain.events import Entry
from inventory_service.ledger import quarantine, rows, texts
from inventory_service.ledger.requalify import PostgresQuarantine
from inventory_service.usecases.ledger_ports import Quarantine
from tests.kernel import make
from tests.ledger.house import PROJECTIONS, START, House, busy_morning, contents

# What the alarms say depends on when they were raised; everything else must come back to the row.
MADE = tuple(table for table in PROJECTIONS if table != "alerts")
RESERVATION_TWO = ("reservation", "two")
SKU_B = ("sku", "B")

# Poison, cure ("": a replay makes room by itself), and what is set aside.
POISONS = {
    "a reservation that cannot be written": (
        "ALTER TABLE reservations ADD CONSTRAINT poison CHECK (reservation_id <> 'two')",
        "ALTER TABLE reservations DROP CONSTRAINT poison",
        {RESERVATION_TWO},
    ),
    "a line that cannot be written": (
        "ALTER TABLE reservation_lines ADD CONSTRAINT poison CHECK (reservation_id <> 'two' OR released = 0)",
        "ALTER TABLE reservation_lines DROP CONSTRAINT poison",
        {RESERVATION_TWO},
    ),
    "a level that cannot be written": (
        "ALTER TABLE stock_levels ADD CONSTRAINT poison CHECK (sku <> 'B' OR on_hand > 8)",
        "ALTER TABLE stock_levels DROP CONSTRAINT poison",
        {SKU_B},
    ),
    "a history that is too narrow": (
        "ALTER TABLE stock_changes ADD CONSTRAINT poison CHECK (type <> 'policy' AND (sku <> 'B' OR type <> 'scan'))",
        "ALTER TABLE stock_changes DROP CONSTRAINT poison",
        {SKU_B},
    ),
    "a case that cannot be opened": (
        "ALTER TABLE scan_exceptions ADD CONSTRAINT poison CHECK (kind <> 'parked')",
        "ALTER TABLE scan_exceptions DROP CONSTRAINT poison",
        {("event", "evt_0000000000000015")},
    ),
    "a row that is there already": (
        "INSERT INTO reservation_lines VALUES ('two', 'A', 1, 1, 0, 1)",
        "",
        {RESERVATION_TWO},
    ),
}


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("name", POISONS)
async def test_poison_is_set_aside_and_comes_back(name: str, together: bool, open_house: House) -> None:
    poison, cure, subjects = POISONS[name]
    await open_house.do(*busy_morning())
    entries = await open_house.entries()
    wanted = await clean(open_house, entries)

    await open_house.pool.execute(poison)
    for part in [entries] if together else [[entry] for entry in entries]:
        assert await open_house.writer.append(part) == part[-1].position
    assert await aside(open_house) == subjects
    assert (await contents(open_house.pool, ("ledger_entries",)))["ledger_entries"] == wanted["ledger_entries"]
    await only_the_quarantine_is_told(open_house)

    if cure:
        assert {(each.kind, each.name) for each in await bench(open_house).requalify()} == subjects
        await open_house.pool.execute(cure)
    assert await bench(open_house).requalify() == []
    assert await contents(open_house.pool, MADE) == wanted
    assert await told(open_house) == set()
    assert all(finding.ok for finding in (await open_house.findings()).values())


async def test_a_bug_in_our_own_rows_is_poison(open_house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    right = texts.attributes_of

    def wrong(text: str) -> object:
        if "1001" in text:
            raise RuntimeError("nobody thought of this")
        return right(text)

    await open_house.do(*busy_morning())
    with monkeypatch.context() as bug:
        bug.setattr(rows, "attributes_of", wrong)
        await open_house.flush()
    assert await aside(open_house) == {("reservation", "one")}
    await only_the_quarantine_is_told(open_house)
    # What comes later goes by as well, although nothing is wrong with it any more; the others are followed.
    await open_house.do(make.reserve("later", "A"), make.scan("late", "one", "A", 1))
    await open_house.flush()
    assert await open_house.reader.reservation("later") is not None
    assert await open_house.reader.reservation("one") is None
    await only_the_quarantine_is_told(open_house)
    assert await bench(open_house).requalify() == []
    assert all(finding.ok for finding in (await open_house.findings()).values())


async def test_an_event_that_cannot_be_read(open_house: House) -> None:
    entries = list(await busy(open_house))
    wanted = await clean(open_house, entries)
    place = next(index for index, entry in enumerate(entries) if b"release" in entry.events)
    damaged = entries.copy()
    (event,) = msgspec.msgpack.decode(entries[place].events)
    event[1] = "yesterday"
    damaged[place] = entries[place]._replace(events=msgspec.msgpack.encode([event]))
    await open_house.writer.append(damaged)
    assert await aside(open_house) == {RESERVATION_TWO, ("sku", "A")}
    await only_the_quarantine_is_told(open_house)
    await mend(open_house, entries[place])
    assert await bench(open_house).requalify() == []
    assert await contents(open_house.pool, MADE) == wanted


@pytest.mark.parametrize("garbage", [b"\xc1", b"\x91\x01"])
async def test_an_entry_that_nobody_can_read(garbage: bytes, open_house: House) -> None:
    """Nobody knows what it touched, so the subjects behind it are followed; read again, it is put in its place."""
    entries = list(await busy(open_house))
    wanted = await clean(open_house, entries)
    place = next(index for index, entry in enumerate(entries) if b"reserve" in entry.events)
    damaged = entries.copy()
    damaged[place] = entries[place]._replace(events=garbage)
    await open_house.writer.append(damaged)
    position = entries[place].position
    assert await aside(open_house) == {("entry", f"{position.epoch}-{position.seq}")}
    assert not (await open_house.findings())["nothing is quarantined"].ok
    assert len(await bench(open_house).requalify()) == 1
    await mend(open_house, entries[place])
    assert await bench(open_house).requalify() == []
    assert await contents(open_house.pool, MADE) == wanted


async def test_a_rebuild_refuses_what_the_ledger_does_not_follow(open_house: House) -> None:
    await open_house.pool.execute("ALTER TABLE stock_levels ADD CONSTRAINT poison CHECK (sku <> 'B')")
    await open_house.do(*busy_morning())
    await open_house.flush()
    with pytest.raises(NotReady, match=r"sku B.*ledger requalify"):
        await open_house.gate.rebuild()
    assert (await open_house.hot.inspect()).gate_is_open
    await open_house.pool.execute("ALTER TABLE stock_levels DROP CONSTRAINT poison")
    await bench(open_house).requalify()
    await open_house.gate.rebuild()


async def test_poison_everywhere_stops_the_writer(open_house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quarantine, "ASIDE_MAX", 1)
    await open_house.pool.execute("ALTER TABLE stock_levels ADD CONSTRAINT poison CHECK (sku = 'C')")
    await open_house.do(*busy_morning())
    before = await contents(open_house.pool)
    with pytest.raises(quarantine.TooManyAside):
        await open_house.flush()
    assert await contents(open_house.pool) == before


async def test_a_schema_of_another_program_is_no_poison(open_house: House) -> None:
    await open_house.pool.execute("ALTER TABLE stock_levels RENAME counted_ms TO counted_at")
    await open_house.do(*busy_morning())
    with pytest.raises(Exception, match="counted_ms"):
        await open_house.flush()
    assert await aside(open_house) == set()


def bench(house: House) -> Quarantine:
    return PostgresQuarantine(house.pool)


async def busy(house: House) -> Sequence[Entry]:
    await house.do(*busy_morning())
    return await house.entries()


async def clean(house: House, entries: Sequence[Entry]) -> dict[str, list[tuple[object, ...]]]:
    """What the entries leave when nothing is wrong; the ledger is empty again afterwards."""
    await house.writer.append(entries)
    made = await contents(house.pool, MADE)
    await house.pool.execute(f"TRUNCATE {', '.join(PROJECTIONS)} RESTART IDENTITY")
    await house.pool.execute("UPDATE ledger_offsets SET epoch = $1, seq = $2", *START)
    return made


async def aside(house: House) -> set[tuple[str, str]]:
    """Also: each has an open alarm that names it, and no reason shows a row."""
    rows = await bench(house).all()
    assert all(each.reason and "Failing row" not in each.reason for each in rows)
    found = {(each.kind.value, each.name) for each in rows}
    assert await told(house) == {f"{kind} {name}" for kind, name in found}
    return found


async def told(house: House) -> set[str]:
    page = await house.reader.alerts("open", 50, "")
    return {alert.cause for alert in page.data if alert.rule == "quarantined"}


async def only_the_quarantine_is_told(house: House) -> None:
    assert {name for name, finding in (await house.findings()).items() if not finding.ok} == {"nothing is quarantined"}


async def mend(house: House, entry: Entry) -> None:
    """As if the program had learnt to read it."""
    assert msgspec.msgpack.decode(entry.events)
    await house.pool.execute("UPDATE ledger_entries SET events = $1 WHERE seq = $2", entry.events, entry.position.seq)
