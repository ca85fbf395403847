"""Shops and their credentials. No answer has a field for a secret."""

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

from inventory_service.channels.mapping.loading import shipped_channels
from inventory_service.domain.errors import Refused
from inventory_service.domain.shops.credential import (
    OVERLAP_SECONDS,
    OVERLAP_SECONDS_MAX,
    Credential,
    State,
)
from inventory_service.domain.shops.shop import (
    ADDRESS_CHARACTERS_MAX,
    CALLS_PER_SECOND_MAX,
    CALLS_PER_SECOND_MIN,
    HOLD_SECONDS,
    HOLD_SECONDS_MAX,
    OPTIONS_MAX,
    Shop,
)
from inventory_service.usecases.shops.manage_credentials import Shown
from inventory_service.usecases.shops.ports import ProbeOutcome
from inventory_service.usecases.shops.probe_shop import ShopProbed
from inventory_service.web.schemas.fields import (
    ADDRESS_PATTERN,
    APP_KEY_PATTERN,
    ID_PATTERN,
    SECRET_PATTERN,
    Label,
    Moment,
    milliseconds_of,
    moment,
    moment_or_none,
)

_END_MS_MAX = 253_402_300_799_999

Channel = Annotated[
    str,
    Meta(
        pattern=ID_PATTERN,
        description=f"One of {', '.join(shipped_channels())}; or one of your own, with `protocol` in `settings`.",
    ),
]
Name = Annotated[Label, Meta(min_length=1)]
Secret = Annotated[str, Meta(pattern=SECRET_PATTERN, max_length=4096, extra_json_schema={"writeOnly": True})]
AppKey = Annotated[str, Meta(pattern=APP_KEY_PATTERN, description="What names the application; it is no secret.")]
Address = Annotated[
    str,
    Meta(
        pattern=ADDRESS_PATTERN,
        max_length=ADDRESS_CHARACTERS_MAX,
        description="Where it is called; https, but on this machine.",
    ),
]
End = Annotated[datetime, Meta(tz=True, description="RFC 3339 with an offset.")]


