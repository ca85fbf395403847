"""What needs no key: health, metrics, documentation."""

from inventory_service.web.handlers import operations, pages
from inventory_service.web.routes import Response, Route
from inventory_service.web.schemas.operations import Health
from inventory_service.web.schemas.pages import LanguageQuery, ProblemCode

OPERATIONS = (
    Route(
        method="GET",
        path="/livez",
        handler=operations.livez,
        tag="Operations",
        summary="Whether the process runs",
        responses={200: Response(model=Health, example={"status": "alive"})},
    ),
    Route(
        method="GET",
        path="/readyz",
        handler=operations.readyz,
        tag="Operations",
        summary="Whether a reservation would succeed",
        responses={200: Response(model=Health, example={"status": "ready"})},
        codes=("not_ready",),
    ),
    Route(
        method="GET",
        path="/metrics",
        handler=operations.metrics,
        tag="Operations",
        summary="Metrics for Prometheus",
        responses={200: Response(content_type="text/plain")},
    ),
    Route(
        method="GET",
        path="/openapi.json",
        handler=operations.openapi,
        tag="Operations",
        summary="This document",
        responses={200: Response(content_type="application/json")},
    ),
)

PAGES = (
    Route(
        method="GET",
        path="/docs",
        handler=pages.docs,
        tag="Pages",
        summary="This document for people",
        responses={200: Response(content_type="text/html")},
    ),
    Route(
        method="GET",
        path="/docs/swagger-ui.js",
        handler=pages.docs_script,
        tag="Pages",
        summary="What that page runs",
        responses={200: Response(content_type="text/javascript")},
        codes=("not_found",),
    ),
    Route(
        method="GET",
        path="/docs/swagger-ui.css",
        handler=pages.docs_style,
        tag="Pages",
        summary="What that page looks like",
        responses={200: Response(content_type="text/css")},
        codes=("not_found",),
    ),
    Route(
        method="GET",
        path="/problems",
        handler=pages.problem_index,
        tag="Pages",
        summary="All problem codes, in English and Chinese",
        query=LanguageQuery,
        responses={200: Response(content_type="text/html")},
    ),
    Route(
        method="GET",
        path="/problems/{problem_code}",
        handler=pages.problem_page,
        tag="Pages",
        summary="What a problem code means and what to do, in English and Chinese",
        path_values={"problem_code": ProblemCode},
        query=LanguageQuery,
        responses={200: Response(content_type="text/html")},
        codes=("not_found",),
    ),
)
