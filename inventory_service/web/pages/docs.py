"""The API documentation for people: Swagger UI out of the offapi wheel, showing our document."""

import base64
import hashlib
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from inventory_service.domain.errors import Refused

PAGE = Path(__file__).with_name("docs.html").read_bytes()
# The page's own few lines of script, known by their hash, and the styles that Swagger UI sets on its elements.
_SCRIPT = PAGE.partition(b"<script>")[2].partition(b"</script>")[0]
_SCRIPT_HASH = base64.b64encode(hashlib.sha256(_SCRIPT).digest()).decode()
POLICY = (
    f"default-src 'self'; script-src 'self' 'sha256-{_SCRIPT_HASH}'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'"
)
SCRIPT_FILE = "swagger_bundle.js"
STYLE_FILE = "swagger_style.css"


@lru_cache
def asset(file_name: str) -> bytes:
    """A file that the page is made of. Raises Refused (`not_found`) where the package is not installed.

    Without importing the package: that would build three pages of several megabytes.
    """
    spec = find_spec("offapi")
    if spec is None or not spec.submodule_search_locations:
        raise Refused("not_found", "Swagger UI is not installed (package offapi).")
    return Path(spec.submodule_search_locations[0], file_name).read_bytes()
