"""Shops and their credentials."""

from inventory_service.web.answers import Answer, Call, json_answer
from inventory_service.web.schemas.cases import EmptyBody
from inventory_service.web.schemas.channels import (
    CredentialBody,
    CredentialsView,
    ShopBody,
    credential_of,
    credential_view,
    shop_of,
    shop_test_view,
    shop_view,
)
from inventory_service.web.schemas.lists import NoQuery, PageBody, PageQuery


async def put_shop(call: Call[ShopBody, NoQuery]) -> Answer:
    shop = shop_of(call.path["shop"], call.body)
    return json_answer(shop_view(await call.services.shops.put(shop, call.client.name)))


async def read_shop(call: Call[None, NoQuery]) -> Answer:
    return json_answer(shop_view(await call.services.shops.one(call.path["shop"])))


async def list_shops(call: Call[None, PageQuery]) -> Answer:
    page = await call.services.shops.list(call.query.limit, call.query.position)
    return json_answer(PageBody([shop_view(shop) for shop in page.data], page.next_cursor or None))


async def put_credential(call: Call[CredentialBody, NoQuery]) -> Answer:
    credential, overlap_ms = credential_of(call.body), call.body.overlap_seconds * 1000
    shown = await call.services.credentials.set(call.path["shop"], credential, overlap_ms, call.client.name)
    return json_answer(credential_view(shown))


async def list_credentials(call: Call[None, NoQuery]) -> Answer:
    found = await call.services.credentials.list(call.path["shop"])
    return json_answer(CredentialsView(shop=call.path["shop"], credentials=[credential_view(each) for each in found]))


async def probe_shop(call: Call[EmptyBody, NoQuery]) -> Answer:
    return json_answer(shop_test_view(await call.services.probe_shop(call.path["shop"])))
