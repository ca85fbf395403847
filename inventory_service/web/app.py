"""The application: routes bound to the services that `bootstrap` hands in."""

from aiohttp import hdrs, web

from inventory_service.telemetry import requests
from inventory_service.web.admission import Admission, Priority
from inventory_service.web.catalogue import ROUTES
from inventory_service.web.endpoint import Bounds, Endpoint
from inventory_service.web.openapi import document
from inventory_service.web.problems import KINDS
from inventory_service.web.services import PROCESS, SERVICES, Process, Services

DEFAULT_BOUNDS = Bounds()


def create_app(
    services: Services, bounds: Bounds = DEFAULT_BOUNDS, admission: Admission | None = None
) -> web.Application:
    """An aiohttp application; serve it with `web.server.serve_app`, which has the time limits."""
    app = web.Application()
    app[SERVICES] = services
    app[PROCESS] = Process(document(services.retention_days), admission or Admission())
    requests.expect(KINDS, (priority.name.lower() for priority in Priority))
    for route in ROUTES:
        serve = Endpoint(route, bounds).serve
        app.router.add_route(route.method, route.pattern, serve)
        if route.method == hdrs.METH_GET:
            app.router.add_route(hdrs.METH_HEAD, route.pattern, serve)
    return app
