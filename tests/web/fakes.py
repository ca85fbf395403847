"""Use cases in memory: each answers as the test says and remembers what it was asked."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

from inventory_service.domain.clients import Client, Scope
from inventory_service.domain.outcomes import Code
from inventory_service.domain.reservation import Allocation, Line, Reservation
from inventory_service.domain.shops.credential import State, Version
from inventory_service.domain.shops.shop import Shop
from inventory_service.domain.stock import UNSET, Stock, Terms, Threshold
from inventory_service.domain.transfer import Transfer, TransferLine
from inventory_service.domain.warehouse import Warehouse
from inventory_service.usecases.explain_allocation import Choice, Explained, Explanation, Previewed
from inventory_service.usecases.move_between import TransferResult
from inventory_service.usecases.ports import (
    Alert,
    Page,
    ScanException,
    StockEvent,
    StoredReservation,
    WebhookSigner,
)
from inventory_service.usecases.read_stock import LevelView, StockView
from inventory_service.usecases.reallocate import MovedAway, Unmoved
from inventory_service.usecases.requests import MovementResult, ReservationResult, ReserveRequest, ScanResult
from inventory_service.usecases.shops.manage_credentials import Shown
from inventory_service.usecases.shops.manage_mappings import MappingChange, MappingSet, ShownMapping
from inventory_service.usecases.shops.ports import MappingVersion, Probed, ProbeOutcome
from inventory_service.usecases.shops.probe_shop import ShopProbed
from inventory_service.usecases.short_picks import ShortPickResult
from inventory_service.usecases.sync.adapter import Reply
from inventory_service.usecases.sync.ports import Item, Progress, Run, RunKind, RunOrder
from inventory_service.usecases.sync.read_sync import ShopStanding
from inventory_service.usecases.sync.runs import Report
from inventory_service.usecases.transfer_ports import StoredTransfer, TransferPage
from inventory_service.web.services import Services
from tests.sync.house import Registered
from tests.web.fake_orders import order_desk

CREATED_MS = 1_794_355_200_123
EVERYTHING = frozenset(Scope)
SHOP = Shop("tees", "taobao", "T恤店", "Li Lei", "https://gateway.example")
ADMIN_KEY = "every-scope-0123456789"


def record(status: str = "held", **changes: Any) -> Reservation:
    """A reservation of two pieces of A in SHA."""
    fields: dict[str, Any] = {
        "version": 1,
        "status": status,
        "created_ms": CREATED_MS,
        "deadline_ms": CREATED_MS + 900_000 if status == "held" else 0,
        "armed_ms": CREATED_MS,
        "confirmed_ms": CREATED_MS + 1000 if status == "confirmed" else 0,
        "ended_ms": 0,
        "changed_seq": 7,
        "fingerprint": "f",
        "client": "shop",
        "lines": [Line("A", 2, 2, 0, [Allocation("SHA", 2, 0)])],
        "operations": [],
        "attributes": '{"channel":"web","metadata":{"cart":"9f3"}}',
    }
    return Reservation(**(fields | changes))


def level(warehouse: str = "SHA") -> LevelView:
    return LevelView(warehouse, 10, 1, 2, 0, 1, 5, 6, 0, 3, 0, ())


def stock(sku: str = "A") -> StockView:
    return StockView(sku, 10, 1, 2, 0, 1, 5, 6, 0, 3, 0, (), [level()], CREATED_MS)


def transfer(code: str) -> TransferResult:
    lines = [TransferLine("A", 5, 5, 2, 1, 0)]
    record = Transfer(1, "in_transit", CREATED_MS, CREATED_MS, 0, 9, "f", "desk", "SHA", "PEK", 0, "", lines, [])
    return TransferResult(code, "t1", record, "disk" if code else "")


def scan_exception(payload: str = '{"scan_id":"s"}') -> ScanException:
    return ScanException(
        "exc_1", "parked", "unknown_sku", "open", "wms", "s", "", "SHA", "A", 1, [], payload, CREATED_MS, "", "", "", 0
    )


@dataclass
class Registry:
    """Keys by secret. Wrong ones are unknown."""

    clients: dict[str, Client] = field(default_factory=lambda: {ADMIN_KEY: Client("root", EVERYTHING)})
    signers: list[WebhookSigner] = field(default_factory=list)

    async def authenticate(self, secret: str) -> Client | None:
        return self.clients.get(secret)

    async def webhook_signers(self) -> Sequence[WebhookSigner]:
        return self.signers


class Ready:
    def __init__(self) -> None:
        self.missing: list[str] = []
        self.wrong: list[str] = []

    async def reasons(self) -> Sequence[str]:
        return self.missing

    async def warnings(self) -> Sequence[str]:
        return self.wrong


@dataclass
class UseCases:
    """All of them. `answer` decides what a reservation call gives; `before` is awaited first by every call."""

    registry: Registry = field(default_factory=Registry)
    ready: Ready = field(default_factory=Ready)
    asked: list[tuple[Any, ...]] = field(default_factory=list)
    error: Exception | None = None
    answer: Callable[[str, str], ReservationResult] | None = None
    gate: asyncio.Event | None = None
    entered: asyncio.Event = field(default_factory=asyncio.Event)
    finished: int = 0

    async def _run(self, result: Any) -> Any:
        self.entered.set()
        if self.gate is not None:
            await self.gate.wait()
        self.finished += 1
        if self.error is not None:
            raise self.error
        return result

    def _called(self, name: str, *arguments: Any, result: Any) -> Awaitable[Any]:
        self.asked.append((name, *arguments))
        return self._run(result)

    def _reservation(self, verb: str, code: str, status: str, *arguments: Any) -> Awaitable[ReservationResult]:
        first = arguments[0]
        reservation_id = first.reservation_id if isinstance(first, ReserveRequest) else first
        result = ReservationResult(code, reservation_id, record(status))
        if self.answer is not None:
            result = self.answer(verb, reservation_id)
        return self._called(verb, *arguments, result=result)

    def reserve(self, request: ReserveRequest) -> Awaitable[ReservationResult]:
        return self._reservation("reserve", Code.HELD, "held", request)

    def confirm(self, *arguments: Any) -> Awaitable[ReservationResult]:
        return self._reservation("confirm", Code.CONFIRMED, "confirmed", *arguments)

    def release(self, *arguments: Any) -> Awaitable[ReservationResult]:
        return self._reservation("release", Code.RELEASED, "released", *arguments)

    def extend(self, *arguments: Any) -> Awaitable[ReservationResult]:
        return self._reservation("extend", Code.EXTENDED, "held", *arguments)

    def move(self, client: str, movements: Sequence[Any]) -> Awaitable[Any]:
        results = [MovementResult(each.movement_id, "applied", stock=stock(each.sku)) for each in movements]
        return self._called("move", client, movements, result=results)

    def scan(self, client: str, scans: Sequence[Any]) -> Awaitable[Any]:
        results = [
            ScanResult(each.scan_id, "parked", "validation_failed", each.pointer)
            if hasattr(each, "detail")
            else ScanResult(each.scan_id, "applied")
            for each in scans
        ]
        return self._called("scan", client, scans, result=results)

    def short_pick(self, client: str, picks: Sequence[Any]) -> Awaitable[Any]:
        results = [ShortPickResult(each.short_pick_id, "moved") for each in picks]
        return self._called("short_pick", client, picks, result=results)

    def policy(self, *arguments: Any) -> Awaitable[Any]:
        return self._called("policy", *arguments, result=stock(arguments[1]))

    def probe_shop(self, name: str) -> Awaitable[Any]:
        result = ShopProbed(SHOP, "key-1", 2, Probed(ProbeOutcome.OK), CREATED_MS, 84)
        return self._called("probe_shop", name, result=result)

    def push(self, *arguments: Any) -> Awaitable[Any]:
        return self._called("push", *arguments, result=Reply(200, b'{"code":0}'))

    def services(self) -> Services:
        """What `create_app` takes."""
        return Services(
            clients=self.registry,
            readiness=self.ready,
            reserve=cast(Any, self.reserve),
            confirm=cast(Any, self.confirm),
            release=cast(Any, self.release),
            extend=cast(Any, self.extend),
            reservations=cast(Any, _Reservations(self)),
            allocations=cast(Any, _Allocations(self)),
            reallocate=cast(Any, _Reallocations(self)),
            short_picks=cast(Any, self.short_pick),
            stock=cast(Any, _Stock(self)),
            movements=cast(Any, self.move),
            policy=cast(Any, self.policy),
            transfers=cast(Any, _Transfers(self)),
            warehouses=cast(Any, _Warehouses(self)),
            orders=order_desk(self._called),
            scans=cast(Any, self.scan),
            exceptions=cast(Any, _Exceptions(self)),
            alerts=cast(Any, _Alerts(self)),
            shops=cast(Any, _Shops(self)),
            credentials=cast(Any, _Credentials(self)),
            mappings=cast(Any, _Mappings(self)),
            probe_shop=cast(Any, self.probe_shop),
            push=cast(Any, self.push),
            runs=cast(Any, _Runs(self)),
            items=cast(Any, _Items(self)),
            sync=cast(Any, _Sync(self)),
            retention_days=7,
        )


class _Subject:
    def __init__(self, cases: UseCases) -> None:
        self.cases = cases
        self.call = cases._called


class _Reservations(_Subject):
    def one(self, reservation_id: str) -> Awaitable[Any]:
        return self.call("one", reservation_id, result=ReservationResult(Code.FOUND, reservation_id, record()))

    def list(self, *arguments: Any) -> Awaitable[Any]:
        return self.call("list", *arguments, result=Page([StoredReservation("r1", record())], "next.1"))


class _Allocations(_Subject):
    why = Explanation("nearest", None, [Choice("SHA", 1, "used", 12.5, None, False, {"A": 1})], [("CTU", "disabled")])

    def of(self, reservation_id: str) -> Awaitable[Any]:
        return self.call("of", reservation_id, result=Explained("reserve", CREATED_MS, self.why))

    def preview(self, request: Any) -> Awaitable[Any]:
        allocations = [[Allocation("SHA", line.quantity, 0)] for line in request.lines]
        return self.call("preview", request, result=Previewed(True, request.lines, allocations, [], self.why))


class _Reallocations(_Subject):
    def one(self, reservation_id: str, *arguments: Any) -> Awaitable[Any]:
        result = ReservationResult(Code.REALLOCATED, reservation_id, record())
        return self.call("reallocate", reservation_id, *arguments, result=result)

    def all_of(self, *arguments: Any) -> Awaitable[Any]:
        return self.call("all_of", *arguments, result=MovedAway(["r1"], [Unmoved("r2", "not_found", ())], ""))


class _Stock(_Subject):
    def one(self, sku: str, channel: str = "") -> Awaitable[Any]:
        terms = Terms(4, paused=False, limit_quantity=2) if channel else None
        return self.call("one", sku, channel, result=replace(stock(sku), channel=channel, terms=terms))

    def record(self, sku: str) -> Awaitable[Any]:
        thresholds = (Threshold("", warn_below=50), Threshold("taobao", 3, warn_below=9))
        return self.call("record", sku, result=Stock(1, 1, 5, 20, [], UNSET, thresholds))

    def list(self, *arguments: Any) -> Awaitable[Any]:
        return self.call("list", *arguments, result=Page([stock()], ""))

    def events(self, *arguments: Any) -> Awaitable[Any]:
        event = StockEvent(
            "evt_1", CREATED_MS, "receive", "A", "SHA", 3, {"on_hand": 0}, {"on_hand": 3}, "", "PO-7", "", "root"
        )
        return self.call("events", *arguments, result=Page([event], ""))


class _Transfers(_Subject):
    def open(self, *arguments: Any) -> Awaitable[Any]:
        return self.call("open", *arguments, result=transfer("applied"))

    def ship(self, *arguments: Any) -> Awaitable[Any]:
        return self.call("ship", *arguments, result=transfer("replayed"))

    def receive(self, *arguments: Any) -> Awaitable[Any]:
        return self.call("receive", *arguments, result=transfer("applied"))

    def cancel(self, *arguments: Any) -> Awaitable[Any]:
        return self.call("cancel", *arguments, result=transfer("applied"))

    def read(self, transfer_id: str) -> Awaitable[Any]:
        return self.call("read", transfer_id, result=transfer("").transfer)

    def list(self, *arguments: Any) -> Awaitable[Any]:
        stored = StoredTransfer("t1", transfer("").transfer)
        return self.call("list", *arguments, result=TransferPage([stored], "next.1"))


class _Warehouses(_Subject):
    def put(self, warehouse: Warehouse) -> Awaitable[Any]:
        return self.call("put", warehouse, result=warehouse)

    def list(self, *arguments: Any) -> Awaitable[Any]:
        return self.call("list", *arguments, result=Page([Warehouse("SHA", "Shanghai")], ""))


class _Shops(_Subject):
    def put(self, shop: Shop, by: str) -> Awaitable[Any]:
        return self.call("put", shop, by, result=shop)

    def one(self, name: str) -> Awaitable[Any]:
        return self.call("one", name, result=replace(SHOP, shop=name))

    def list(self, *arguments: Any) -> Awaitable[Any]:
        return self.call("list", *arguments, result=Page([SHOP], "next.1"))


class _Credentials(_Subject):
    shown = Shown(
        Version(version=2, app_key="key-1", set_by="root", set_ms=CREATED_MS, renewed_ms=CREATED_MS), State.CURRENT
    )

    def set(self, *arguments: Any) -> Awaitable[Any]:
        return self.call("set", *arguments, result=self.shown)

    def list(self, name: str) -> Awaitable[Any]:
        return self.call("list", name, result=[self.shown])


class _Mappings(_Subject):
    done = MappingSet("tees", 2, "digest", [MappingChange("[line] sku path", "a", "")])

    def set(self, *arguments: Any) -> Awaitable[Any]:
        return self.call("set", *arguments, result=self.done)

    def one(self, name: str) -> Awaitable[Any]:
        versions = [MappingVersion(2, "x", "digest", CREATED_MS, "root")]
        return self.call("one", name, result=ShownMapping(SHOP, 2, "x", "digest", "", versions))

    def unset(self, *arguments: Any) -> Awaitable[Any]:
        return self.call("unset", *arguments, result=self.done)


class _Exceptions(_Subject):
    def list(self, *arguments: Any) -> Awaitable[Any]:
        return self.call("list", *arguments, result=Page([scan_exception()], ""))

    def resolve(self, *arguments: Any) -> Awaitable[Any]:
        return self.call("resolve", *arguments, result=scan_exception())


class _Alerts(_Subject):
    alert = Alert("alr_1", "deficit", "A@SHA", "open", 2, {"deficit": 3}, CREATED_MS, CREATED_MS, "")

    def list(self, *arguments: Any) -> Awaitable[Any]:
        return self.call("list", *arguments, result=Page([self.alert], ""))

    def acknowledge(self, *arguments: Any) -> Awaitable[Any]:
        return self.call("acknowledge", *arguments, result=self.alert)


class _Runs(_Subject):
    def ask(self, shop: str, kind: RunKind, *arguments: Any) -> Awaitable[Any]:
        return self.call("ask", shop, kind, *arguments, result=self.run(kind))

    def report(self, shop: str, kind: RunKind, run_id: str) -> Awaitable[Any]:
        told = RunOrder("o1", "new", 0, {"customer": "c"}) if kind is RunKind.BACKFILL else RunOrder("o1", "amount")
        result = Report(self.run(kind), {told.outcome: 1}, [told], {"c": ["o1"]})
        return self.call("report", shop, kind, run_id, result=result)

    def repair(self, *arguments: Any) -> Awaitable[Any]:
        return self.call("repair", *arguments, result=1)

    def run(self, kind: RunKind) -> Run:
        return Run("7", "tees", kind, 1000, 5000, 2000, 0, "", "desk", CREATED_MS, 0, {"theirs_orders": 1})


class _Items(_Subject):
    def put(self, *arguments: Any) -> Awaitable[Any]:
        return self.call("put_items", *arguments, result=None)

    def list(self, *arguments: Any) -> Awaitable[Any]:
        return self.call("list_items", *arguments, result=[Item("520", "100", {"A": 2}, None, "refused")])


class _Sync(_Subject):
    def all(self) -> Awaitable[Any]:
        shop = Registered("tees", "generic", "https://shop.example")
        run = _Runs(self.cases).run(RunKind.CHECK)
        result = [ShopStanding(shop, Progress("tees", 1, 2), 3, None, run), ShopStanding(shop, None, 0, None, None)]
        return self.call("all", result=result)
