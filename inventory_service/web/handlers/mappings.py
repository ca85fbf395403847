"""A shop's own mapping."""

from inventory_service.web.answers import Answer, Call, json_answer
from inventory_service.web.schemas.lists import NoQuery
from inventory_service.web.schemas.mappings import MappingBody, mapping_set_view, mapping_view


async def put_mapping(call: Call[MappingBody, NoQuery]) -> Answer:
    done = await call.services.mappings.set(call.path["shop"], call.body.toml, call.client.name)
    return json_answer(mapping_set_view(done))


async def read_mapping(call: Call[None, NoQuery]) -> Answer:
    return json_answer(mapping_view(await call.services.mappings.one(call.path["shop"])))


async def unset_mapping(call: Call[None, NoQuery]) -> Answer:
    return json_answer(mapping_set_view(await call.services.mappings.unset(call.path["shop"], call.client.name)))
