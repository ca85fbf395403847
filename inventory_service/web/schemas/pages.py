"""Pages for people."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from inventory_service.web.problems import KINDS
from inventory_service.web.schemas.fields import ID_PATTERN

ProblemCode = Annotated[str, Meta(pattern=ID_PATTERN, extra_json_schema={"enum": list(KINDS)})]


class LanguageQuery(Struct, forbid_unknown_fields=True, frozen=True):
    """Without `lang` the header `Accept-Language` decides which language comes first."""

    lang: Annotated[Literal["en", "zh"], Meta(description="Which language comes first.")] | None = None
