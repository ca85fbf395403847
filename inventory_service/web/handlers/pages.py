"""Pages for people, without a key: the API documentation and what the problem codes mean."""

from inventory_service.domain.errors import Refused
from inventory_service.web.answers import Answer, Call
from inventory_service.web.pages import docs as documentation
from inventory_service.web.pages import problems
from inventory_service.web.problems import KINDS
from inventory_service.web.schemas.lists import NoQuery
from inventory_service.web.schemas.pages import LanguageQuery

HTML = "text/html; charset=utf-8"
_NOT_SNIFFED = {"X-Content-Type-Options": "nosniff"}
_DOCS_HEADERS = {"Content-Security-Policy": documentation.POLICY, **_NOT_SNIFFED}
_ASSET_HEADERS = {"Cache-Control": "public, max-age=86400", **_NOT_SNIFFED}
_PROBLEM_HEADERS = {
    "Content-Security-Policy": problems.POLICY,
    "Content-Language": ", ".join(problems.LANGUAGES.values()),
    "Vary": "Accept-Language",
    **_NOT_SNIFFED,
}


async def docs(_call: Call[None, NoQuery]) -> Answer:
    return Answer(200, documentation.PAGE, HTML, _DOCS_HEADERS)


async def docs_script(_call: Call[None, NoQuery]) -> Answer:
    return Answer(200, documentation.asset(documentation.SCRIPT_FILE), "text/javascript; charset=utf-8", _ASSET_HEADERS)


async def docs_style(_call: Call[None, NoQuery]) -> Answer:
    return Answer(200, documentation.asset(documentation.STYLE_FILE), "text/css; charset=utf-8", _ASSET_HEADERS)


async def problem_index(call: Call[None, LanguageQuery]) -> Answer:
    return Answer(200, problems.problem_index(_language(call)), HTML, _PROBLEM_HEADERS)


async def problem_page(call: Call[None, LanguageQuery]) -> Answer:
    code = call.path["problem_code"]
    if code not in KINDS:
        raise Refused("not_found", "There is no problem of this name.")
    return Answer(200, problems.problem_page(code, _language(call)), HTML, _PROBLEM_HEADERS)


def _language(call: Call[None, LanguageQuery]) -> str:
    return call.query.lang or problems.preferred_language(call.headers.get("Accept-Language", ""))
