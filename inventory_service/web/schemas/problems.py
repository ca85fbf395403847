"""The body of every error: RFC 9457 with the contract's further members."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from inventory_service.domain.outcomes import ShortageReason


class ShortageBody(Struct, frozen=True):
    sku: str
    requested: int
    available: int
    reason: ShortageReason


class Problem(Struct, frozen=True, kw_only=True):
    """What went wrong. Every error but `outcome_unknown` means that nothing happened."""

    type: Annotated[
        str, Meta(description="A page that explains the code.", extra_json_schema={"format": "uri-reference"})
    ]
    title: str
    status: int
    detail: str
    code: Annotated[str, Meta(description="Stable; decide by this.")]
    request_id: str
    retryable: Annotated[bool, Meta(description="Whether the same request may succeed later.")]
    pointer: Annotated[str, Meta(description="JSON Pointer of the offending value.")] | UnsetType = UNSET
    retry_after_ms: int | UnsetType = UNSET
    shortages: Annotated[list[ShortageBody], Meta(description="Every short line.")] | UnsetType = UNSET
    reasons: Annotated[list[str], Meta(description="Of /readyz: what is missing.")] | UnsetType = UNSET
