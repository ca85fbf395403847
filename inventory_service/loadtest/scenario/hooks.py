"""Ties a stage to Locust's events: seeds before a run, gathers the books of all processes after it, and proves.

Locust tells a master that the test ends before its workers have stopped. So the master asks them to finish by a message
of its own, and each answers with its book, before Locust goes on to stop them.
"""

import logging
import secrets
import sys
import time
from pathlib import Path
from typing import Any

import gevent
from locust import events
from locust.env import Environment
from locust.runners import MasterRunner, WorkerRunner
from rich.console import Console

from inventory_service.loadtest.handover import Received, parts_of
from inventory_service.loadtest.scenario.conclusion import conclude, keep_record
from inventory_service.loadtest.scenario.exchange import API_KEY_VARIABLE, quiet_session, settle
from inventory_service.loadtest.scenario.seeding import SeedingFailed, seed
from inventory_service.loadtest.scenario.stage import Stage
from inventory_service.loadtest.scenario.user import ServiceUser
from inventory_service.loadtest.scenario.watch import Watch
from inventory_service.loadtest.series import Outcome
from inventory_service.outside.proof import show_checks, show_verdict

FINISH, BOOK = "inventory finish", "inventory book"
HANDING_OVER_S = 20.0  # beyond Locust's own --stop-timeout
POLL_S = 0.1

logger = logging.getLogger(__name__)


def set_stage(scenario: str, *, skus: int, units: int, hold_seconds: int) -> Stage:
    """The stage of a locustfile, called once at its top.

    `units` of each SKU are delivered unless `--units` says otherwise; holds last `hold_seconds`, and after the run
    the proof waits so long for the last of them to end.
    """
    stage = Stage(scenario, skus, units, hold_seconds)
    ServiceUser.stage = stage
    _Hooks(stage).listen()
    return stage


class _Hooks:
    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._watch = Watch()
        self._received = Received()
        self._workers = 0
        self._opened_at_s = 0.0
        self._concluded = ""

    def listen(self) -> None:
        events.init_command_line_parser.add_listener(_add_options)
        events.init.add_listener(self.on_init)
        events.test_start.add_listener(self.on_test_start)
        events.request.add_listener(self.on_request)
        events.test_stopping.add_listener(self.on_test_stopping)
        events.test_stop.add_listener(self.on_test_stop)
        events.quitting.add_listener(_stop_before_the_exit_code_is_decided)

    def on_init(self, environment: Environment, **_: Any) -> None:
        runner = environment.runner
        if isinstance(runner, WorkerRunner):
            runner.register_message(FINISH, lambda **_: runner.stop(), concurrent=True)
            return
        if isinstance(runner, MasterRunner):
            runner.register_message(BOOK, lambda msg, **_: self._received.take(msg.node_id, msg.data))
        if environment.host:
            _refuse_unreachable(environment.host)

    def on_test_start(self, environment: Environment, **_: Any) -> None:
        options, is_worker = environment.parsed_options, isinstance(environment.runner, WorkerRunner)
        if not is_worker:
            options.run_id = secrets.token_hex(3)  # Locust sends the options on to its workers
        self._stage.reset(options.run_id, options.units)
        self._watch, self._received = Watch(), Received()
        if isinstance(environment.runner, MasterRunner):
            self._workers = len(environment.runner.clients)
        else:
            self._watch.busy()
        if is_worker:
            self._stage.ready = True
        else:
            self._open(environment)

    def on_request(
        self,
        request_type: str,
        name: str,
        response_time: float,
        context: Any,
        exception: Any,
        start_time: float,
        **_: Any,
    ) -> None:
        known = (context or {}).get("outcome")
        outcome = known or (Outcome.FAILED if exception else Outcome.DONE)
        route = f"{request_type} {name}"
        if outcome == Outcome.FAILED:
            self._stage.book.failed(route, str(exception))
        self._stage.series.record(route, outcome, response_time, start_time + response_time / 1000)

    def on_test_stopping(self, environment: Environment, **_: Any) -> None:
        if isinstance(environment.runner, MasterRunner) and self._concluded != self._stage.run:
            self._concluded = self._stage.run
            self._stage.finishing = True
            environment.runner.send_message(FINISH)
            self._wait_for_books(environment.stop_timeout + HANDING_OVER_S)
            self._conclude(environment)

    def on_test_stop(self, environment: Environment, **_: Any) -> None:
        if isinstance(environment.runner, WorkerRunner):
            self._watch.stop()
            for part in parts_of(self._stage.book, self._stage.series, self._watch.cpu_percent):
                environment.runner.send_message(BOOK, part)
        elif not isinstance(environment.runner, MasterRunner):
            self._conclude(environment)

    def _open(self, environment: Environment) -> None:
        session = quiet_session(environment.host)
        try:
            seed(session, self._stage)
        except SeedingFailed as error:
            logger.error("%s", error)  # noqa: TRY400 - for people
            environment.process_exit_code = 1
            gevent.spawn_later(0, environment.runner.quit)
            return
        self._stage.ready = True
        self._opened_at_s = time.time()
        if environment.shape_class:
            environment.shape_class.reset_time()
        self._watch.sale(environment, session, self._stage, _teller(environment))

    def _wait_for_books(self, timeout_s: float) -> None:
        give_up = time.monotonic() + timeout_s
        while len(self._received.complete) < self._workers and time.monotonic() < give_up:
            gevent.sleep(POLL_S)

    def _conclude(self, environment: Environment) -> None:
        if not self._stage.ready:
            return
        self._watch.stop()
        times = (self._opened_at_s, time.time())
        tell = _teller(environment)
        tell("the users have left; asking the service about every order and every SKU …")
        workers = len(self._received.complete)
        busy = self._received.lay_together(self._stage.book, self._stage.series) or [self._watch.cpu_percent]
        checks = conclude(environment, self._stage, self._workers or 1, workers or 1 - bool(self._workers))
        environment.process_exit_code = 0 if all(check.holds for check in checks) else 1
        if environment.parsed_options.report:
            folder = Path(environment.parsed_options.report)
            keep_record(folder, environment, self._stage, checks, times, self._watch.samples, busy)
        if not (environment.parsed_options.report and environment.parsed_options.headless):
            show_checks(Console(), checks)
            show_verdict(Console(), checks)


def _add_options(parser: Any) -> None:
    parser.add_argument("--units", type=int, help="Units of each SKU that are delivered before a run")
    parser.add_argument(
        "--report", default="", include_in_web_ui=False, help="Write each run's record into this folder"
    )
    parser.add_argument("--run-id", default="", include_in_web_ui=False, help="Set by the master for its workers")


def _teller(environment: Environment) -> Any:
    """Says a line where the command watches; Locust's own screens show the rest themselves."""
    options = environment.parsed_options
    return (lambda line: print(line, flush=True)) if options.report and options.headless else logger.info  # noqa: T201


def _refuse_unreachable(host: str) -> None:
    answer = settle(quiet_session(host), "GET", "/v1/stock?limit=1", "/v1/stock")
    if answer.status == 0:
        sys.exit(f"error: nobody answers at {host}")
    if answer.status != 200:
        sys.exit(f"error: {host} answers {answer.status} {answer.code}: is {API_KEY_VARIABLE} a key with every scope?")


def _stop_before_the_exit_code_is_decided(environment: Environment, **_: Any) -> None:
    """A Ctrl-C reaches Locust's exit before the run was concluded; a master stops its run by itself there."""
    if not isinstance(environment.runner, MasterRunner | WorkerRunner):
        environment.runner.stop()
