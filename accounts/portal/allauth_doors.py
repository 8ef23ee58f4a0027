"""What is used of django-allauth beyond what it promises: a new version may take it away.

It stands here and nowhere else; `tests/architecture/test_private_doors.py` names every door and
finds out when one is gone.
"""

from allauth.account.internal.flows.login import (
    get_authentication_records,
    perform_login,
    record_authentication,
)
from allauth.account.internal.flows.reauthentication import STATE_SESSION_KEY
from allauth.account.internal.stagekit import clear_login
from allauth.core.internal import ratelimit
from allauth.core.internal.httpkit import (
    deserialize_request,
    get_client_ip,
    serialize_request,
)

__all__ = [
    "STATE_SESSION_KEY",
    "clear_login",
    "deserialize_request",
    "get_authentication_records",
    "get_client_ip",
    "perform_login",
    "ratelimit",
    "record_authentication",
    "serialize_request",
]
