"""What monitors and people look at without a key: health, metrics, documentation."""

import asyncio
import html
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from inventory_service.domain.errors import Refused
from inventory_service.telemetry.registry import EXPOSITION_TYPE, exposition
from inventory_service.web.answers import Answer, Call, json_answer, problem_answer
from inventory_service.web.problems import KINDS, build
from inventory_service.web.schemas.lists import NoQuery
from inventory_service.web.schemas.operations import Health

READY_RETRY_AFTER_MS = 1000

HTML = "text/html; charset=utf-8"
# The page's own few lines of script and the styles that Swagger UI sets; everything else is ours or nothing.
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "frame-ancestors 'none'"
)
_PAGE_HEADERS = {"Content-Security-Policy": _POLICY, "X-Content-Type-Options": "nosniff"}
_ASSETS = {
    "swagger-ui.js": ("swagger_bundle.js", "text/javascript; charset=utf-8"),
    "swagger-ui.css": ("swagger_style.css", "text/css; charset=utf-8"),
}
_ASSET_HEADERS = {"Cache-Control": "public, max-age=86400", "X-Content-Type-Options": "nosniff"}
_DOCS_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Inventory service: API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/swagger-ui.css">
<div id="swagger-ui"></div>
<script src="docs/swagger-ui.js"></script>
<script>
SwaggerUIBundle({
  url: "openapi.json", dom_id: "#swagger-ui", deepLinking: true, persistAuthorization: true, tryItOutEnabled: true,
  requestSnippetsEnabled: true, validatorUrl: null
});
</script>
"""


async def livez(_call: Call[None, NoQuery]) -> Answer:
    """Asks nothing: a store that is away is no reason to restart this process."""
    return json_answer(Health("alive"))


async def readyz(call: Call[None, NoQuery]) -> Answer:
    reasons = ["draining"] if call.process.draining else list(await call.services.readiness.reasons())
    if not reasons:
        return json_answer(Health("ready"))
    problem = build(
        "not_ready",
        "; ".join(reasons),
        call.request_id,
        retry_after_ms=READY_RETRY_AFTER_MS,
        reasons=reasons,
    )
    return problem_answer(problem)


async def metrics(_call: Call[None, NoQuery]) -> Answer:
    # In a thread: with several processes it takes some milliseconds, in which nobody else would be answered.
    return Answer(200, await asyncio.to_thread(exposition), EXPOSITION_TYPE)


async def openapi(call: Call[None, NoQuery]) -> Answer:
    return Answer(200, call.process.document)


async def docs(_call: Call[None, NoQuery]) -> Answer:
    return Answer(200, _DOCS_PAGE.encode(), HTML, _PAGE_HEADERS)


async def docs_asset(call: Call[None, NoQuery]) -> Answer:
    if call.path["asset"] not in _ASSETS:
        raise Refused("not_found", "There is no such asset.")
    file_name, content_type = _ASSETS[call.path["asset"]]
    return Answer(200, _asset(file_name), content_type, _ASSET_HEADERS)


async def problem_page(call: Call[None, NoQuery]) -> Answer:
    code = call.path["problem_code"]
    kind = KINDS.get(code)
    if kind is None:
        raise Refused("not_found", "There is no problem of this name.")
    repeat = "The same request may succeed later." if kind.retryable else "The same request will fail again."
    text = kind.help.replace("`", "")
    page = (
        f'<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>{code}</title>\n'
        f"<h1>{html.escape(kind.title)}</h1>\n<p><code>{code}</code>, HTTP status {kind.status}</p>\n"
        f"<p>{html.escape(text)}</p>\n<p>{repeat}</p>\n"
    )
    return Answer(200, page.encode(), HTML, _PAGE_HEADERS)


@lru_cache
def _asset(file_name: str) -> bytes:
    """A file out of the offapi wheel, without importing it: that would build three pages of several megabytes."""
    spec = find_spec("offapi")
    if spec is None or not spec.submodule_search_locations:
        raise Refused("not_found", "Swagger UI is not installed (package offapi).")
    return Path(spec.submodule_search_locations[0], file_name).read_bytes()
