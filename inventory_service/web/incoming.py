"""The parts of a request that every call looks at: ids, headers, query, body bytes."""

import asyncio
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Protocol, cast, get_args, get_origin
from urllib.parse import unquote_to_bytes

import msgspec
from aiohttp import HttpVersion11, hdrs, web
from msgspec import Struct
from multidict import MultiMapping

from inventory_service.domain import ids
from inventory_service.domain.errors import Refused
from inventory_service.web.admission import Body, Caller
from inventory_service.web.body import invalid
from inventory_service.web.routes import SINGLE_BODY_BYTES
from inventory_service.web.schemas.fields import ID_PATTERN

REQUEST_ID_PATTERN = r"[A-Za-z0-9._:-]{1,128}"

_REQUEST_ID = re.compile(REQUEST_ID_PATTERN)
_ID = re.compile(ID_PATTERN)
_INTEGER = re.compile(r"-?[0-9]{1,15}")


def request_id_of(headers: Mapping[str, str]) -> str:
    """The caller's request id when it is a sane one, else a fresh one."""
    given = headers.get("X-Request-Id", "")
    if _REQUEST_ID.fullmatch(given):
        return given
    return ids.new_id("req")


def idempotency_key_of(headers: Mapping[str, str]) -> str:
    """The `Idempotency-Key`, bare or quoted as a structured field; "" where there is none. Raises Refused."""
    key = headers.get("Idempotency-Key", "").strip()
    if len(key) >= 2 and key.startswith('"') and key.endswith('"'):
        key = key[1:-1]
    if key and not _ID.match(key):
        raise Refused("validation_failed", "Idempotency-Key: expected 1 to 64 of A-Z a-z 0-9 . _ : -")
    return key


def has_plain_framing(request: web.BaseRequest) -> bool:
    """Whether nobody can doubt where this request ends; a proxy in front may see another protocol begin behind it."""
    return hdrs.UPGRADE not in request.headers and request.method != hdrs.METH_CONNECT and _has_plain_coding(request)


def _has_plain_coding(request: web.BaseRequest) -> bool:
    """Whether a Transfer-Encoding is `chunked`, and of HTTP/1.1: else the length is doubtful (RFC 9112, 6.1)."""
    coding = request.headers.get(hdrs.TRANSFER_ENCODING)
    return coding is None or (coding.lower() == "chunked" and request.version >= HttpVersion11)


def check_coding(request: web.Request) -> None:
    """Raises Refused (`bad_request`)."""
    if not _has_plain_coding(request):
        raise Refused("bad_request", "Transfer-Encoding: only `chunked`, and only with HTTP/1.1.")


def check_target(request: web.Request) -> None:
    """Path and query must be UTF-8 behind their percent signs. Raises Refused (`bad_request`)."""
    target = request.path_qs
    if "%" not in target and target.isascii():
        return
    try:
        unquote_to_bytes(target.encode()).decode()
    except UnicodeError:
        raise Refused("bad_request", "The path or the query is not UTF-8.") from None


def read_query(query: MultiMapping[str], model: type[Struct]) -> Struct:
    """The query as `model`. Raises Refused (`validation_failed`): unknown, repeated or wrong parameters."""
    wanted = {field.encode_name: field.type for field in msgspec.structs.fields(model)}
    values: dict[str, object] = {}
    for name in query:
        texts = query.getall(name)
        values[name] = _query_value(name, texts, wanted.get(name))
    try:
        return msgspec.convert(values, model)
    except msgspec.ValidationError as error:
        refusal = invalid(error)
        name = refusal.pointer.split("/")[1] if refusal.pointer else "query"
        raise Refused(refusal.code, f"{name}: {refusal.detail}", refusal.pointer) from None


def _query_value(name: str, texts: list[str], wanted: Any) -> object:
    if _is_list(wanted):
        return texts
    if len(texts) > 1:
        raise Refused("validation_failed", f"{name}: given more than once.", f"/{name}")
    text = texts[0]
    if _is_integer(wanted) and _INTEGER.fullmatch(text):
        return int(text)
    return text.replace("\x00", "\uffff")


@lru_cache(maxsize=256)
def _is_list(wanted: Any) -> bool:
    return get_origin(wanted) is list or any(_is_list(part) for part in get_args(wanted) if part is not wanted)


@lru_cache(maxsize=256)
def _is_integer(wanted: Any) -> bool:
    return wanted is int or any(_is_integer(part) for part in get_args(wanted))


def check_media_type(headers: Mapping[str, str]) -> None:
    """Raises Refused (`unsupported_media_type`)."""
    if headers.get(hdrs.CONTENT_ENCODING, "identity").strip().lower() != "identity":
        raise Refused("unsupported_media_type", "Content-Encoding: send the body as it is.")
    if not _is_json(headers.get(hdrs.CONTENT_TYPE, "")):
        raise Refused("unsupported_media_type", "Content-Type: send application/json in UTF-8.")


@lru_cache(maxsize=64)
def _is_json(content_type: str) -> bool:
    media_type, *parameters = (part.strip().lower() for part in content_type.split(";"))
    charsets = [value.strip("\"' ") for name, _, value in (p.partition("=") for p in parameters) if name == "charset"]
    return media_type == "application/json" and all(charset in {"utf-8", "utf8"} for charset in charsets)


def is_judged_later(headers: Mapping[str, str]) -> bool:
    """Whether only its endpoint can refuse a call: its body is too long to be taken in and thrown away, or may never
    come, or nobody can tell where it ends.
    """
    if any(name in headers for name in (hdrs.TRANSFER_ENCODING, hdrs.EXPECT, hdrs.UPGRADE)):
        return True
    return int(headers.get(hdrs.CONTENT_LENGTH, "0")) > SINGLE_BODY_BYTES


class Asked(Protocol):
    """A request, as far as an endpoint looks at it. `values`: what stands in its path for each parameter."""

    @property
    def method(self) -> str: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def values(self) -> Mapping[str, str]: ...
    @property
    def query(self) -> MultiMapping[str]: ...

    async def body(self, bytes_max: int, seconds: float) -> bytes:
        """All of it. Raises Refused (`payload_too_large`, `request_timeout`, `bad_request`), Overloaded."""


class Arriving:
    """A request whose body may still be on its way."""

    def __init__(self, request: web.Request, held: Body) -> None:
        self._request = request
        self._held = held
        self.method = request.method
        self.headers = request.headers
        self.values = request.match_info
        self.query = request.query

    async def body(self, bytes_max: int, seconds: float) -> bytes:
        """As `Asked` says."""
        if (self._request.content_length or 0) > bytes_max:
            raise too_large(bytes_max)
        try:
            async with asyncio.timeout(seconds):
                body = await self._read(bytes_max)
        except TimeoutError:
            raise Refused("request_timeout", f"The body did not arrive within {seconds:g} s.") from None
        except (web.RequestPayloadError, ConnectionError) as error:
            raise Refused("bad_request", f"The body broke off: {error}") from None
        if len(body) > bytes_max:
            raise too_large(bytes_max)
        return body

    async def _read(self, bytes_max: int) -> bytes:
        caller = cast("Caller", self._request.protocol)
        body = bytearray()
        caller.pauses()
        try:
            while len(body) <= bytes_max:
                chunk = await self._request.content.readany()
                if not chunk:
                    break
                self._held.grow(len(chunk))
                body += chunk
        finally:
            caller.goes_on()
        return bytes(body)


def too_large(bytes_max: int) -> Refused:
    return Refused("payload_too_large", f"The body of this call is at most {bytes_max // 1024} KiB.")
