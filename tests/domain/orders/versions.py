"""Versions of one order, as a platform might tell them."""

from hypothesis import strategies as st

from inventory_service.domain.orders.order import Amounts, Order, OrderLine, Parcel, Presale, Receiver, Times
from inventory_service.domain.orders.states import Fulfilment, Payment, PresaleStage, Refund

QUANTITY = 3
NOBODY = Receiver()


def line(
    line_id: str = "a",
    fulfilment: Fulfilment = Fulfilment.OPEN,
    refund: Refund = Refund.NONE,
    shipped: int = 0,
    quantity: int = QUANTITY,
) -> OrderLine:
    return OrderLine(line_id, "TEE", "88", "8", "Shirt", quantity, 999, 2997, fulfilment, refund, "", shipped, False)


def order(
    modified_ms: int = 1,
    payment: Payment = Payment.PAID,
    fulfilment: Fulfilment = Fulfilment.OPEN,
    lines: tuple[OrderLine, ...] = (line(),),
    cash_on_delivery: bool = False,
    parcels: tuple[Parcel, ...] = (),
    presale: Presale | None = None,
    receiver: Receiver = NOBODY,
) -> Order:
    return Order(
        "taobao", "shop-1", "2600000000000000001", "", payment, fulfilment, cash_on_delivery, "CNY", "buyer", "", "",
        Amounts(2997, 0, 0, 2997), Times(1, 1, modified_ms, 0, 0, 0), receiver, presale, lines, parcels,
    )  # fmt: skip


lines = st.lists(
    st.builds(
        line,
        st.sampled_from(["a", "b", "c"]),
        st.sampled_from(Fulfilment),
        st.sampled_from(Refund),
        st.integers(0, QUANTITY),
        st.integers(1, QUANTITY),
    ),
    min_size=1,
    unique_by=lambda each: each.line_id,
).map(tuple)

parcels = st.builds(Parcel, st.sampled_from(["SF", "YTO"]), st.sampled_from(["1", "2"]), st.just("ACCEPT"))

versions = st.builds(
    order,
    st.integers(1, 4),  # few instants, so that many versions share one
    st.sampled_from(Payment),
    st.sampled_from(Fulfilment),
    lines,
    st.booleans(),
    st.lists(parcels, max_size=2).map(tuple),
    st.none() | st.builds(Presale, st.sampled_from(PresaleStage), st.none() | st.integers(0, 9), st.integers(0, 9)),
    st.sampled_from([NOBODY, Receiver(name="李**")]),
)


def shipped_of(known: Order) -> dict[str, int]:
    told = [(each.line_id, each.shipped) for each in known.lines if each.shipped]
    return dict([*told, *((each.line_id, each.shipped) for each in known.vanished)])
