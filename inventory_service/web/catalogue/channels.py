"""Shops that orders come from, and the credentials that open them."""

from inventory_service.domain.clients import Scope
from inventory_service.web import examples, shop_examples
from inventory_service.web.admission import Priority
from inventory_service.web.handlers import channels
from inventory_service.web.routes import Link, Request, Response, Route
from inventory_service.web.schemas.cases import EmptyBody
from inventory_service.web.schemas.channels import (
    CredentialBody,
    CredentialsView,
    CredentialView,
    ShopBody,
    ShopTestView,
    ShopView,
)
from inventory_service.web.schemas.fields import Id
from inventory_service.web.schemas.lists import PageBody, PageQuery

_SHOP = {"shop": Id}
_SAME = {"shop": "$response.body#/shop"}
_SET = Link(channels.put_credential, _SAME, "What opens it.")

CHANNELS = (
    Route(
        method="GET",
        path="/v1/channels/shops",
        handler=channels.list_shops,
        tag="Channels",
        summary="All shops",
        scope=Scope.ADMIN,
        priority=Priority.LIST,
        query=PageQuery,
        responses={
            200: Response(
                model=PageBody[ShopView],
                example=examples.page(shop_examples.SHOP_VIEW),
                links=(
                    Link(channels.read_shop, {"shop": "$response.body#/data/0/shop"}),
                    Link(channels.list_shops, {"cursor": "$response.body#/next_cursor"}),
                ),
            )
        },
    ),
    Route(
        method="PUT",
        path="/v1/channels/shops/{shop}",
        handler=channels.put_shop,
        tag="Channels",
        summary="Register or change a shop",
        description=(
            "The whole description: what is left out has its default again. Names are unique over all channels, and a "
            "shop stays in its channel. Other processes know of it within 2 s. `paused_reason` is the service's own: "
            "after `credential_invalid` a newer credential, or a test that goes well, lets it go on."
        ),
        scope=Scope.ADMIN,
        priority=Priority.CHANGE,
        writes=True,
        path_values=_SHOP,
        path_refusal="validation_failed",
        request=Request(documented=ShopBody, example=shop_examples.SHOP),
        responses={
            200: Response(
                model=ShopView,
                example=shop_examples.SHOP_VIEW,
                links=(Link(channels.read_shop, _SAME), _SET, Link(channels.list_credentials, _SAME)),
            )
        },
    ),
    Route(
        method="GET",
        path="/v1/channels/shops/{shop}",
        handler=channels.read_shop,
        tag="Channels",
        summary="One shop",
        scope=Scope.ADMIN,
        priority=Priority.READ,
        path_values=_SHOP,
        responses={200: Response(model=ShopView, example=shop_examples.SHOP_VIEW, links=(_SET,))},
        codes=("not_found",),
    ),
    Route(
        method="PUT",
        path="/v1/channels/shops/{shop}/credentials",
        handler=channels.put_credential,
        tag="Channels",
        summary="Set a new credential",
        description=(
            "Sealed at rest, and never shown again. The newest version signs; the one before stays valid for "
            "`overlap_seconds`, for calls and for what the platform signs. Calls use it within 2 s, without a restart; "
            "a shop that was stopped as `credential_invalid` goes on. The same content once more is no new version."
        ),
        scope=Scope.ADMIN,
        priority=Priority.CHANGE,
        writes=True,
        path_values=_SHOP,
        request=Request(documented=CredentialBody, example=shop_examples.CREDENTIAL),
        responses={200: Response(model=CredentialView, example=shop_examples.CREDENTIAL_VIEW)},
        codes=("not_found",),
    ),
    Route(
        method="GET",
        path="/v1/channels/shops/{shop}/credentials",
        handler=channels.list_credentials,
        tag="Channels",
        summary="Every version of a shop's credential, without the secrets",
        scope=Scope.ADMIN,
        priority=Priority.LIST,
        path_values=_SHOP,
        responses={
            200: Response(
                model=CredentialsView,
                example={"shop": "tees", "credentials": [shop_examples.CREDENTIAL_VIEW]},
                links=(Link(channels.read_shop, _SAME),),
            )
        },
        codes=("not_found",),
    ),
    Route(
        method="POST",
        path="/v1/channels/shops/{shop}/test",
        handler=channels.probe_shop,
        tag="Channels",
        summary="Make a real signed call to the platform",
        description=(
            "Whatever comes of it is an answer: `ok`; `credential_refused` with `which` part of it to look at; "
            "`throttled`; `unreachable` (no whole answer within 3.5 s); `refused` with the platform's own `code`; "
            "`not_understood`; `no_adapter`. A shop that was stopped goes on after `ok`."
        ),
        scope=Scope.ADMIN,
        priority=Priority.CHANGE,
        writes=True,
        path_values=_SHOP,
        request=Request(documented=EmptyBody, optional=True),
        responses={200: Response(model=ShopTestView, example=shop_examples.SHOP_TEST)},
        codes=("not_found",),
    ),
)
