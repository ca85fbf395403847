"""What a person does with shops on the command line, checked as over HTTP, in the name of `cli`.

Each raises SettingsError, EmbeddedError, and what its use case raises.
"""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

import msgspec

from inventory_service.bootstrap.by_hand import BY_HAND, Fields, checked
from inventory_service.bootstrap.channels import ShopParts, shop_parts
from inventory_service.bootstrap.stores import found_stores, given_urls
from inventory_service.domain.errors import Refused
from inventory_service.domain.shops.shop import Shop
from inventory_service.ledger.pool import make_pool
from inventory_service.settings import Settings
from inventory_service.usecases.shops.manage_credentials import Shown
from inventory_service.usecases.shops.manage_mappings import MappingSet, ShownMapping
from inventory_service.usecases.shops.ports import Change
from inventory_service.usecases.shops.probe_shop import ShopProbed
from inventory_service.web.schemas.channels import CredentialBody, ShopBody, credential_of, shop_of
from inventory_service.web.schemas.fields import ID_PATTERN, PATTERNS

PROBE_WITHIN_S = 30.0  # a person waits, and platforms may be slow
_OPTION = "options."


async def list_shops(settings: Settings) -> list[Shop]:
    """All of them, by name."""
    async with _parts(settings) as parts:
        await parts.registry.refresh()
        return [shop for _, shop in sorted(parts.registry.all().items())]


async def add(settings: Settings, name: str, fields: Fields, changes: Fields) -> Shop:
    """`fields` as the API takes them, but for the settings: `changes` as in `change`."""
    async with _parts(settings) as parts:
        if await parts.registry.lookup(name) is not None:
            raise Refused("validation_failed", f"There is a shop {name} already: `channels shops change` changes it.")
        return await parts.shops.put(_shop(name, {**fields, "settings": _merged({}, changes)}), BY_HAND.name)


async def change(settings: Settings, name: str, fields: Fields, changes: Fields) -> Shop:
    """`changes` of the settings by name, of the channel's own as `options.<name>`; None takes one away."""
    async with _parts(settings) as parts:
        found = await parts.shops.one(name)
        before = {part: getattr(found, part) for part in ShopBody.__struct_fields__}
        merged = {**before, **fields, "settings": _merged(found.settings, changes)}
        return await parts.shops.put(_shop(name, merged), BY_HAND.name)


async def history(settings: Settings, name: str) -> Sequence[Change]:
    async with _parts(settings) as parts:
        return await parts.shops.history(name)


async def set_credential(settings: Settings, name: str, fields: Fields) -> Shown:
    """`fields` as the API takes them."""
    body = checked(CredentialBody, fields)
    async with _parts(settings) as parts:
        return await parts.credentials.set(name, credential_of(body), body.overlap_seconds * 1000, BY_HAND.name)


async def list_credentials(settings: Settings, name: str) -> Sequence[Shown]:
    async with _parts(settings) as parts:
        return await parts.credentials.list(name)


async def retire_credential(settings: Settings, name: str, version: int) -> None:
    async with _parts(settings) as parts:
        await parts.credentials.retire(name, version, BY_HAND.name)


async def probe(settings: Settings, name: str) -> ShopProbed:
    async with _parts(settings) as parts:
        return await parts.probe(name)


async def mapping(settings: Settings, name: str) -> ShownMapping:
    async with _parts(settings, makes=False) as parts:
        return await parts.mappings.one(name)


async def set_mapping(settings: Settings, name: str, toml: str, *, dry_run: bool) -> MappingSet:
    """`dry_run`: nothing is kept."""
    async with _parts(settings) as parts:
        if dry_run:
            return await parts.mappings.compare(name, toml)
        return await parts.mappings.set(name, toml, BY_HAND.name)


async def unset_mapping(settings: Settings, name: str) -> MappingSet:
    async with _parts(settings) as parts:
        return await parts.mappings.unset(name, BY_HAND.name)


@asynccontextmanager
async def _parts(settings: Settings, *, makes: bool = True) -> AsyncIterator[ShopParts]:
    async with (
        found_stores(settings, makes=makes) as located,
        make_pool(given_urls(located).database_url, size_max=1) as pool,
    ):
        yield shop_parts(pool, settings, PROBE_WITHIN_S)


def _shop(name: str, fields: Fields) -> Shop:
    """Raises Refused where the API would."""
    if not re.fullmatch(ID_PATTERN, name):
        raise Refused("validation_failed", f"A shop's name has {PATTERNS[ID_PATTERN]}.", "/shop")
    return shop_of(name, checked(ShopBody, fields))


def _merged(before: Fields, changes: Fields) -> Fields:
    """Settings with the changes; what is None, or an object of nothing, is left out."""
    options = msgspec.convert(before.get("options", {}), dict[str, object])
    options |= {name.removeprefix(_OPTION): value for name, value in changes.items() if name.startswith(_OPTION)}
    others = {name: value for name, value in changes.items() if not name.startswith(_OPTION)}
    return _said({**before, "options": _said(options), **others})


def _said(fields: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in fields.items() if value is not None and value != {}}
