"""Reading the warnings about combinations of authorizations off a page."""

import re
from typing import Any


def shown_cautions(page: Any) -> list[str]:
    """The names of those that are not hidden."""
    found = re.findall(r'data-caution="([^"]+)"[^>]*?( hidden)?>', page.content.decode())
    return [name for name, hidden in found if not hidden]
