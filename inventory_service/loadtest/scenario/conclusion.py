"""The end of a run: ask the service, prove, and write the record."""

from pathlib import Path

import locust
from locust.env import Environment

from inventory_service.loadtest.book import Book
from inventory_service.loadtest.checks import prove
from inventory_service.loadtest.record import CheckLine, Record, Sample, write_record
from inventory_service.loadtest.scenario.exchange import quiet_session
from inventory_service.loadtest.scenario.inquiry import InquiryFailed, take_statement
from inventory_service.loadtest.scenario.stage import Stage
from inventory_service.loadtest.series import Outcome, Series
from inventory_service.outside.orders import Word
from inventory_service.outside.proof import Check


def conclude(environment: Environment, stage: Stage, expected: int, received: int) -> list[Check]:
    """The proof of the run whose whole book the stage now has. `expected` and `received` count processes."""
    series, book = stage.series, stage.book
    book.count("requests", series.total.requests - series.total.number(Outcome.RETRIED))
    try:
        said = take_statement(quiet_session(environment.host), stage)
        checks = prove(book, said, expected, received)
    except InquiryFailed as error:
        checks = [Check("the service answers for itself", "no", [str(error)])]
    return [*checks, _no_failures(book), _no_errors(environment)]


def keep_record(
    folder: Path,
    environment: Environment,
    stage: Stage,
    checks: list[Check],
    times: tuple[float, float],
    samples: list[Sample],
    cpu_percent: list[list[float]],
) -> Path:
    """Write everything that report and chart need. `times`: of the opening and of the end, Unix seconds."""
    record = Record(
        scenario=stage.scenario,
        run=stage.run,
        host=environment.host,
        hot_sku=stage.hot_sku,
        delivered=sum(each.quantity for each in stage.book.deliveries.values() if each.sku == stage.hot_sku),
        started_at_s=times[0],
        ended_at_s=times[1],
        locust_version=locust.__version__,
        series=stage.series,
        samples=samples,
        counts=_figures(stage.book, stage.series),
        checks=[CheckLine(check.name, check.figure, list(check.culprits)) for check in checks],
        cpu_percent=cpu_percent,
    )
    return write_record(folder, record)


def _no_failures(book: Book) -> Check:
    wrong = [f"{failure}: {number:,} times" for failure, number in book.failures.items()]
    return Check("requests that failed", f"{sum(book.failures.values()):,}", wrong)


def _no_errors(environment: Environment) -> Check:
    wrong = [f"{each['count']} times {each['msg']}" for each in environment.runner.exceptions.values()]
    return Check("errors in the locustfile", f"{len(wrong)}", wrong)


def _figures(book: Book, series: Series) -> dict[str, int]:
    """What the report tells of the sale."""
    words = [order.word for order in book.orders.values()]
    granted = sum(word not in (Word.SILENCE, Word.REFUSED) for word in words)
    applied = [scan for scan in book.scans.values() if scan.result == "applied"]
    return {
        "orders": len(words),
        "holds granted": granted,
        "holds refused": sum(word is Word.REFUSED for word in words),
        "confirmed": sum(word is Word.CONFIRMED for word in words),
        "released": sum(word is Word.RELEASED for word in words),
        "expired": sum(word in (Word.HELD, Word.EXPIRED) for word in words),
        "units confirmed": book.units([Word.CONFIRMED]),
        "units delivered": sum(each.quantity for each in book.deliveries.values() if each.applied),
        "units scanned": sum(scan.parcel.quantity for scan in applied),
        "scans": len(applied),
        "retries": series.total.number(Outcome.RETRIED),
        **{f"retries: {reason}": number for reason, number in book.retries.items()},
        **{name: number for name, number in book.counts.items() if name != "requests"},
    }
