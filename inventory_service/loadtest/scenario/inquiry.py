"""Asks the service, once every user has left, what it knows of the run's SKUs."""

import time
from typing import Any
from urllib.parse import quote

import gevent
from gevent.pool import Pool
from locust.contrib.fasthttp import FastHttpSession

from inventory_service.loadtest.checks import COUNTERS, Listed, Statement
from inventory_service.loadtest.scenario.exchange import CONCURRENCY, settle
from inventory_service.loadtest.scenario.stage import Stage

PAGE = 200
SKUS_PER_LIST = 100
PAGES_MAX = 10_000
GRACE_S = 30.0  # for the sweep of expired holds, and for the ledger to catch up
POLL_S = 0.5

Counters = dict[str, dict[str, int]]


class InquiryFailed(Exception):
    """The service does not answer; the message says what."""


def take_statement(session: FastHttpSession, stage: Stage) -> Statement:
    """Waits until the last hold has ended and the ledger agrees, or its time is up. Raises InquiryFailed."""
    inquiry = _Inquiry(session, stage)
    stock = inquiry.wait_until_nothing_is_held()
    ledger = inquiry.wait_for_ledger(stock)
    return Statement(inquiry.reservations(), stock, ledger)


class _Inquiry:
    def __init__(self, session: FastHttpSession, stage: Stage) -> None:
        self._session = session
        self._skus = stage.all_skus
        self._hold_seconds = stage.hold_seconds
        self._pool = Pool(CONCURRENCY)

    def wait_until_nothing_is_held(self) -> Counters:
        give_up = time.monotonic() + self._hold_seconds + GRACE_S
        stock = self._stock()
        while any(counters["held"] for counters in stock.values()) and time.monotonic() < give_up:
            gevent.sleep(POLL_S)
            stock = self._stock()
        return stock

    def wait_for_ledger(self, stock: Counters) -> Counters:
        give_up = time.monotonic() + GRACE_S
        ledger = self._listed_stock()
        while ledger != stock and time.monotonic() < give_up:
            gevent.sleep(POLL_S)
            ledger = self._listed_stock()
        return ledger

    def reservations(self) -> dict[str, Listed]:
        """Every reservation that has one of the SKUs, whoever made it."""
        found: dict[str, Listed] = {}
        for listed in self._pool.imap_unordered(self._reservations_of, self._skus):
            found |= listed
        return found

    def _stock(self) -> Counters:
        bodies = self._pool.map(lambda sku: self._get(f"/v1/stock/{sku}"), self._skus)
        return {body["sku"]: _counters(body) for body in bodies}

    def _listed_stock(self) -> Counters:
        listed: Counters = {}
        for start in range(0, len(self._skus), SKUS_PER_LIST):
            wanted = "&".join(f"sku={sku}" for sku in self._skus[start : start + SKUS_PER_LIST])
            listed |= {body["sku"]: _counters(body) for body in self._pages("/v1/stock", wanted)}
        return listed

    def _reservations_of(self, sku: str) -> dict[str, Listed]:
        return {
            body["reservation_id"]: Listed(
                body["status"],
                {line["sku"]: line["quantity"] for line in body["lines"]},
                {line["sku"]: line["shipped"] for line in body["lines"]},
            )
            for body in self._pages("/v1/reservations", f"sku={sku}")
        }

    def _pages(self, path: str, query: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        cursor = ""
        for _ in range(PAGES_MAX):
            page = self._get(f"{path}?{query}&limit={PAGE}{cursor}")
            rows += page["data"]
            if not page["next_cursor"]:
                return rows
            cursor = f"&cursor={quote(page['next_cursor'], safe='')}"
        raise InquiryFailed(f"{path}?{query} does not end after {PAGES_MAX:,} pages")

    def _get(self, path: str) -> dict[str, Any]:
        answer = settle(self._session, "GET", path, path)
        if answer.status != 200:
            raise InquiryFailed(f"GET {path.partition('?')[0]}: {answer.status or 'no answer'} {answer.code}".strip())
        return dict(answer.body)


def _counters(body: dict[str, Any]) -> dict[str, int]:
    return {name: body[name] for name in COUNTERS}
