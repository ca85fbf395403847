"""What shoppers and the warehouse were told, written down as they hear it: the proof compares it with the service."""

import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from inventory_service.outside.answer import Answer
from inventory_service.outside.orders import WORD_OF_STATUS, Parcel, Word, parcels_of

CLAIMS_KEPT_MAX = 20  # answers that no contract explains: enough to see what is wrong

# What each call may be answered: anything else is a claim against the service.
_EXPECTED = {
    "reserve": {"insufficient_stock"},
    "confirm": {"reservation_expired", "insufficient_stock"},
    "release": set[str](),
    "scan": set[str](),
}
# What a call may have made of the reservation when no answer to it came.
_DOUBTS = {"reserve": {"expired"}, "confirm": {"confirmed"}, "release": {"released"}}


@dataclass(slots=True)
class Promise:
    """One shopper's reservation as they know it. `doubts`: statuses that an unanswered call may have made of it."""

    reservation_id: str
    region: str
    wanted: Mapping[str, int]
    hold_seconds: int
    word: Word = Word.SILENCE
    held_until: float = 0.0  # by the shopper's own clock, monotonic: for the view, the service decides
    times_created: int = 0  # answers 201: two would be two holds under one id
    doubts: set[str] = field(default_factory=set)
    parcels: list[Parcel] = field(default_factory=list)
    scanned: Counter[str] = field(default_factory=Counter)  # SKU → units that left

    @property
    def units(self) -> int:
        return sum(self.wanted.values())

    @property
    def may_be(self) -> set[str]:
        """The statuses that the service may give it at the end; "absent": it knows no such reservation."""
        return {self._final_status(), *self.doubts}

    def _final_status(self) -> str:
        match self.word:
            case Word.SILENCE | Word.REFUSED:
                return "absent"
            case Word.HELD:
                return "expired"  # nobody did anything about it, and its time is over
            case Word.CONFIRMED:
                left = sum(self.scanned.values())
                return "confirmed" if not left else "shipped" if left == self.units else "part_shipped"
        return self.word.value


@dataclass(slots=True)
class Bookkeeping:
    """Everything that was told, by reservation and by scan."""

    promises: dict[str, Promise] = field(default_factory=dict)
    scans: dict[str, Parcel] = field(default_factory=dict)  # acknowledged, by scan id
    repeats_answered_alike: int = 0
    duplicate_scans: int = 0
    paid_late: int = 0
    reacquired: int = 0
    claims: list[str] = field(default_factory=list)

    def opened(self, promise: Promise) -> None:
        """A shopper is about to ask."""
        self.promises[promise.reservation_id] = promise

    def heard(self, promise: Promise, call: str, answer: Answer) -> None:
        """Note one answer to `call` ("reserve", "confirm" or "release"), or that none came."""
        if not answer.definite:
            promise.doubts |= _DOUBTS[call]
            return
        if answer.code not in _EXPECTED[call] | {""}:
            self.claim(f"{call} {promise.reservation_id}: {answer.status} {answer.code}")
            return
        self.repeats_answered_alike += answer.replayed
        self.paid_late += call == "confirm" and answer.code == "reservation_expired"
        self.reacquired += answer.body.get("outcome") == "reacquired"
        if answer.code:
            # A refused repeat may run before its lost original: what that took expires untouched.
            promise.doubts |= {"expired"} if call == "reserve" and answer.doubtful else set()
            if call == "confirm":
                promise.word = Word.EXPIRED
            elif promise.word is Word.SILENCE:
                promise.word = Word.REFUSED
            return
        self._agreed(promise, answer)

    def scan_heard(self, scan_id: str, parcel: Parcel, result: Mapping[str, object]) -> None:
        """One scan's result. A duplicate of a scan whose answer was lost counts as its acknowledgement."""
        if result.get("result") not in ("applied", "duplicate") or result.get("code"):
            self.claim(f"scan {scan_id}: {dict(result)}")
            return
        self.duplicate_scans += result["result"] == "duplicate"
        if result["result"] == "applied" and scan_id in self.scans:
            self.claim(f"scan {scan_id}: applied twice")
        if scan_id not in self.scans:
            self.scans[scan_id] = parcel
            self.promises[parcel.reservation_id].scanned[parcel.sku] += parcel.quantity

    def claim(self, text: str) -> None:
        if len(self.claims) < CLAIMS_KEPT_MAX:
            self.claims.append(text)

    def counts(self) -> Counter[Word]:
        """Shoppers by their last word; a hold whose time is over counts as expired."""
        now = time.monotonic()
        return Counter(
            Word.EXPIRED if promise.word is Word.HELD and promise.held_until < now else promise.word
            for promise in self.promises.values()
        )

    def units(self, words: Iterable[Word], sku: str) -> int:
        """Units of `sku` in the promises whose last word is one of `words`."""
        wanted = frozenset(words)
        return sum(promise.wanted.get(sku, 0) for promise in self.promises.values() if promise.word in wanted)

    def shipped(self, sku: str) -> int:
        return sum(parcel.quantity for parcel in self.scans.values() if parcel.sku == sku)

    def paid_by_region(self, sku: str) -> dict[str, int]:
        """Region code → units of `sku` paid there, most first."""
        paid: defaultdict[str, int] = defaultdict(int)
        for promise in self.promises.values():
            if promise.word is Word.CONFIRMED:
                paid[promise.region] += promise.wanted.get(sku, 0)
        return dict(sorted(paid.items(), key=lambda item: -item[1]))

    def _agreed(self, promise: Promise, answer: Answer) -> None:
        promise.times_created += answer.status == 201
        promise.doubts.clear()
        if promise.word is not Word.HELD:
            promise.held_until = time.monotonic() + promise.hold_seconds
        promise.word = WORD_OF_STATUS[str(answer.body["status"])]
        promise.parcels = parcels_of(promise.reservation_id, answer.body)
