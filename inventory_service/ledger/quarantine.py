"""What cannot be projected is set aside: its raw entries go on being appended, and nothing is made of them."""

from collections.abc import Sequence

from inventory_service.ledger.alarms import QUARANTINED, raise_all
from inventory_service.ledger.pool import Connection
from inventory_service.ledger.queries import QUERIES
from inventory_service.ledger.rows import Alarm, Flush
from inventory_service.ledger.subjects import Poison, Subject
from inventory_service.ledger.texts import storable
from inventory_service.usecases.ledger_ports import Quarantined, SubjectKind

# Far more than poison: a program that cannot write the events of so many should be replaced, not served.
ASIDE_MAX = 1000
_REASON_MAX = 500


class TooManyAside(Exception):
    """The writer stops. Nothing is lost: the stream keeps what it did not write."""


async def quarantined(connection: Connection) -> list[Quarantined]:
    rows = await connection.fetch(QUERIES["quarantined"])
    return [Quarantined(SubjectKind(row["kind"]), *tuple(row)[1:]) for row in rows]


async def subjects_aside(connection: Connection) -> set[Subject]:
    rows = await connection.fetch(QUERIES["subjects_aside"])
    return {Subject(SubjectKind(row["kind"]), row["name"]) for row in rows}


class Following:
    """The writer's course: everything that is not aside; what cannot be projected is set aside with an alarm."""

    def __init__(self, aside: set[Subject]) -> None:
        self._aside = aside

    def takes(self, subject: Subject) -> bool:
        return subject not in self._aside

    async def poisoned(self, connection: Connection, poison: Poison, at_ms: int) -> Sequence[Flush]:
        """Raises TooManyAside."""
        new = [subject for subject in poison.subjects if subject not in self._aside]
        self._aside.update(new)
        if len(self._aside) > ASIDE_MAX:
            raise TooManyAside(f"More than {ASIDE_MAX} subjects cannot be projected; the newest: {poison.reason}")
        poison = poison._replace(subjects=new, reason=storable(poison.reason)[:_REASON_MAX])
        await set_aside(connection, poison, at_ms)
        flush = Flush(as_of_ms=at_ms)
        told = {"seq": poison.seq, "reason": poison.reason}
        alarms = [Alarm(QUARANTINED, cause_of(subject), 1, {**subject._asdict(), **told}) for subject in new]
        await raise_all(connection, flush, alarms)
        return [flush]


async def set_aside(connection: Connection, poison: Poison, at_ms: int) -> None:
    for subject in poison.subjects:
        row = (*subject, poison.seq, poison.reason, list(poison.skus), at_ms)
        await connection.execute(QUERIES["set_aside"], *row)


def cause_of(subject: Subject) -> str:
    return f"{subject.kind} {subject.name}"
