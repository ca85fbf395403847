"""aiohttp's parser of one connection, with the connection asked about everything that it finds."""

from collections.abc import Callable, Sequence
from typing import Any

from aiohttp.http_exceptions import HttpProcessingError

Messages = Sequence[tuple[Any, Any]]  # aiohttp's RawRequestMessage, and the StreamReader of its body


class WatchedParser:
    """`let_in` gets every message that it finishes and says which go on; while `waits` says so, what is no HTTP is told
    later: by `resume`, when the answer in front of it is out.
    """

    def __init__(self, parser: Any, let_in: Callable[[Messages], Messages], waits: Callable[[], bool]) -> None:
        self._parser = parser
        self._let_in = let_in
        self._waits = waits
        self._error: HttpProcessingError | None = None

    def feed_data(self, data: bytes) -> tuple[Messages, bool, bytes]:
        """Raises HttpProcessingError."""
        if self._error is not None:
            if self._waits():
                return (), False, b""
            raise self._error
        try:
            messages, upgraded, tail = self._parser.feed_data(data)
        except HttpProcessingError as error:
            if not self._waits():
                raise
            self._error = error
            return (), False, b""
        return self._let_in(messages) if messages else messages, upgraded, tail

    @property
    def has_failed(self) -> bool:
        """Whether an error is to be told."""
        return self._error is not None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._parser, name)
