"""Random commands over few SKUs, warehouses and ids, so that they meet."""

from hypothesis import strategies as st

from inventory_service.domain.commands import CLOSED, Command, HoldLimit, Movement, Route, Shift
from inventory_service.domain.movements import ABOUT_ARRIVALS, MovementType
from inventory_service.domain.stock import UNSET
from tests.kernel import make
from tests.kernel.driver import START_MS

SKUS, UNKNOWN_SKU = ("A", "B"), "C"  # C comes to exist when a movement says so
WAREHOUSES = ("SHA", "PEK", "CAN")
RESERVATIONS = ("r1", "r2", "r3", "r4")

skus = st.sampled_from((*SKUS, *SKUS, UNKNOWN_SKU))
warehouses = st.sampled_from(WAREHOUSES)
reservations = st.sampled_from(RESERVATIONS)
small = st.integers(1, 4)
short_ids = st.integers(1, 5).map(str)
ttls_ms = st.sampled_from((1_000, 5_000, 90_000))

TODAY = START_MS // 86_400_000
days = st.sampled_from((TODAY, TODAY, TODAY + 1, CLOSED))
shifts = st.lists(
    st.builds(
        Shift, st.sampled_from((START_MS + 3_000, START_MS + 70_000, 2**50)), days, st.sampled_from((-1, 0, 1, 2))
    ),
    max_size=2,
).map(sorted)


@st.composite
def routes_of(draw: st.DrawFn) -> Route:
    ranked = draw(st.lists(warehouses, unique=True, max_size=3))
    outside = draw(st.sets(warehouses, max_size=2)) - set(ranked)
    idle = draw(st.one_of(st.just(""), warehouses))
    return make.route(
        *ranked,
        out_of_area=" ".join(outside),
        balance=draw(st.booleans()),
        max_splits=draw(st.integers(0, 2)),
        stores=draw(st.integers(0, len(ranked))),
        windows=draw(st.one_of(st.just({}), st.dictionaries(warehouses, shifts, max_size=2))),
        basis=draw(st.sampled_from(("", "{}"))),
        not_selling="" if idle in ranked or idle in outside else idle,
    )


routes = routes_of()
channels = st.sampled_from(("", "", "taobao", "shop"))
dates_ms = st.sampled_from((0, 0, START_MS + 1_000, START_MS + 2_000, START_MS + 90_000))


@st.composite
def order_lines(draw: st.DrawFn, of: st.SearchStrategy[str] = skus) -> str:
    """One or two lines, one per SKU, sorted."""
    wanted = draw(st.dictionaries(of, small, min_size=1, max_size=2))
    return " ".join(f"{sku}*{quantity}" for sku, quantity in sorted(wanted.items()))


NO_LIMITS: list[HoldLimit] = []
limits = st.one_of(
    st.just(NO_LIMITS),
    st.lists(st.sampled_from((HoldLimit("client", 7, 1_000), HoldLimit("c-77", 2, 60_000))), unique=True),
)
reserves = st.builds(
    lambda key, lines, where, ttl_ms, partial, limits, channel: make.reserve(
        key, lines, where, ttl_ms=ttl_ms, allow_partial=partial, limits=limits, channel=channel
    ),
    reservations,
    order_lines(),
    routes,
    ttls_ms,
    st.booleans(),
    limits,
    channels,
)
confirms = st.builds(make.confirm, reservations, st.one_of(st.just(make.NOWHERE), routes), channel=channels)
armed_ms = st.sampled_from((0, 0, 0, START_MS))
extends = st.builds(
    make.extend, reservations, ttls_ms, st.one_of(st.just(make.NOWHERE), routes), armed_ms, channel=channels
)
whole_releases = st.builds(make.release, reservations)
part_releases = st.builds(make.release, reservations, order_lines(), short_ids)
reallocations = st.builds(make.reallocate, reservations, routes)
short_picks = st.builds(make.short_pick, short_ids, reservations, skus, small, warehouses, routes)
previews = st.builds(
    lambda lines, where, partial, channel: make.preview(lines, where, allow_partial=partial, channel=channel),
    order_lines(),
    routes,
    st.booleans(),
    channels,
)
scans = st.builds(
    make.scan,
    short_ids,
    reservations,
    skus,
    small,
    warehouses,
    scanned_ms=st.sampled_from((0, START_MS + 1, START_MS + 7_000, START_MS + 90_000)),
    exception_id=st.sampled_from(("", "", "", "exc_1")),
)
parks = st.builds(make.park, short_ids, st.just("validation_failed"), st.sampled_from(("{}", "[]")))
reverses = st.builds(
    make.reverse,
    short_ids,
    st.one_of(reservations, st.just("")),
    st.sampled_from(SKUS),
    small,
    warehouses,
    fitted=order_lines(warehouses),
)


@st.composite
def movements(draw: st.DrawFn) -> Movement:
    kind = draw(st.sampled_from(MovementType))
    lowest = {MovementType.ADJUST: -4, MovementType.COUNT: 0}.get(kind, 1)
    return make.move(
        draw(short_ids),
        kind,
        draw(skus),
        draw(st.integers(lowest, 5).filter(lambda quantity: quantity or kind == MovementType.COUNT)),
        draw(warehouses),
        expected=draw(st.one_of(st.none(), st.integers(0, 5))) if kind == MovementType.COUNT else None,
        force=draw(st.booleans()),
        at_ms=draw(dates_ms) if kind in ABOUT_ARRIVALS else 0,
    )


policies = st.builds(
    make.policy,
    skus,
    st.sampled_from((UNSET, 0, 1, 3)),
    st.sampled_from((UNSET, 0, 2)),
    st.one_of(st.just(""), warehouses),
)
sku_policies = st.builds(
    make.policy,
    skus,
    ahead=st.sampled_from((None, UNSET, 0, 2, 6)),
    terms=st.lists(
        st.builds(
            make.terms,
            channels,
            st.sampled_from((UNSET, 0, 1, 2)),
            st.sampled_from((UNSET, 0, 4, 7)),
            st.sampled_from((UNSET, 1, 2)),
            st.sampled_from((UNSET, 0, 1, 3)),
            st.sampled_from((UNSET, 0, 5)),
        ),
        max_size=2,
        unique_by=lambda threshold: threshold.channel,
    ),
)
transfer_ids = st.sampled_from(("t1", "t2"))
transfer_opens = st.builds(
    make.transfer,
    transfer_ids,
    order_lines(),
    st.sampled_from(("SHA>PEK", "PEK>SHA", "CAN>SHA")),
    at_ms=dates_ms,
    ships=st.booleans(),
    force=st.booleans(),
)
transfer_ships = st.builds(make.ship, transfer_ids, st.one_of(st.just(""), order_lines()), force=st.booleans())
transfer_receipts = st.builds(
    make.receive_transfer, transfer_ids, short_ids, order_lines(), damaged=st.integers(0, 2), close=st.booleans()
)
transfers = st.one_of(
    transfer_opens, transfer_ships, transfer_receipts, transfer_receipts, st.builds(make.cancel, transfer_ids)
)
reads = st.one_of(st.builds(make.read, reservations), st.builds(make.look, skus))

commands: st.SearchStrategy[Command] = st.one_of(
    reserves,
    reserves,
    confirms,
    confirms,
    extends,
    reallocations,
    short_picks,
    previews,
    whole_releases,
    part_releases,
    scans,
    scans,
    movements(),
    parks,
    reverses,
    policies,
    sku_policies,
    transfers,
    transfers,
    reads,
)
