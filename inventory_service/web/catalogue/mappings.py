"""Mappings that shops have of their own."""

from inventory_service.domain.clients import Scope
from inventory_service.web import shop_examples
from inventory_service.web.admission import Priority
from inventory_service.web.handlers import mappings
from inventory_service.web.routes import Link, Request, Response, Route
from inventory_service.web.schemas.fields import Id
from inventory_service.web.schemas.mappings import MappingBody, MappingSetView, MappingView

_PATH = "/v1/channels/shops/{shop}/mapping"
_SHOP = {"shop": Id}
_READ = Link(mappings.read_mapping, {"shop": "$response.body#/shop"}, "What counts now.")

MAPPINGS = (
    Route(
        method="PUT",
        path=_PATH,
        handler=mappings.put_mapping,
        tag="Channels",
        summary="Read a shop's orders by a mapping of its own",
        description=(
            "Checked as a whole first: `detail` names each table and key that is wrong. A new version, for orders that "
            "arrive or are read again within 2 s, without a restart; what is here stays as it was read. Failures wait "
            "for their next try, or for a retry. The same content once more is no new version."
        ),
        scope=Scope.ADMIN,
        priority=Priority.CHANGE,
        writes=True,
        takes_list=True,
        path_values=_SHOP,
        request=Request(documented=MappingBody, example=shop_examples.MAPPING),
        responses={200: Response(model=MappingSetView, example=shop_examples.MAPPING_SET, links=(_READ,))},
        codes=("not_found",),
    ),
    Route(
        method="GET",
        path=_PATH,
        handler=mappings.read_mapping,
        tag="Channels",
        summary="By which mapping a shop's orders are read, and which there were",
        scope=Scope.ADMIN,
        priority=Priority.READ,
        path_values=_SHOP,
        responses={200: Response(model=MappingView, example=shop_examples.MAPPING_VIEW)},
        codes=("not_found",),
    ),
    Route(
        method="DELETE",
        path=_PATH,
        handler=mappings.unset_mapping,
        tag="Channels",
        summary="Read a shop's orders by the mapping of its channel again",
        description="A new version too. A channel of one's own has none to go back to.",
        scope=Scope.ADMIN,
        priority=Priority.CHANGE,
        writes=True,
        path_values=_SHOP,
        responses={200: Response(model=MappingSetView, example=shop_examples.MAPPING_UNSET, links=(_READ,))},
        codes=("not_found", "validation_failed"),
    ),
)