class SettingsBody(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """What is left out has its default."""

    calls_per_second: Annotated[float, Meta(ge=CALLS_PER_SECOND_MIN, le=CALLS_PER_SECOND_MAX)] | UnsetType = UNSET
    answer_ms_max: Annotated[int, Meta(ge=100, le=60_000)] | UnsetType = UNSET
    answer_bytes_max: Annotated[int, Meta(ge=1024, le=67_108_864)] | UnsetType = UNSET
    protocol: (
        Annotated[
            Literal["generic"],
            Meta(description="Of a channel of your own: what it speaks. Its orders are read by the shop's mapping."),
        ]
        | UnsetType
    ) = UNSET
    options: (
        Annotated[
            dict[Annotated[str, Meta(pattern=ID_PATTERN)], Label],
            Meta(max_length=OPTIONS_MAX, description="What only its channel knows."),
        ]
        | UnsetType
    ) = UNSET


class ShopBody(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """The whole description: what is left out has its default again. The channel of a shop never changes."""

    channel: Channel
    title: Name
    responsible: Annotated[Name, Meta(description="The person who is called when it fails.")]
    base_url: Address
    hold_seconds: Annotated[
        int, Meta(ge=1, le=HOLD_SECONDS_MAX, description="How long an unpaid order keeps its stock.")
    ] = HOLD_SECONDS
    settings: SettingsBody = field(default_factory=SettingsBody)
    enabled: Annotated[bool, Meta(description="false: nobody calls it.")] = True


class ShopView(Struct, frozen=True, kw_only=True):
    shop: str
    channel: str
    title: str
    responsible: str
    base_url: str
    hold_seconds: int
    settings: dict[str, Any]
    enabled: bool
    paused_reason: Annotated[
        str | None, Meta(description="Why the service itself stopped calling it, such as `credential_invalid`.")
    ]


class CredentialBody(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """A new version. The one before stays valid for `overlap_seconds`; the same once more changes nothing."""

    app_key: AppKey
    app_secret: Secret
    access_token: Secret | UnsetType = UNSET
    refresh_token: Annotated[Secret, Meta(description="Renews the access token by a call.")] | UnsetType = UNSET
    expires_at: End | UnsetType = UNSET
    renewable_until: End | UnsetType = UNSET
    overlap_seconds: Annotated[int, Meta(ge=0, le=OVERLAP_SECONDS_MAX)] = OVERLAP_SECONDS

    def __repr__(self) -> str:
        return f"CredentialBody(app_key={self.app_key!r})"


class CredentialView(Struct, frozen=True, kw_only=True):
    """Of one version, everything but its secrets. `sealed_with`: version of the sealing key; null: they are gone."""

    version: int
    state: State
    app_key: str
    set_at: Moment
    set_by: str
    renewed_at: Moment
    valid_until: Moment | None
    retired_at: Moment | None
    expires_at: Moment | None
    renewable_until: Moment | None
    renews: bool
    sealed_with: int | None


class CredentialsView(Struct, frozen=True, kw_only=True):
    """Newest first."""

    shop: str
    credentials: list[CredentialView]


class ShopTestView(Struct, frozen=True, kw_only=True):
    """What a real signed call came to. `which` part of the credential was refused; `code`: the platform's own."""

    shop: str
    channel: str
    outcome: ProbeOutcome
    which: str | None
    code: str | None
    detail: str | None
    app_key: str | None
    version: int | None
    tested_at: Moment
    took_ms: int


def shop_of(name: str, body: ShopBody) -> Shop:
    settings = {
        key: value for key in body.settings.__struct_fields__ if (value := getattr(body.settings, key)) is not UNSET
    }
    return Shop(
        name, body.channel, body.title, body.responsible, body.base_url, body.hold_seconds, settings, body.enabled
    )


def shop_view(shop: Shop) -> ShopView:
    return ShopView(
        shop=shop.shop,
        channel=shop.channel,
        title=shop.title,
        responsible=shop.responsible,
        base_url=shop.base_url,
        hold_seconds=shop.hold_seconds,
        settings=dict(shop.settings),
        enabled=shop.enabled,
        paused_reason=shop.paused_reason or None,
    )


def credential_of(body: CredentialBody) -> Credential:
    """Its version is for the store to say. Raises Refused (`validation_failed`)."""
    return Credential(
        version=0,
        app_key=body.app_key,
        app_secret=body.app_secret,
        access_token=body.access_token or "",
        refresh_token=body.refresh_token or "",
        expires_ms=_end_ms("expires_at", body.expires_at),
        renewable_until_ms=_end_ms("renewable_until", body.renewable_until),
    )


def _end_ms(name: str, end: datetime | UnsetType) -> int | None:
    if end is UNSET:
        return None
    end_ms = milliseconds_of(end)
    if not 0 < end_ms <= _END_MS_MAX:  # 9999 is what people write for never; the year behind it no calendar shows
        raise Refused("validation_failed", "Expected a time from 1970 to 9999, in UTC.", f"/{name}")
    return end_ms


def credential_view(shown: Shown) -> CredentialView:
    version = shown.version
    return CredentialView(
        version=version.version,
        state=shown.state,
        app_key=version.app_key,
        set_at=moment(version.set_ms),
        set_by=version.set_by,
        renewed_at=moment(version.renewed_ms),
        valid_until=moment_or_none(version.valid_until_ms or 0),
        retired_at=moment_or_none(version.retired_ms or 0),
        expires_at=moment_or_none(version.expires_ms or 0),
        renewable_until=moment_or_none(version.renewable_until_ms or 0),
        renews=version.renews,
        sealed_with=version.sealed_with or None,
    )


def shop_test_view(probed: ShopProbed) -> ShopTestView:
    return ShopTestView(
        shop=probed.shop.shop,
        channel=probed.shop.channel,
        outcome=probed.result.outcome,
        which=probed.result.which or None,
        code=probed.result.code or None,
        detail=probed.result.detail or None,
        app_key=probed.app_key or None,
        version=probed.version or None,
        tested_at=moment(probed.at_ms),
        took_ms=probed.took_ms,
    )
