"""What every client has: its connections, and the few shapes that calls come in."""

from types import TracebackType
from typing import Any, Generic, Self, TypeVar

import msgspec
from msgspec import Struct

from inventory_service.client.answers import Item, Page, Reservation, Transfer
from inventory_service.client.calls import Caller
from inventory_service.client.exchange import Request, Wire
from inventory_service.client.listing import Listing
from inventory_service.client.requests import Operation, Reserve, call_body
from inventory_service.client.retries import Retry

T = TypeVar("T")
_encode = msgspec.json.encode


class Results(Struct, Generic[T], frozen=True):
    """Of a call that takes a list, in its order."""

    results: list[T]


class BaseClient:
    """The shapes: operate on one reservation, ask, change one thing, step a transfer, send many, list."""

    def __init__(
        self,
        url: str,
        api_key: str | None = None,
        *,
        webhook_secret: str | None = None,
        retry: Retry | None = None,
        connections_max: int = 100,
    ) -> None:
        self._caller = Caller(Wire(url, api_key, webhook_secret, connections_max), retry or Retry())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Hang up. A closed client takes no more calls."""
        await self._caller.wire.close()

    async def _operate(self, operation: Operation, path: str, operation_id: str, retry: Retry | None) -> Reservation:
        key = "" if isinstance(operation, Reserve) else operation_id
        return await self._act(operation.reservation_id, path, call_body(operation), operation_id, key, retry)

    async def _act(
        self, reservation_id: str, path: str, body: dict[str, Any], act_id: str, key: str, retry: Retry | None
    ) -> Reservation:
        """`key`: the idempotency key, "": the body has the id."""
        request = Request(
            method="POST", path=path, answers=Reservation, body=_encode(body), writes=True, ids=(act_id,),
            headers={"Idempotency-Key": key} if key else {}, reservation_id=reservation_id,
        )  # fmt: skip
        answer = await self._caller.call(request, retry)
        return msgspec.structs.replace(answer.value, replayed=answer.replayed)

    async def _ask(
        self, path: str, answers: type[T], retry: Retry | None, waits_seconds: float = 0.0, **wanted: str | None
    ) -> T:
        query = _query(**wanted)
        request = Request(method="GET", path=path, answers=answers, query=query, waits_seconds=waits_seconds)
        return (await self._caller.call(request, retry)).value

    async def _ask_with(self, path: str, answers: type[T], body: dict[str, Any], retry: Retry | None) -> T:
        """A question that needs a body; it changes nothing either."""
        request = Request(method="POST", path=path, answers=answers, body=_encode(body))
        return (await self._caller.call(request, retry)).value

    async def _change(
        self, method: str, path: str, answers: type[T], body: dict[str, Any], thing: str, retry: Retry | None
    ) -> T:
        """Change the one thing that the path names: doing it twice is doing it once."""
        request = Request(method=method, path=path, answers=answers, body=_encode(body), writes=True, ids=(thing,))
        return (await self._caller.call(request, retry)).value

    async def _step(
        self, path: str, body: dict[str, Any] | None, ids: tuple[str, ...], retry: Retry | None
    ) -> Transfer:
        """Begin a transfer or take it further. `body` None: the path says it all."""
        sent = None if body is None else _encode(body)
        request = Request(method="POST", path=path, answers=Transfer, body=sent, writes=True, ids=ids)
        answer = await self._caller.call(request, retry)
        return msgspec.structs.replace(answer.value, replayed=answer.replayed)

    async def _send(
        self,
        path: str,
        results: type[T],
        body: dict[str, Any],
        ids: tuple[str, ...],
        retry: Retry | None,
        message_id: str = "",
    ) -> list[T]:
        """Send many at once; one result for each. `message_id` as in Request."""
        request = Request(
            method="POST", path=path, answers=Results[results], body=_encode(body), writes=True, takes_list=True,  # type: ignore[valid-type]
            ids=ids, message_id=message_id,
        )  # fmt: skip
        return (await self._caller.call(request, retry)).value.results

    async def _walk(
        self, path: str, answers: type[T], page_size: int, cursor: str | None, thing: str, retry: Retry | None
    ) -> T:
        """Change one page of what belongs to the one thing that the path names."""
        request = Request(
            method="POST", path=path, answers=answers, query=_query(limit=str(page_size), cursor=cursor), writes=True,
            takes_list=True, ids=(thing,),
        )  # fmt: skip
        return (await self._caller.call(request, retry)).value

    def _list(
        self,
        path: str,
        item: type[Item],
        page_size: int,
        cursor: str | None,
        retry: Retry | None,
        **wanted: str | list[str] | None,
    ) -> Listing[Item]:
        async def fetch(at: str | None) -> Page[Item]:
            query = _query(limit=str(page_size), cursor=at, **wanted)
            request = Request(method="GET", path=path, answers=Page[item], query=query, takes_list=True)  # type: ignore[valid-type]
            return (await self._caller.call(request, retry)).value

        return Listing(fetch, cursor)


def _query(**wanted: str | list[str] | None) -> tuple[tuple[str, str], ...]:
    return tuple(
        (name, text)
        for name, value in wanted.items()
        if value is not None
        for text in (value if isinstance(value, list) else [value])
    )
