"""Every call of the service, as the router serves it and the OpenAPI document tells it."""

from inventory_service.web.catalogue.allocations import ALLOCATIONS
from inventory_service.web.catalogue.channels import CHANNELS
from inventory_service.web.catalogue.mappings import MAPPINGS
from inventory_service.web.catalogue.operations import OPERATIONS, PAGES
from inventory_service.web.catalogue.orders import ORDERS
from inventory_service.web.catalogue.outbound import OUTBOUND
from inventory_service.web.catalogue.reservations import RESERVATIONS
from inventory_service.web.catalogue.scans import ALERTS, SCANS
from inventory_service.web.catalogue.stock import STOCK
from inventory_service.web.catalogue.sync import SYNC
from inventory_service.web.catalogue.transfers import TRANSFERS

ROUTES = (
    *(*RESERVATIONS, *ALLOCATIONS, *TRANSFERS, *STOCK, *ORDERS, *OUTBOUND, *SCANS, *ALERTS),
    *(*CHANNELS, *MAPPINGS, *SYNC, *OPERATIONS, *PAGES),
)
