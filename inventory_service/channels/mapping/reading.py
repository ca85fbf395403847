"""A shop's document becomes its order: what the use cases of orders ask for (`ReadDocument`)."""

from collections.abc import Callable
from typing import TypeVar

from inventory_service.channels.mapping.applying import DoesNotFit, apply, apply_refund
from inventory_service.channels.mapping.checking import WrongMapping
from inventory_service.channels.mapping.loading import shipped
from inventory_service.channels.mapping.table import FieldMapping
from inventory_service.domain.orders.order import LineRefund, Order
from inventory_service.usecases.orders.ports import Misfit, Misread

MappingOf = Callable[[str, str], FieldMapping]

T = TypeVar("T")


def shipped_for(channel: str, shop: str) -> FieldMapping:
    """Ours, of a shop that has none of its own. Raises KeyError for a channel without any."""
    return shipped(channel)._replace(shop=shop)


class DocumentReader:
    """`mapping_of`: by channel and shop; raises KeyError where there is none, WrongMapping."""

    def __init__(self, mapping_of: MappingOf = shipped_for) -> None:
        self._mapping_of = mapping_of

    def __call__(self, channel: str, shop: str, document: object) -> Order:
        """Raises Misread."""
        return self._read(apply, channel, shop, document)

    def refund(self, channel: str, shop: str, document: object) -> tuple[LineRefund, ...]:
        """What a refund's document says of lines. Raises Misread."""
        return self._read(apply_refund, channel, shop, document)

    def _read(self, read: Callable[[FieldMapping, object], T], channel: str, shop: str, document: object) -> T:
        try:
            return read(self._mapping_of(channel, shop), document)
        except KeyError:
            raise Misread(Misfit("channel", "", f"there is no mapping for {channel}")) from None
        except WrongMapping as error:
            raise Misread(Misfit("mapping", "", error.problems[0])) from error
        except DoesNotFit as error:
            raise Misread(Misfit(error.field, error.path, error.reason)) from error
