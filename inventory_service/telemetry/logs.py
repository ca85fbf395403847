"""JSON lines: one event each, named `thing.happened`, with the ids of the request that it belongs to."""

import json
import logging
import re
import sys
from collections.abc import Callable, Mapping, MutableMapping
from contextlib import suppress
from typing import Any, TextIO, cast

import orjson
import structlog

from inventory_service.telemetry.context import current
from inventory_service.telemetry.processes import process_name

_DETAIL = re.compile(r"^DETAIL:.*(?:\n(?!HINT:|CONTEXT:|Traceback|The above|During|\s*$).*)*", re.MULTILINE)

_always: list[Callable[[], Mapping[str, object]]] = []


def tell_always(fields: Callable[[], Mapping[str, object]]) -> None:
    """Put these fields, asked for each time, into every line of this process from here on."""
    _always.append(fields)


class _Unheard:
    """A stream whose disk may be full and whose reader may be gone: then the line is lost, and whoever told it goes on.
    A call that is slow just then would otherwise never be answered, and a loop that waits for a store would end.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._stream.flush()


def configure_logs(level: str, stream: TextIO = sys.stderr) -> None:
    """JSON lines with UTC times, from structlog and from libraries alike. No line fails."""
    stream = cast("TextIO", _Unheard(stream))
    _always.clear()
    if name := process_name():
        tell_always(lambda: {"process": name})
    shared: list[structlog.typing.Processor] = [
        add_ids,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        without_rows,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer(serializer=_dumps)],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(stream),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(serializer=_dumps),
            ],
        )
    )
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)


def add_ids(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """What the line says itself stands."""
    for fields in _always:
        event.update({name: value for name, value in fields().items() if name not in event})
    request = current.get()
    if request is not None:
        event.update({name: value for name, value in request.ids().items() if name not in event})
    return event


def without_rows(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Postgres adds the row to some errors as their DETAIL, and a row holds what customers wrote."""
    for name, value in event.items():
        if isinstance(value, str) and "DETAIL:" in value:
            event[name] = _DETAIL.sub("DETAIL:  (left out)", value)
    return event


def _dumps(fields: Mapping[str, Any], **_: Any) -> str:
    try:
        return orjson.dumps(fields, default=repr, option=orjson.OPT_NON_STR_KEYS).decode()
    except TypeError:  # half a surrogate pair, out of a header that was no UTF-8: escaped instead of lost
        return json.dumps(fields, default=repr)
