"""The OpenAPI 3.1 document, made from the routes and the very structs that they decode and encode."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, cast

import msgspec

from inventory_service.domain.clients import Scope
from inventory_service.web import examples, order_examples
from inventory_service.web.catalogue import ROUTES
from inventory_service.web.incoming import REQUEST_ID_PATTERN
from inventory_service.web.problem_examples import EXAMPLES
from inventory_service.web.problems import KINDS
from inventory_service.web.routes import Link, Response, Route
from inventory_service.web.schemas.problems import Problem

RETENTION_DAYS = 7
VERSION = "1.0.0"

Json = dict[str, Any]

_DESCRIPTION = """\
Holds stock for orders during flash sales, takes outbound scans as the final deduction, and keeps the books.

- JSON in UTF-8. Unknown request fields are refused (scans excepted). Quantities are integers, times RFC 3339 in UTC.
- Every error is an RFC 9457 `application/problem+json` body with a stable `code`, and means that nothing happened; only
  after `outcome_unknown` it may have: repeat the call with the same id.
- A body is at most 64 KiB, of the calls that take lists 6 MiB. A call is answered within 5 s, a list call within 15 s.
- Ids make every write repeatable. `reservation_id` is unique over the service; `Idempotency-Key`, `movement_id`,
  `release_id` and `scan_id` are unique per client. An applied id is remembered for at least {days} days. A refusal is
  never remembered: the same id is judged afresh.
- Lists: `limit` and `cursor`; `next_cursor` is null on the last page.

{codes}"""
_SECURITY = {
    "apiKey": {
        "type": "http",
        "scheme": "bearer",
        "description": "An API key. Scopes: " + ", ".join(f"`{scope}`" for scope in Scope) + ".",
    },
    "webhookSignature": {
        "type": "apiKey",
        "in": "header",
        "name": "webhook-signature",
        "description": (
            "Standard Webhooks: `v1,<base64 of HMAC-SHA256 of {webhook-id}.{webhook-timestamp}.{body}>` with the "
            "client's secret, several separated by spaces; beside it `webhook-id` and `webhook-timestamp` (Unix "
            "seconds, at most five minutes off)."
        ),
    },
}
_REF = "#/components/schemas/{name}"
_REQUEST_ID = {"X-Request-Id": {"$ref": "#/components/headers/RequestId"}}
_HEADERS = {
    "RequestId": {
        "description": "The caller's, when it sent a sane one.",
        "schema": {"type": "string", "pattern": f"^{REQUEST_ID_PATTERN}$"},
    }
}


@lru_cache
def document(retention_days: int = RETENTION_DAYS) -> bytes:
    """The document as indented JSON in UTF-8, ending in a newline; the same input gives the same bytes."""
    schemas = _Schemas()
    paths: dict[str, Json] = defaultdict(dict)
    for route in ROUTES:
        paths[route.path][route.method.lower()] = _operation(route, schemas)
    content = {
        "openapi": "3.1.0",
        "info": {
            "title": "Inventory reservation service",
            "version": VERSION,
            "description": _DESCRIPTION.format(days=retention_days, codes=_code_table()),
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": tag} for tag in dict.fromkeys(route.tag for route in ROUTES)],
        "paths": paths,
        "components": {
            "schemas": schemas.components(),
            "responses": _failure_responses(schemas),
            "examples": _problem_examples(),
            "headers": _HEADERS,
            "securitySchemes": _SECURITY,
        },
        "x-retention-days": retention_days,
    }
    return json.dumps(content, ensure_ascii=False, indent=2).encode() + b"\n"


def _problem_examples() -> Json:
    """A body of every problem code, those included that no call lists: any path may answer 405 or 431."""
    return {
        code: {"summary": KINDS[code].title, "value": msgspec.to_builtins(problem)}
        for code, problem in sorted(EXAMPLES.items())
    }


def _code_table() -> str:
    """Every problem code, for people."""
    head = "| status | code | repeat it? | |\n| --- | --- | --- | --- |\n"
    return head + "".join(
        f"| {kind.status} | [`{code}`](/problems/{code}) | {'yes' if kind.retryable else 'no'} | {kind.help} |\n"
        for code, kind in KINDS.items()
    )


class _Schemas:
    """JSON Schemas of everything the routes speak of, under readable names."""

    def __init__(self) -> None:
        self._types = list(_types())
        schemas, components = msgspec.json.schema_components(self._types, ref_template=_REF)
        self._schemas: list[Json] = [_tidy(schema) for schema in schemas]
        self._components: dict[str, Json] = {_readable(name): _tidy(schema) for name, schema in components.items()}

    def of(self, wanted: Any) -> Json:
        return self._schemas[self._types.index(wanted)]

    def properties(self, query: Any) -> Json:
        """Name → schema of a query's parameters."""
        return cast("Json", self._components[query.__name__]["properties"])

    def components(self) -> Json:
        """All but the queries, which stand as parameters."""
        queries = {route.query.__name__ for route in ROUTES}
        return {name: schema for name, schema in sorted(self._components.items()) if name not in queries}


def _types() -> Iterator[Any]:
    yield Problem
    for route in ROUTES:
        yield route.query
        yield from route.path_values.values()
        if route.request:
            yield route.request.documented
        for response in route.responses.values():
            if response.model is not None:
                yield response.model


def _readable(name: str) -> str:
    """`PageBody_StockBody_` → `StockBodyPage`; `MovementsBody_MovementBody_` → `MovementsBody`."""
    outer, _, inner = name.partition("_")
    if not inner:
        return name
    return f"{inner.strip('_')}Page" if outer == "PageBody" else outer


