"""An order as a row and back."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from inventory_service.domain.orders.intent import Step
from inventory_service.domain.orders.order import Order, Receiver
from inventory_service.domain.orders.stock_side import StockSide
from inventory_service.ledger.orders.seals import Seals
from inventory_service.usecases.orders.ports import NO_CASE, Case, HistoryEntry, StoredOrder, Work

_pack = msgspec.msgpack.encode
_order = msgspec.msgpack.Decoder(Order).decode
_side = msgspec.msgpack.Decoder(StockSide).decode
_step = msgspec.msgpack.Decoder(Step).decode


class _Personal(NamedTuple):
    receiver: Receiver
    buyer_reference: str
    buyer_message: str
    seller_memo: str


_personal = msgspec.msgpack.Decoder(_Personal).decode
_NOTHING = _Personal(Receiver(), "", "", "")


def document_about(order_no: str) -> str:
    return f"{order_no} document"


def of_order(order: Order, seals: Seals, buyer_digest: str | None, erased_ms: int) -> tuple[object, ...]:
    """The columns from `parent_order_id` to `erased_ms`, without `seen_ms` and `document`."""
    amounts, times = order.amounts, order.times
    personal = None if erased_ms else seals.seal(_pack(_personal_of(order)), order.order_no)
    return (
        order.parent_order_id,
        order.payment,
        order.fulfilment,
        order.currency,
        amounts.total_minor,
        amounts.paid_minor,
        times.created_ms,
        times.paid_ms,
        times.modified_ms,
        "" if erased_ms else buyer_digest,
        _pack(order._replace(**_NOTHING._asdict())),
        personal,
        erased_ms,
    )


def of_work(work: Work) -> tuple[object, ...]:
    """The columns from `stock` to `next_try_ms`."""
    detail = json_text(work.case.detail) if work.case.code else None
    step = None if work.step is None else _pack(work.step)
    return (_pack(work.side), work.number, step, work.case.code, detail, work.attempts, work.next_try_ms)


def buyer_in(personal: bytes) -> str:
    """The reference in what was sealed of an order."""
    return _personal(personal).buyer_reference


def stored_order(row: Any, seals: Seals) -> StoredOrder:
    """Raises NotReady: no key at hand opens it."""
    sealed = row["personal"]
    personal = _personal(seals.open(sealed, row["order_no"])) if sealed else _NOTHING
    order = _order(row["record"])._replace(**personal._asdict())
    return StoredOrder(order, _work(row), row["seen_ms"], row["erased_ms"])


def history_entry(row: Any) -> HistoryEntry:
    return HistoryEntry(row["at_ms"], row["kind"], _object(row["detail"]))


def json_text(value: Mapping[str, object]) -> str:
    return msgspec.json.encode(value).decode()


def _personal_of(order: Order) -> _Personal:
    return _Personal(order.receiver, order.buyer_reference, order.buyer_message, order.seller_memo)


def _work(row: Any) -> Work:
    case = Case(row["case_code"], _object(row["case_detail"])) if row["case_code"] else NO_CASE
    step = None if row["step"] is None else _step(row["step"])
    return Work(_side(row["stock"]), row["step_number"], step, case, row["attempts"], row["next_try_ms"])


def _object(text: str) -> Mapping[str, object]:
    return msgspec.json.decode(text, type=dict[str, object])
