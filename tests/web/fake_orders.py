"""The use cases of orders in memory, as `fakes`."""

from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any, cast

from inventory_service.domain.orders.order import Amounts, Order, OrderLine, Parcel, Presale, Receiver, Times
from inventory_service.domain.orders.states import Fulfilment, Payment, PresaleStage, Refund
from inventory_service.domain.orders.stock_side import Hold, Part, StockSide, Telling
from inventory_service.usecases.orders.arrive import Arrival, Took
from inventory_service.usecases.orders.desk import OrderDesk
from inventory_service.usecases.orders.erase import Erased
from inventory_service.usecases.orders.hear import Heard, Result
from inventory_service.usecases.orders.ports import (
    Case,
    Failure,
    HistoryEntry,
    Misfit,
    OrderKey,
    OutboundEntry,
    SkuCode,
    StoredOrder,
    Work,
)
from inventory_service.usecases.orders.read_orders import OrderWithHistory
from inventory_service.usecases.ports import Page

ORDER_NO = "223JG2TBD4F38GT2W2"
AT_MS = 1_794_355_200_123


def stored() -> StoredOrder:
    """Two units, one of them refunded, and a case; whoever reads it sees all of it."""
    line = OrderLine("1", "A", "4821", "65", "Tee", 2, 500, 900, Fulfilment.OPEN, Refund.SUCCEEDED, "r-1", 0, False, 1)
    order = Order(
        "generic", "shop-1", "S-7", "", Payment.PART_REFUNDED, Fulfilment.OPEN, False, "CNY", "buyer-7", "ring", "",
        Amounts(1000, None, 0, 900), Times(AT_MS, AT_MS, AT_MS, 0, 0, 0), Receiver(phone="138****8888"),
        Presale(PresaleStage.FINAL_PAID, 900, 0), (line,), (Parcel("SF", "SF1", "ACCEPT"),), order_no=ORDER_NO,
    )  # fmt: skip
    case = Case("oversold", {"missing": [{"sku": "A"}]})
    tellings = (Telling("SHA", 1, (("A", 1),), f"{ORDER_NO}.1", 0, collect_minor=4990),)
    return StoredOrder(order, Work(StockSide(1, Hold.CONFIRMED, tellings=tellings), case=case), AT_MS)


def failure() -> Failure:
    key, misfit = OrderKey("generic", "shop-1", "S-8"), Misfit("order.payment", "payment", "is no state")
    return Failure("fail_1", key, AT_MS, "open", misfit, 3, AT_MS, AT_MS, AT_MS)


def told(kind: str, position: int) -> OutboundEntry:
    units = (("A", 1),) if kind == "ship" else ()
    return OutboundEntry(position, 1, AT_MS, kind, ORDER_NO, "SHA", f"{ORDER_NO}.1", units, stored())


def order_desk(called: Callable[..., Awaitable[Any]]) -> OrderDesk:
    """`called`: notes the name and the arguments, and gives `result`."""

    def answers(name: str, result: Any) -> Callable[..., Awaitable[Any]]:
        return lambda *arguments: called(name, *arguments, result=result)

    code = SkuCode("generic", "", "SET-1", [Part("A", 2)])
    desk = SimpleNamespace(
        read=SimpleNamespace(
            one=answers("order", OrderWithHistory(stored(), [HistoryEntry(AT_MS, "arrived", {"payment": "paid"})])),
            list=answers("orders", Page([stored()], "next.1")),
        ),
        retry=SimpleNamespace(
            list=answers("failures", Page([failure()], "")),
            failure=answers("retry", Arrival(Took.NEW, ORDER_NO)),
        ),
        skus=SimpleNamespace(list=answers("sku_codes", Page([code], "")), put=answers("put_sku_code", code)),
        erase=answers("erase", Erased(2, 1)),
        feed=SimpleNamespace(following=answers("feed", [told("ship", 7), told("cancel", 8)])),
        warehouse=answers("answer", Heard(Result.NOTED, stored())),
    )
    return cast(OrderDesk, desk)
