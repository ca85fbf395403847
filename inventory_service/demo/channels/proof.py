"""The proof: what the platforms sold by their own books, against what the service and the warehouse say afterwards."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from inventory_service.demo.channels.board import Board, Row
from inventory_service.demo.channels.sale import is_as_sold
from inventory_service.demo.channels.scene import Article, Shop
from inventory_service.demo.channels.statement import Statement
from inventory_service.outside.proof import Check, ledger_equals_redis, verified

Units = Mapping[str, int]  # by SKU


def prove(said: Statement, shops: Sequence[Shop], articles: Sequence[Article], delivered: Units) -> list[Check]:
    """Every line that is about orders and stock; pure, so that a test can feed it lies."""
    parts = {article.code: article.parts for article in articles}
    return [
        *(_arrived(said, shop) for shop in shops),
        _as_sold(said),
        _committed(said, parts),
        _given_back(said),
        *(_oversold(said, parts, article, delivered) for article in articles if len(article.parts) == 1),
        _told_once(said, parts),
        _written(said, articles),
        _checked(said),
        ledger_equals_redis(said.redis, said.ledger),
        verified(said.verify_exit_code, said.verify_output),
    ]


def prove_incident(board: Board) -> list[Check]:
    """What was told while it went on."""
    alarm, backfill = board.alarm, board.backfill
    wrong = [] if alarm else ["there was no alarm"]
    wrong += [] if board.is_alarm_over else ["the alarm is not over"]
    wrong += [] if backfill else ["the backfill was not done"]
    wrong += [f"the backfill failed with {backfill['failed']} orders"] if backfill and backfill["failed"] else []
    counts = ", ".join(f"{backfill[name]} {name}" for name in ("new", "changed", "unchanged")) if backfill else "-"
    unanswered = [entry for entry in board.entries if entry["position"] not in board.answered]
    silent = [f"{entry['kind']} of {entry['order_no']} in {entry['warehouse']}" for entry in unanswered]
    answered = f"{len(board.entries) - len(silent):,} of {len(board.entries):,}"
    times = board.overpromised_looks
    promised = [f"{times} times more was promised than on the shelf"] if times else []
    return [
        Check("changed secret: alarm and backfill", counts, wrong),
        Check("warehouse: every entry was answered", answered, [*silent, *board.claims]),
        Check("looks that saw more promised than there is", f"{times}", promised),
    ]


def _arrived(said: Statement, shop: Shop) -> Check:
    sold = {order["order_id"] for order in said.sold[shop.name]}
    here = Counter(order["channel_order_id"] for order in said.orders[shop.name])
    wrong = [f"{key}: the platform sold it, it is not here" for key in sorted(sold - here.keys())]
    wrong += [f"{key}: is here {times} times" for key, times in here.items() if times > 1]
    wrong += [f"{key}: is here, the platform does not know it" for key in sorted(here.keys() - sold)]
    return Check(f"{shop.short}: each order here exactly once", f"{len(sold):,} = {here.total():,}", wrong)


def _as_sold(said: Statement) -> Check:
    wrong = [
        f"{key}: {sold['state']} there, {here['payment']} and {here['fulfilment']} here"
        for key, sold, here in _pairs(said)
        if not is_as_sold(sold, here)
    ]
    total = sum(1 for _ in _pairs(said))
    return Check("… with its state, lines and money", f"{total - len(wrong):,} of {total:,}", wrong)


def _committed(said: Statement, parts: Mapping[str, Units]) -> Check:
    """By the reservation of each, and by the sum over all: a second one somewhere would be in the sum."""
    wrong, wanted, paid = [], Counter[str](), 0
    for key, sold, here in _pairs(said):
        if sold["state"] != "paid":
            continue
        units = wanted_units(sold, parts)
        paid, wanted = paid + 1, wanted + units
        reservation = said.reservations.get(here["order_no"], {})
        has = Counter[str]()
        for line in reservation.get("lines", ()):
            has[line["sku"]] += line["quantity"] - line["released"]
        if reservation.get("status") != "confirmed" or has != units:
            wrong.append(f"{key}: wants {dict(units)}, is {reservation.get('status', 'nothing')} with {dict(has)}")
    wrong += [
        f"{sku}: paid orders want {wanted[sku]:,}, {counters['committed']:,} are committed"
        for sku, counters in said.redis.items()
        if counters["committed"] != wanted[sku]
    ]
    return Check("each paid order committed once, its units", f"{paid:,} orders, {wanted.total():,} units", wrong)


def _given_back(said: Statement) -> Check:
    over = [(key, here) for key, sold, here in _pairs(said) if sold["state"] in {"cancelled", "refunded"}]
    statuses = {key: said.reservations.get(here["order_no"], {}).get("status", "nothing") for key, here in over}
    wrong = [f"{key}: is {status}" for key, status in statuses.items() if status in {"held", "confirmed"}]
    return Check("cancelled and refunded ones keep no stock", f"{len(over) - len(wrong):,} of {len(over):,}", wrong)


def _oversold(said: Statement, parts: Mapping[str, Units], article: Article, delivered: Units) -> Check:
    """By the platforms' books of what is paid, and by the service's own."""
    (sku,) = article.parts
    counters = said.redis[sku]
    sold = sum(wanted_units(order, parts)[sku] for order in _all_sold(said) if order["state"] == "paid")
    shipped = delivered[sku] - counters["on_hand"]
    promised = max(sold, counters["committed"] + shipped)
    wrong = [f"{promised:,} are promised, {delivered[sku]:,} were delivered"] if promised > delivered[sku] else []
    over = max(0, promised - delivered[sku])
    return Check(f"oversold, of {delivered[sku]:,} {article.name}, alone and in sets", f"{over:,}", wrong)


def _told_once(said: Statement, parts: Mapping[str, Units]) -> Check:
    entries: defaultdict[str, list[Row]] = defaultdict(list)
    for entry in said.entries:
        entries[entry["order_no"]].append(entry)
    wrong = [
        f"{key}: {reason}"
        for key, sold, here in _pairs(said)
        if (reason := _mistold(sold, entries[here["order_no"]], parts))
    ]
    told = sum(1 for _, sold, _ in _pairs(said) if sold["state"] == "paid")
    return Check("each told to the warehouse once, its units", f"{told:,} orders", wrong)


def _mistold(sold: Row, entries: Sequence[Row], parts: Mapping[str, Units]) -> str:
    """Why what the warehouses read is not what the order wants, "": it is. The last word counts in each."""
    times = Counter((entry["warehouse"], entry["kind"]) for entry in entries)
    again = [f"{kind} {count} times in {warehouse}" for (warehouse, kind), count in times.items() if count > 1]
    if again:
        return ", ".join(again)
    told = Counter[str]()
    for entry in {entry["warehouse"]: entry for entry in entries}.values():
        for line in entry["lines"]:
            told[line["sku"]] += line["quantity"]
    wanted = wanted_units(sold, parts) if sold["state"] == "paid" else Counter[str]()
    return "" if told == wanted else f"wants {dict(wanted)}, the warehouse was told {dict(told)}"


def _written(said: Statement, articles: Sequence[Article]) -> Check:
    left = {sku: counters["on_hand"] - counters["held"] - counters["committed"] for sku, counters in said.redis.items()}
    wrong = [
        f"{shop}: shows {shown[article.code]:,} of {article.name}, {article.makeable(left):,} are left"
        for shop, shown in said.shown.items()
        for article in articles
        if shown[article.code] != article.makeable(left)
    ]
    figure = f"{len(said.shown)} shops, {len(articles)} articles"
    return Check("each shop's page shows what is left", figure, wrong)


def _checked(said: Statement) -> Check:
    wrong = []
    for shop, check in said.checks.items():
        if check is None:
            wrong.append(f"{shop}: the check was not done")
        elif check["differences"] or check["theirs"] != check["ours"]:
            wrong.append(f"{shop}: theirs {check['theirs']}, ours {check['ours']}, {check['differences']}")
    orders = sum(check["theirs"]["orders"] for check in said.checks.values() if check)
    return Check("the service's own check of each shop", f"{orders:,} orders, {len(wrong)} differ", wrong)


def wanted_units(sold: Row, parts: Mapping[str, Units]) -> Counter[str]:
    units = Counter[str]()
    for code, quantity in sold["lines"].items():
        for sku, each in parts[code].items():
            units[sku] += quantity * each
    return units


def _all_sold(said: Statement) -> Iterator[Row]:
    for orders in said.sold.values():
        yield from orders


def _pairs(said: Statement) -> Iterator[tuple[str, Row, Row]]:
    """Orders that are on both sides, with their id; the others have a line of their own."""
    for shop, orders in said.sold.items():
        here = {order["channel_order_id"]: order for order in said.orders[shop]}
        for sold in orders:
            if sold["order_id"] in here:
                yield sold["order_id"], sold, here[sold["order_id"]]
