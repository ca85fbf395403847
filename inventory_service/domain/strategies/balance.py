"""The most available first, which the kernel sees; equally full ones as `nearest` ranks them."""

from inventory_service.domain.strategies import nearest
from inventory_service.domain.strategy import Strategy

STRATEGY = Strategy("balance", nearest.order, most_available_first=True)
