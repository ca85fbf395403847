"""All that can be done with orders, as one thing to hand around."""

from dataclasses import dataclass

from inventory_service.usecases.orders.arrive import ArriveOrder, TakeRefund
from inventory_service.usecases.orders.erase import EraseCustomer
from inventory_service.usecases.orders.feed import ReadFeed
from inventory_service.usecases.orders.hear import HearWarehouse
from inventory_service.usecases.orders.map_skus import MapSkus
from inventory_service.usecases.orders.read_orders import ReadOrders
from inventory_service.usecases.orders.retry import RetryOrders
from inventory_service.usecases.orders.settle import SettleOrder


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDesk:
    arrive: ArriveOrder
    refund: TakeRefund
    settle: SettleOrder
    retry: RetryOrders
    skus: MapSkus
    feed: ReadFeed
    warehouse: HearWarehouse
    read: ReadOrders
    erase: EraseCustomer
