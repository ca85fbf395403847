"""What a load generator is asked to send, and what it tells of the answers."""

import json
from collections.abc import Iterator

import msgspec

HOT = "HOT"  # the SKU that everybody wants
WRONG_SHARE_MAX = 0.01  # of the reserves that were answered; beyond it a rate is that of something else
CREATED = b'"status":201'  # what a list says of each reserve that was done
_DIGITS = 9


class WrongAnswers(Exception):
    """The answers were not those to reserves that are done."""


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """Reserves of one unit of the hot SKU over connections that stay open, one request at a time on each.

    `name` stands in every reservation id. `operations`: reserves per request, more than one: as a list.
    `per_second`: requests that fall due, whether or not they are answered; 0: one goes out behind each answer.
    """

    port: int
    name: str
    seconds: float
    warm_up_seconds: float = 0.0
    connections: int = 64
    operations: int = 1
    per_second: float = 0.0
    api_key: str = ""

    @property
    def path(self) -> str:
        return "/v1/reservations" if self.operations == 1 else "/v1/batch"

    @property
    def parts(self) -> tuple[str, str]:
        """What stands in front of the number of an order, and behind it."""
        kind = "" if self.operations == 1 else '"op":"reserve",'
        lines = json.dumps([{"sku": HOT, "quantity": 1}], separators=(",", ":"))
        return f'{{{kind}"reservation_id":"{self.name}-', f'","lines":{lines}}}'

    def requests(self) -> Iterator[bytes]:
        """Ready-made but for the numbers of the orders; the numbers never repeat."""
        front, back = self.parts
        orders = ",".join([f"{front}%0{_DIGITS}d{back}"] * self.operations)
        body = orders if self.operations == 1 else f'{{"operations":[{orders}]}}'
        length = len(body) - self.operations * (len(f"%0{_DIGITS}d") - _DIGITS)
        key = f"Authorization: Bearer {self.api_key}\r\n" if self.api_key else ""
        head = f"POST {self.path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{key}Content-Type: application/json\r\n"
        request = f"{head}Content-Length: {length}\r\n\r\n{body}".encode()
        first = 0
        while True:
            yield request % tuple(range(first, first + self.operations))
            first += self.operations


class Told(msgspec.Struct):
    """Of the `seconds` behind the warm-up. `done`: reserves answered as done; `wrong`: all others, by what came.

    Latencies are those of requests, from when each went out or, where they fall due, should have.
    """

    seconds: float
    done: int = 0
    wrong: dict[str, int] = {}  # msgspec copies it
    p50_ms: float = 0.0
    p99_ms: float = 0.0

    @property
    def per_second(self) -> float:
        return self.done / self.seconds

    def check(self) -> None:
        """Raises WrongAnswers."""
        wrong = sum(self.wrong.values())
        if not self.done or wrong > WRONG_SHARE_MAX * (self.done + wrong):
            kinds = ", ".join(f"{count:,} × {what}" for what, count in sorted(self.wrong.items()) if count)
            raise WrongAnswers(f"{self.done:,} reserves were done, {kinds or 'nothing else was answered'}")
