"""Looks twice a second at users and hot stock, once a second at how busy this process is."""

import time
from collections.abc import Callable
from typing import Any

import gevent
from locust.contrib.fasthttp import FastHttpSession
from locust.env import Environment

from inventory_service.loadtest.record import Sample
from inventory_service.loadtest.scenario.exchange import settle
from inventory_service.loadtest.scenario.stage import Stage

LOOK_S = 0.5
CPU_S = 1.0
LINE_S = 2.0


class Watch:
    """Of one run, in one process. `stop` is safe to call twice."""

    def __init__(self) -> None:
        self.samples: list[Sample] = []
        self.cpu_percent: list[float] = []  # of every second; 100 is a whole core
        self._greenlets: list[gevent.Greenlet] = []

    def busy(self) -> None:
        """Watch how busy this process is."""
        self._greenlets.append(gevent.spawn(self._measure))

    def sale(
        self, environment: Environment, session: FastHttpSession, stage: Stage, tell: Callable[[str], None]
    ) -> None:
        """Watch users and hot stock, and tell of them every two seconds."""
        self._greenlets += [
            gevent.spawn(self._look, environment, session, stage),
            gevent.spawn(self._tell, environment, tell),
        ]

    def stop(self) -> None:
        gevent.killall(self._greenlets)

    def _measure(self) -> None:
        used_s, looked_s = time.process_time(), time.monotonic()
        while True:
            gevent.sleep(CPU_S)
            used_before_s, looked_before_s = used_s, looked_s
            used_s, looked_s = time.process_time(), time.monotonic()
            self.cpu_percent.append(100 * (used_s - used_before_s) / (looked_s - looked_before_s))

    def _look(self, environment: Environment, session: FastHttpSession, stage: Stage) -> None:
        while True:
            answer = settle(session, "GET", f"/v1/stock/{stage.hot_sku}", "/v1/stock/{sku}")
            sample = Sample(time.time(), environment.runner.user_count)
            if answer.status == 200:
                for name in ("available", "held", "committed", "on_hand"):
                    setattr(sample, name, answer.body[name])
                stage.book.count("overpromised looks", answer.body["deficit"] > 0)
            self.samples.append(sample)
            gevent.sleep(LOOK_S)

    def _tell(self, environment: Environment, tell: Callable[[str], None]) -> None:
        started = time.monotonic()
        while True:
            gevent.sleep(LINE_S)
            tell(_line(environment.runner, time.monotonic() - started, self.samples))


def _line(runner: Any, elapsed_s: float, samples: list[Sample]) -> str:
    total = runner.stats.total
    slowest = total.get_current_response_time_percentile(0.99) or 0
    left = samples[-1].available if samples else None
    figures = [f"{runner.user_count:,} users", f"{total.current_rps:,.0f} requests/s", f"p99 {slowest:,.0f} ms"]
    figures += [] if left is None else [f"{left:,} units left of the hot SKU"]
    return f"{elapsed_s:4.0f} s: {', '.join(figures)}"
