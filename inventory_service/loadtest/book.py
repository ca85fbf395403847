"""What the users of one Locust process were told, kept so that it can be sent to another process and compared there."""

import time
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from inventory_service.outside.answer import Answer
from inventory_service.outside.orders import WORD_OF_STATUS, Parcel, Word

FAILURES_KEPT_MAX = 20  # kinds of them
CLAIMS_KEPT_MAX = 20  # answers that no contract explains: enough to see what is wrong


# What each call may be refused with: anything else is outside the contract.
REFUSALS = {
    "reserve": frozenset({"insufficient_stock"}),
    "confirm": frozenset({"reservation_expired", "insufficient_stock"}),
    "release": frozenset[str](),
    "extend": frozenset({"not_held"}),
}
# What a call may have made of an order when no answer to it came.
_MAY_HAVE_MADE = {"reserve": "held", "confirm": "confirmed", "release": "released", "extend": "held"}


class Order(msgspec.Struct):
    """One reservation as its shopper knows it. `unanswered`: calls under way, or that nobody ever answered."""

    reservation_id: str
    lines: dict[str, int]
    ttl_seconds: int
    asked_at_s: float = 0.0  # by the clock of its process: it may not expire before that and `ttl_seconds` more
    word: Word = Word.SILENCE
    times_created: int = 0  # answers 201: two would be two holds under one id
    unanswered: dict[str, int] = {}

    @property
    def may_have_become(self) -> set[str]:
        """Statuses that an unanswered call may have given it."""
        return {_MAY_HAVE_MADE[call] for call in self.unanswered}


class Scan(msgspec.Struct):
    """An outbound scan as its WMS knows it. `expects`: the exception code that the WMS provoked, "" for none."""

    parcel: Parcel
    expects: str = ""
    result: str = ""  # of its first definite answer: applied, parked; "": none came


class Delivery(msgspec.Struct):
    """A receipt of `quantity` units. `applied` None: no definite answer came."""

    sku: str
    quantity: int
    applied: bool | None = None


class Book(msgspec.Struct):
    """Everything that was told, by id. One process's ids are no other's, so that books can be laid together."""

    orders: dict[str, Order] = {}
    scans: dict[str, Scan] = {}
    deliveries: dict[str, Delivery] = {}
    counts: dict[str, int] = {}  # requests, replays, duplicate scans, …
    retries: dict[str, int] = {}  # by problem code, or "no answer"
    failures: dict[str, int] = {}  # by route and reason
    claims: list[str] = []

    def asking(self, order: Order, call: str) -> None:
        """A call about `order` is about to leave: until it is answered, it may have happened."""
        self.orders[order.reservation_id] = order
        order.asked_at_s = order.asked_at_s or time.monotonic()
        order.unanswered[call] = order.unanswered.get(call, 0) + 1

    def heard(self, order: Order, call: str, answer: Answer) -> None:
        """The last word on one call ("reserve", "confirm", "release", "extend")."""
        if not answer.definite:
            return  # stays unanswered
        self.count("replays", answer.replayed)
        if not answer.code:
            self._agreed(order, call, answer)
        elif answer.code in REFUSALS[call]:
            self._refused(order, call, answer)
        else:
            self.claim(f"{call} {order.reservation_id}: {answer.status} {answer.code}")

    def scan_heard(self, scan_id: str, scan: Scan, result: Mapping[str, Any]) -> None:
        """One scan's result. A duplicate of a scan whose answer was lost counts as its acknowledgement."""
        word, code = str(result.get("result")), str(result.get("code", ""))
        if word == "duplicate":
            self.count("duplicate scans")
            scan.result = scan.result or "applied"
        elif code != scan.expects or word != ("parked" if code.startswith("unknown_") else "applied"):
            self.claim(f"scan {scan_id}: {word} {code}, expected {scan.expects or 'applied'}")
        elif word == "applied" and scan.result:
            self.claim(f"scan {scan_id}: applied twice")
        else:
            scan.result = word

    def count(self, name: str, number: int = 1) -> None:
        self.counts[name] = self.counts.get(name, 0) + number

    def failed(self, route: str, reason: str) -> None:
        """A request that was given up, or answered outside the contract."""
        known = f"{route}: {reason}"
        name = known if known in self.failures or len(self.failures) < FAILURES_KEPT_MAX else "others"
        self.failures[name] = self.failures.get(name, 0) + 1

    def claim(self, text: str) -> None:
        """Something that the contract does not explain."""
        self.count("outside the contract")
        if len(self.claims) < CLAIMS_KEPT_MAX:
            self.claims.append(text)

    def add(self, other: "Book") -> None:
        """Lay another process's book to this one."""
        self.orders |= other.orders
        self.scans |= other.scans
        self.deliveries |= other.deliveries
        pairs = (self.counts, other.counts), (self.retries, other.retries), (self.failures, other.failures)
        for own, others in pairs:
            for name, number in others.items():
                own[name] = own.get(name, 0) + number
        self.claims = [*self.claims, *other.claims][:CLAIMS_KEPT_MAX]

    def units(self, words: Iterable[Word]) -> int:
        """Units in the orders whose last word is one of `words`."""
        wanted = frozenset(words)
        return sum(sum(order.lines.values()) for order in self.orders.values() if order.word in wanted)

    def _agreed(self, order: Order, call: str, answer: Answer) -> None:
        order.unanswered.pop(call, None)  # whatever else was sent of it under this id changes nothing any more
        order.times_created += answer.status == 201
        self.count("reacquired", answer.body.get("outcome") == "reacquired")
        order.word = WORD_OF_STATUS[str(answer.body["status"])]

    def _refused(self, order: Order, call: str, answer: Answer) -> None:
        if not answer.doubtful:  # else a lost original may still run behind its refused repeat
            _count_down(order, call)
        if call == "reserve":
            order.word = Word.REFUSED if order.word is Word.SILENCE else order.word
            return
        early_s = order.asked_at_s + order.ttl_seconds - time.monotonic()
        if early_s > 0:
            self.claim(f"{call} {order.reservation_id}: {answer.code}, at least {early_s:.1f} s before its deadline")
        self.count("paid late", call == "confirm" and answer.code == "reservation_expired")
        order.word = Word.EXPIRED


def _count_down(order: Order, call: str) -> None:
    left = order.unanswered.pop(call, 0) - 1
    if left > 0:
        order.unanswered[call] = left
