"""What a route needs and answers. The router, the access checks and the OpenAPI document are made from it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from msgspec import Struct

from inventory_service.domain.clients import Scope
from inventory_service.web.admission import Priority
from inventory_service.web.answers import Answer, Call
from inventory_service.web.schemas.lists import NoQuery

Handler = Callable[[Call[Any, Any]], Awaitable[Answer]]

SINGLE_BODY_BYTES = 64 * 1024
LIST_BODY_BYTES = 6 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The body of a call. `parsed` is what it is decoded to, where that is not what is documented; `raw`: it is not,
    since somebody signed its bytes.
    """

    documented: Any
    parsed: Any = None
    raw: bool = False
    optional: bool = False
    example: object = None

    @property
    def decoded(self) -> Any:
        return self.parsed or self.documented


@dataclass(frozen=True, slots=True)
class Link:
    """A call that an answer leads to. `parameters`: name → OpenAPI runtime expression."""

    to: Handler
    parameters: Mapping[str, str] = field(default_factory=dict)
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """One kind of success. `model` None: no JSON, `content_type` says what."""

    model: Any = None
    description: str = "Done."
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    example: object = None
    links: Sequence[Link] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One call.

    `scope` None: needs no key; `scope_too`: beside the first. `priority` None: never refused for overload. `signed`: a
    Standard Webhooks signature may stand for the key. `takes_list`: larger body, longer answer. `waits_seconds`: its
    caller may ask to wait so long for news, and is answered within the usual time behind that. `writes`: when no answer
    is known in time, it may have happened. `codes`: problem codes beside those that follow from the rest.
    """

    method: str
    path: str
    handler: Handler
    tag: str
    summary: str
    description: str = ""
    scope: Scope | None = None
    scope_too: Scope | None = None
    priority: Priority | None = None
    signed: bool = False
    takes_list: bool = False
    waits_seconds: float = 0.0
    writes: bool = False
    request: Request | None = None
    query: type[Struct] = NoQuery
    path_values: Mapping[str, Any] = field(default_factory=dict)
    path_refusal: str = "not_found"  # for a path value that no thing can have as its name
    headers: Mapping[str, str] = field(default_factory=dict)
    responses: Mapping[int, Response] = field(default_factory=dict)
    codes: Sequence[str] = ()

    @property
    def scopes(self) -> Sequence[Scope]:
        return [scope for scope in (self.scope, self.scope_too) if scope]

    @property
    def operation_id(self) -> str:
        return self.handler.__name__

    @property
    def is_work(self) -> bool:
        """Rather than a look at the process or its pages."""
        return self.scope is not None or self.priority is not None

    @property
    def body_bytes_max(self) -> int:
        return LIST_BODY_BYTES if self.takes_list else SINGLE_BODY_BYTES

    @property
    def pattern(self) -> str:
        """The router's path: a value may hold anything but a slash, which comes as %2F."""
        return self.path.replace("}", ":[^/]+}")
