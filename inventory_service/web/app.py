"""The application: routes bound to the services that `bootstrap` hands in."""

from aiohttp import web

from inventory_service.telemetry import requests
from inventory_service.web.admission import Admission, Priority
from inventory_service.web.catalogue import ROUTES
from inventory_service.web.endpoint import ENDPOINTS, Bounds, Endpoint
from inventory_service.web.matching import methods
from inventory_service.web.openapi import document
from inventory_service.web.problems import KINDS
from inventory_service.web.services import PROCESS, Process, Services
from inventory_service.web.waiting import WaitingRoom

DEFAULT_BOUNDS = Bounds()


def create_app(
    services: Services, bounds: Bounds = DEFAULT_BOUNDS, admission: Admission | None = None
) -> web.Application:
    """An aiohttp application; serve it with `web.server.serve_app`, which has the time limits."""
    app = web.Application()
    admission = admission or Admission()
    process = app[PROCESS] = Process(
        document(services.retention_days), admission, WaitingRoom(admission, requests.waiting)
    )
    endpoints = app[ENDPOINTS] = [Endpoint(route, bounds, services, process) for route in ROUTES]
    requests.expect(KINDS, (priority.name.lower() for priority in Priority))
    for endpoint in endpoints:
        for method in methods(endpoint.route):
            app.router.add_route(method, endpoint.route.pattern, endpoint.serve)
    return app
