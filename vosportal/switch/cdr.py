"""Records of calls come in from a switch: into the inbox, durably, before it is answered. The
charger does the rest, as with files (docs/cdr.md).
"""

from typing import Any

from accounts.switches.models import Switch
from billing.calls.services.posted import records_posted


def cdr(switch: Switch, body: Any) -> dict[str, Any]:
    """A record, or a list of records → {"taken"}, and under "refused" those that are none."""
    records = body if isinstance(body, list) else [body]
    taken, refused = records_posted(records, source=switch.name)
    if not refused:
        return {"taken": taken}
    keys = ("index", "column", "why")
    return {"taken": taken, "refused": [dict(zip(keys, one, strict=True)) for one in refused]}
