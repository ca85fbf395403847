"""A load test from start to stop: service up, Locust, proof, report, chart."""

import asyncio
import json
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import uvloop
from rich.console import Console

from inventory_service.loadtest import report
from inventory_service.loadtest.generator import WEB_HOST, Generator
from inventory_service.loadtest.options import LoadOptions, check_installed, find_locustfile
from inventory_service.loadtest.record import CheckLine, Record, read_record, write_record
from inventory_service.loadtest.target import Target, given_service, machine, own_service
from inventory_service.outside.interrupt import Interrupted, unless_stopped
from inventory_service.outside.proof import Check, show_verdict, verified

WIDTH = 120  # where there is no terminal
EXIT_FAILED = 1
EXIT_INTERRUPTED = 130


def run_loadtest(options: LoadOptions) -> int:
    """Run it; the exit code: 0, 1 when the proof or a request failed, 130 interrupted. Raises LoadTestError."""
    check_installed()
    locustfile = find_locustfile(options.scenario)
    options.output.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="inventory-load-"))
    folder.chmod(0o711)  # embedded Postgres may run as another user than root and has to get through
    console = Console(stderr=options.as_json, width=None if Console().is_terminal else WIDTH, highlight=False)
    exit_code = EXIT_FAILED
    try:
        exit_code = uvloop.run(_LoadTest(options, locustfile, folder, console).run())
    finally:
        if exit_code == EXIT_FAILED and any(folder.iterdir()):
            console.print(f"Logs and data of this run are in {folder}", soft_wrap=True)
        else:
            shutil.rmtree(folder, ignore_errors=True)
    return exit_code


class _LoadTest:
    def __init__(self, options: LoadOptions, locustfile: Path, folder: Path, console: Console) -> None:
        self._options = options
        self._locustfile = locustfile
        self._folder = folder
        self._console = console
        self._stop = asyncio.Event()
        self._generator: Generator | None = None

    async def run(self) -> int:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # SIGHUP: the terminal was closed
            asyncio.get_running_loop().add_signal_handler(number, self._interrupt)
        try:
            async with self._target() as target:
                records = await self._generate(target)
                verified = await self._verify(target)
        except Interrupted:
            return EXIT_INTERRUPTED
        holds = [self._conclude(record, target, verified) for record in records]
        if not all(holds):
            return EXIT_FAILED
        return EXIT_INTERRUPTED if self._stop.is_set() and not self._options.web else 0

    def _interrupt(self) -> None:
        """The first Ctrl-C ends the run and reports it; the second one ends Locust at once."""
        if self._generator is None:
            pass
        elif self._stop.is_set():
            self._generator.kill()
        else:
            self._console.print("Ending: users finish what they began, then the proof. Ctrl-C again: at once, without.")
            self._generator.finish()
        self._stop.set()

    @asynccontextmanager
    async def _target(self) -> AsyncIterator[Target]:
        if self._options.url:
            target = await unless_stopped(self._stop, given_service(self._options.url, self._options.api_key))
            self._console.print(
                f"Load on {target.url}: SKUs and warehouses of the run's own, named LT-…, are made there and stay"
            )
            yield target
            return
        self._console.print("Starting Redis, Postgres and the service …", style="dim")
        async with own_service(self._folder) as target:
            self._console.print(f"[green]✓[/] {target.url}, on embedded servers in a temporary folder")
            yield target

    async def _generate(self, target: Target) -> list[Record]:
        """The records of the runs that there were: one, or as many as were started in the web screen."""
        if self._stop.is_set():
            raise Interrupted
        before = set(self._options.output.glob("*.json"))
        screen = sys.stderr if self._options.as_json else sys.stdout
        self._generator = Generator(self._options, self._locustfile, target, self._folder, screen)
        if self._options.web:
            self._console.print(f"Locust's screen: http://{WEB_HOST}:{self._generator.web_port} (Ctrl-C ends it)")
        exit_code = await self._generator.run()
        made = sorted(set(self._options.output.glob("*.json")) - before, key=lambda path: path.stat().st_mtime)
        if not made and not (self._options.web and self._stop.is_set()):
            raise self._generator.failed(exit_code)
        return [read_record(path) for path in made]

    async def _verify(self, target: Target) -> list[Check]:
        """The `verify` command's own word, beside a service of ours."""
        if target.own is None:
            return []
        return [verified(*await target.own.verify())]

    def _conclude(self, record: Record, target: Target, verified: Sequence[Check]) -> bool:
        """Keep the run in full, draw it, show it; whether everything holds."""
        record.service, record.machine, record.interrupted = target.version, machine(), self._stop.is_set()
        record.checks += [CheckLine(check.name, check.figure, list(check.culprits)) for check in verified]
        checks = [Check(line.name, line.figure, line.wrong) for line in record.checks]
        files = self._keep(record)
        if self._options.as_json:
            sys.stdout.write(json.dumps(report.summary(record, checks, files), ensure_ascii=False, indent=2) + "\n")
        report.show(self._console, record, checks, files)
        show_verdict(self._console, checks)
        return all(check.holds for check in checks)

    def _keep(self, record: Record) -> list[Path]:
        from inventory_service.loadtest import chart  # noqa: PLC0415 - matplotlib takes a second, --help does not wait

        written = write_record(self._options.output, record)
        paths = [written.with_suffix(".svg"), written, written.with_suffix(".csv")]
        chart.draw(paths[0], record)
        report.write_csv(paths[2], record)
        return paths