def _tidy(schema: Any) -> Any:
    """References under readable names, patterns as JavaScript writes them, no titles that repeat the name."""
    if isinstance(schema, list):
        return [_tidy(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    tidy = {key: _tidy(value) for key, value in schema.items() if key != "title" or isinstance(value, dict)}
    if isinstance(tidy.get("$ref"), str):
        tidy["$ref"] = _REF.format(name=_readable(tidy["$ref"].rpartition("/")[2]))
    if isinstance(tidy.get("pattern"), str):
        tidy["pattern"] = re.sub(r"\\Z$", "$", re.sub(r"^\\A", "^", tidy["pattern"]))
    mapping = tidy.get("mapping")
    if isinstance(mapping, dict):
        tidy["mapping"] = {
            tag: _REF.format(name=_readable(reference.rpartition("/")[2])) for tag, reference in mapping.items()
        }
    return tidy


def _operation(route: Route, schemas: _Schemas) -> Json:
    operation: Json = {
        "operationId": route.operation_id,
        "tags": [route.tag],
        "summary": route.summary,
        "description": _description(route),
        "security": _security(route),
        "parameters": [
            *_path_parameters(route, schemas),
            *_query_parameters(route, schemas),
            *_header_parameters(route),
        ],
        "responses": _responses(route, schemas),
    }
    if route.request:
        content: Json = {"schema": schemas.of(route.request.documented)}
        if route.request.example is not None:
            content["example"] = route.request.example
        operation["requestBody"] = {
            "required": not route.request.optional,
            "content": {"application/json": content},
        }
    return {key: value for key, value in operation.items() if value or key == "security"}


def _description(route: Route) -> str:
    scopes = " and ".join(f"`{scope}`" for scope in route.scopes)
    return f"{route.description}\n\n{f'Scope {scopes}.' if scopes else ''}".strip()


def _security(route: Route) -> list[Json]:
    if route.scope is None:
        return []
    return [{"apiKey": [str(scope) for scope in route.scopes]}, *([{"webhookSignature": []}] if route.signed else [])]


def _path_parameters(route: Route, schemas: _Schemas) -> Iterator[Json]:
    for name, wanted in route.path_values.items():
        yield {
            "name": name,
            "in": "path",
            "required": True,
            "schema": schemas.of(wanted),
            "example": (examples.PATH | order_examples.PATH)[name],
        }


def _query_parameters(route: Route, schemas: _Schemas) -> Iterator[Json]:
    for name, schema in schemas.properties(route.query).items():
        # A parameter that is not given is left out; there is no way to give null.
        kinds = [kind for kind in schema.get("anyOf", []) if kind != {"type": "null"}]
        told = kinds[0] if len(kinds) == 1 else {key: value for key, value in schema.items() if value is not None}
        yield {"name": name, "in": "query", "required": False, "schema": told}


def _header_parameters(route: Route) -> Iterator[Json]:
    for name, description in route.headers.items():
        pattern = '^([A-Za-z0-9._:-]{0,64}|"[A-Za-z0-9._:-]{0,64}")$'  # quoted: a structured field; empty: none
        yield {
            "name": name,
            "in": "header",
            "description": description,
            "schema": {"type": "string", "pattern": pattern},
        }


def _responses(route: Route, schemas: _Schemas) -> Json:
    responses = {str(status): _success(response, schemas) for status, response in route.responses.items()}
    for codes in _failures(route):
        responses[str(KINDS[codes[0]].status)] = {"$ref": f"#/components/responses/{_failure_name(codes)}"}
    return responses


def _failures(route: Route) -> list[list[str]]:
    """The problem codes of a route, those of one status together."""
    by_status: dict[int, list[str]] = defaultdict(list)
    for code in _codes(route):
        by_status[KINDS[code].status].append(code)
    return [codes for _, codes in sorted(by_status.items())]


def _failure_responses(schemas: _Schemas) -> Json:
    """The error responses of all routes, each once."""
    return {_failure_name(codes): _failure(codes, schemas) for route in ROUTES for codes in _failures(route)}


def _failure_name(codes: list[str]) -> str:
    """`NotReadyOrOverloaded`."""
    return "Or".join(code.title().replace("_", "") for code in codes)


def _success(response: Response, schemas: _Schemas) -> Json:
    content: Json = {"schema": schemas.of(response.model)} if response.model is not None else {}
    if response.example is not None:
        content["example"] = response.example
    headers = {
        name: {"description": description, "schema": {"type": "string"}}
        for name, description in response.headers.items()
    }
    told = {
        "description": response.description,
        "headers": {**_REQUEST_ID, **headers},
        "content": {response.content_type: content},
        "links": {link.to.__name__: _link(link) for link in response.links},
    }
    return {key: value for key, value in told.items() if value or key != "links"}


def _link(link: Link) -> Json:
    told = {
        "operationId": link.to.__name__,
        "parameters": dict(link.parameters),
        "description": link.description,
    }
    return {key: value for key, value in told.items() if value}


def _failure(codes: list[str], schemas: _Schemas) -> Json:
    return {
        "description": " · ".join(f"`{code}`" for code in codes),
        "headers": _REQUEST_ID,
        "content": {
            "application/problem+json": {
                "schema": schemas.of(Problem),
                "examples": {code: {"$ref": f"#/components/examples/{code}"} for code in codes},
            }
        },
    }


def _codes(route: Route) -> Mapping[str, None]:
    """The problem codes of a route, in order, each once."""
    codes = ["bad_request", "validation_failed", "headers_too_large", *route.codes]
    if route.scope:
        codes += ["unauthenticated", "forbidden", "rate_limited", "not_ready", "overloaded"]
    if route.request:
        codes += ["payload_too_large", "request_timeout"]
    if route.request and not route.request.raw:
        codes += ["malformed_json", "unsupported_media_type"]
    if route.writes:
        codes.append("outcome_unknown")
    return dict.fromkeys(codes)
