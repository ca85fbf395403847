"""How shops are kept in step with their platforms."""

from inventory_service.domain.clients import Scope
from inventory_service.web import sync_examples as examples
from inventory_service.web.admission import Priority
from inventory_service.web.handlers import sync
from inventory_service.web.routes import Link, Request, Response, Route
from inventory_service.web.schemas.cases import EmptyBody
from inventory_service.web.schemas.fields import Id
from inventory_service.web.schemas.sync import (
    BackfillView,
    CheckView,
    ItemsBody,
    ItemsView,
    Message,
    RangeBody,
    RepairedView,
    StandingsView,
    Told,
)

_SHOP = {"shop": Id}
_BACKFILL = Link(
    sync.read_backfill, {"shop": "$request.path.shop", "backfill_id": "$response.body#/backfill_id"}, "How far it is."
)
_CHECK_PATH = {"shop": "$request.path.shop", "check_id": "$response.body#/check_id"}
_CHECK = Link(sync.read_check, _CHECK_PATH, "How far it is.")
_REPAIR = Link(sync.repair_check, _CHECK_PATH, "Fetch what differs again.")

SYNC = (
    Route(
        method="POST",
        path="/v1/channels/{shop}/push",
        handler=sync.take_push,
        tag="Channels",
        summary="A platform says that something happened",
        description=(
            "Needs no key: the platform's signature over the raw body is the proof. What it tells is noted, and then "
            "fetched by a call of our own. The answer is the one that this platform expects, also of what is refused."
        ),
        priority=Priority.FINISH,
        writes=True,
        path_values=_SHOP,
        request=Request(documented=Message, raw=True, example=examples.PUSHED),
        responses={
            200: Response(model=Told, description="Noted; of some platforms also: refused.", example={}),
            401: Response(model=Told, description="Refused: no live secret signed it.", example={}),
        },
        codes=("not_found", "not_ready", "overloaded"),
    ),
    Route(
        method="POST",
        path="/v1/channels/{shop}/backfill",
        handler=sync.ask_backfill,
        tag="Channels",
        summary="Pull the orders of a time again",
        description=(
            "By when they were placed. Goes on by itself, also after a restart; asked for twice while it does, it is "
            "one. What is known is merged, what is missing gets its stock."
        ),
        scope=Scope.ORDERS,
        priority=Priority.CHANGE,
        writes=True,
        path_values=_SHOP,
        request=Request(documented=RangeBody, example=examples.RANGE),
        responses={200: Response(model=BackfillView, example=examples.BACKFILL, links=(_BACKFILL,))},
        codes=("not_found",),
    ),
    Route(
        method="GET",
        path="/v1/channels/{shop}/backfill/{backfill_id}",
        handler=sync.read_backfill,
        tag="Channels",
        summary="How far a backfill is, and what was new, changed and unchanged",
        scope=Scope.ORDERS,
        priority=Priority.LIST,
        path_values=_SHOP | {"backfill_id": Id},
        responses={200: Response(model=BackfillView, example=examples.BACKFILL, links=(_BACKFILL,))},
        codes=("not_found",),
    ),
    Route(
        method="POST",
        path="/v1/channels/{shop}/check",
        handler=sync.ask_check,
        tag="Channels",
        summary="Compare the platform's orders with ours",
        description="Count, amount, and the state of each. Made for every shop once a week without being asked for.",
        scope=Scope.ORDERS,
        priority=Priority.CHANGE,
        writes=True,
        path_values=_SHOP,
        request=Request(documented=RangeBody, example=examples.RANGE),
        responses={200: Response(model=CheckView, example=examples.CHECK, links=(_CHECK, _REPAIR))},
        codes=("not_found",),
    ),
    Route(
        method="GET",
        path="/v1/channels/{shop}/check/{check_id}",
        handler=sync.read_check,
        tag="Channels",
        summary="What a check has found",
        scope=Scope.ORDERS,
        priority=Priority.LIST,
        path_values=_SHOP | {"check_id": Id},
        responses={200: Response(model=CheckView, example=examples.CHECK, links=(_CHECK, _REPAIR))},
        codes=("not_found",),
    ),
    Route(
        method="POST",
        path="/v1/channels/{shop}/check/{check_id}/repair",
        handler=sync.repair_check,
        tag="Channels",
        summary="Fetch every order again that a check found different",
        description="But for those that the platform does not have. Doing it twice does no harm.",
        scope=Scope.ORDERS,
        priority=Priority.CHANGE,
        writes=True,
        path_values=_SHOP | {"check_id": Id},
        request=Request(documented=EmptyBody, optional=True),
        responses={200: Response(model=RepairedView, example=examples.REPAIRED, links=(_CHECK,))},
        codes=("not_found",),
    ),
    Route(
        method="GET",
        path="/v1/channels/status",
        handler=sync.read_channels_status,
        tag="Channels",
        summary="Where every shop stands",
        scope=Scope.ORDERS,
        priority=Priority.LIST,
        responses={200: Response(model=StandingsView, example=examples.STATUS)},
    ),
    Route(
        method="PUT",
        path="/v1/channels/shops/{shop}/items",
        handler=sync.put_items,
        tag="Channels",
        summary="Say what is in a platform's articles",
        description=(
            "Up to 1,000; others stay as they are. Within seconds, and whenever it changes, the platform is told what "
            "may be sold: of an article with several parts as many as of its scarcest one."
        ),
        scope=Scope.ORDERS,
        priority=Priority.CHANGE,
        writes=True,
        takes_list=True,
        path_values=_SHOP,
        request=Request(documented=ItemsBody, example=examples.ITEMS),
        responses={
            200: Response(
                model=ItemsView,
                example=examples.ITEMS_VIEW,
                links=(Link(sync.list_items, {"shop": "$request.path.shop"}),),
            )
        },
        codes=("not_found",),
    ),
    Route(
        method="GET",
        path="/v1/channels/shops/{shop}/items",
        handler=sync.list_items,
        tag="Channels",
        summary="A platform's articles, what is in them, and what was written to it",
        scope=Scope.ORDERS,
        priority=Priority.LIST,
        path_values=_SHOP,
        responses={200: Response(model=ItemsView, example=examples.ITEMS_VIEW)},
        codes=("not_found",),
    ),
)
