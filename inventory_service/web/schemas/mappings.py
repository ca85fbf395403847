"""A shop's own mapping: as it is given, what it changes, and which there were."""

from typing import Annotated

from msgspec import Meta, Struct

from inventory_service.channels.mapping.loading import BYTES_MAX
from inventory_service.usecases.shops.manage_mappings import MappingSet, ShownMapping
from inventory_service.web.schemas.fields import TEXT_PATTERN, Moment, moment

Toml = Annotated[
    str,
    Meta(
        pattern=TEXT_PATTERN,
        max_length=BYTES_MAX,
        description="A mapping table in TOML. With `extends` it holds only what differs from ours.",
    ),
]


class MappingBody(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    toml: Toml


class MappingChangeView(Struct, frozen=True, kw_only=True):
    """`before`, `after`: null where nothing stands there."""

    place: Annotated[str, Meta(description="Table and key, such as `[line] sku path`.")]
    before: str | None
    after: str | None


class MappingSetView(Struct, frozen=True, kw_only=True):
    """What counts from now on, and what that changes."""

    shop: str
    version: int
    digest: Annotated[str, Meta(description="Of the content: the same for the same mapping, whatever it is spelled.")]
    changes: list[MappingChangeView]


class MappingVersionView(Struct, frozen=True, kw_only=True):
    version: int
    own: Annotated[bool, Meta(description="false: from then on ours.")]
    digest: str
    set_at: Moment
    set_by: str


class MappingView(Struct, frozen=True, kw_only=True):
    """What counts now. `version` 0: it never had one of its own. `versions`: newest first."""

    shop: str
    channel: str
    version: int
    toml: Annotated[str | None, Meta(description="As it was given; null: ours.")]
    digest: str | None
    problem: Annotated[str | None, Meta(description="Why nothing can be read by it since a new release.")]
    versions: list[MappingVersionView]


def mapping_set_view(done: MappingSet) -> MappingSetView:
    changes = [
        MappingChangeView(place=each.place, before=each.before or None, after=each.after or None)
        for each in done.changes
    ]
    return MappingSetView(shop=done.shop, version=done.version, digest=done.digest, changes=changes)


def mapping_view(shown: ShownMapping) -> MappingView:
    versions = [
        MappingVersionView(
            version=each.version,
            own=bool(each.toml),
            digest=each.digest,
            set_at=moment(each.set_ms),
            set_by=each.set_by,
        )
        for each in shown.versions
    ]
    return MappingView(
        shop=shown.shop.shop,
        channel=shown.shop.channel,
        version=shown.version,
        toml=shown.toml or None,
        digest=shown.digest or None,
        problem=shown.problem or None,
        versions=versions,
    )
