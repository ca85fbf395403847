"""What the comparison of Redis and ledger means, case by case; the servers' own words are those that were measured."""

from dataclasses import replace

import pytest

from inventory_service.domain.events import Position
from inventory_service.usecases.judge_state import Cause, Meeting, Verdict, decide, was_promoted
from inventory_service.usecases.standing import Closed, HotInspection, Ownership

OURS, OTHERS = "00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000002"
HOT = HotInspection("run:id", OURS, "run:id", Position(3, 90), 3, 90, 0, 0)
EMPTY = HotInspection("run:id", "", "", Position(0, 0), 0, 0, 0, 0)
LEDGER = Ownership(Position(3, 90), 3, 3)
GIVEN, OWN = False, True


def judged(
    hot: HotInspection, owned: Ownership = LEDGER, meeting: Meeting = Meeting.CONTINUED, own: bool = GIVEN
) -> tuple[Verdict, Cause]:
    decision = decide(hot, owned, meeting, OURS, rebuilds_empty=own)
    assert (decision.verdict is Verdict.REFUSE) == (
        decision.cause not in (Cause.NONE, Cause.UNFINISHED, Cause.BEHIND)
        and not (decision.cause is Cause.EMPTY and own)
    )
    return decision.verdict, decision.cause


@pytest.mark.parametrize("own", [GIVEN, OWN])
def test_at_or_ahead_of_the_ledger_it_is_believed(own: bool) -> None:
    for hot in (HOT, replace(HOT, position=Position(3, 91)), replace(HOT, gate="other:one")):
        assert judged(hot, own=own) == (Verdict.OPEN, Cause.NONE)


def test_an_empty_server_is_filled_where_nothing_was_lost_or_the_server_is_ours() -> None:
    assert judged(EMPTY, Ownership(Position(0, 0), 0)) == (Verdict.REBUILD, Cause.NONE)
    assert judged(EMPTY, own=OWN) == (Verdict.REBUILD, Cause.EMPTY)
    assert judged(EMPTY) == (Verdict.REFUSE, Cause.EMPTY)
    assert judged(EMPTY, Ownership(Position(0, 0), 1)) == (Verdict.REFUSE, Cause.EMPTY)


@pytest.mark.parametrize("own", [GIVEN, OWN])
def test_who_answers_comes_before_what_it_says(own: bool) -> None:
    behind = replace(HOT, position=Position(3, 80), closed=Closed.DIRTY)
    assert judged(replace(behind, deployment=OTHERS), own=own) == (Verdict.REFUSE, Cause.FOREIGN)
    assert judged(replace(behind, is_replica=True), own=own) == (Verdict.REFUSE, Cause.REPLICA)


def test_a_promoted_server_waits_for_a_person_wherever_it_stands() -> None:
    for seq in (80, 90, 95):
        promoted = replace(HOT, identity="other:new", former_replication_id="id", replicated=True)
        assert judged(replace(promoted, position=Position(3, seq))) == (Verdict.REFUSE, Cause.PROMOTED)


def test_an_old_copy_waits_for_a_person_although_its_gate_is_open() -> None:
    assert judged(HOT, Ownership(Position(3, 90), 5, 4)) == (Verdict.REFUSE, Cause.SUPERSEDED)
    assert judged(HOT, Ownership(Position(3, 90), 5, 3)) == (Verdict.OPEN, Cause.NONE), "5 was claimed, never opened"


@pytest.mark.parametrize("own", [GIVEN, OWN])
def test_histories_are_never_merged(own: bool) -> None:
    for seq in (80, 90, 95):
        hot = replace(HOT, position=Position(4, seq))
        assert judged(hot, meeting=Meeting.BRANCHED, own=own) == (Verdict.REFUSE, Cause.BRANCHED)
    ahead = replace(HOT, position=Position(3, 500))
    assert judged(ahead, meeting=Meeting.GAP, own=own) == (Verdict.REFUSE, Cause.GAP)


@pytest.mark.parametrize("own", [GIVEN, OWN])
def test_what_was_lost_or_left_unfinished_on_the_same_server_comes_from_the_ledger(own: bool) -> None:
    lost = replace(HOT, identity="other:one", position=Position(3, 80))
    assert judged(lost, own=own) == (Verdict.REBUILD, Cause.BEHIND)
    for closed in (Closed.DIRTY, Closed.REBUILD, Closed.RESNAPSHOT):
        assert judged(replace(HOT, closed=closed), own=own) == (Verdict.REBUILD, Cause.UNFINISHED)
    assert judged(replace(HOT, closed=Closed.CLOCK), own=own) == (Verdict.OPEN, Cause.NONE)


@pytest.mark.parametrize(
    ("what", "identity", "former", "replicated", "promoted"),
    [
        ("nothing happened", "run:id", "", False, False),
        ("nothing happened, with replicas", "run:id", "", True, False),
        ("first replica attached", "run:new", "", False, False),
        ("last replica gone for the backlog's time", "run:new", "", True, False),
        ("demoted and promoted again", "run:new", "theirs", False, True),
        ("restarted alone", "new:new", "", False, False),
        ("restarted alone, from an RDB file", "new:new", "id", False, False),
        ("replica promoted", "other:new", "id", True, True),
        ("first replica promoted before the opening that knows of it", "other:new", "new", False, True),
        ("replica promoted and restarted, or primary restarted", "new:new", "", True, True),
    ],
)
def test_a_promotion_is_told_from_a_restart(
    what: str, identity: str, former: str, replicated: bool, promoted: bool
) -> None:
    hot = replace(HOT, identity=identity, former_replication_id=former, replicated=replicated)
    assert was_promoted(hot) is promoted, what
    assert was_promoted(replace(hot, closed=Closed.PROMOTED)), "a promotion that was seen once is never forgotten"
