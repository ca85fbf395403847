"""`python -m inventory_service` is the same as `inventory-service`."""

from inventory_service.cli import main

main()
