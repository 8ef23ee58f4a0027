"""The secret of an invitation link.

It follows from the invitation and SECRET_KEY, as that of a link for a forgotten password does: the
mail can be made, and made again, when it is sent, and until then the secret stands nowhere. Neither
the database nor a backup of it tells it without SECRET_KEY.
"""

import base64
from datetime import UTC, datetime

from django.conf import settings
from django.urls import reverse
from django.utils.crypto import salted_hmac


def invitation_token(user_pk: int, created_at: datetime) -> str:
    """The secret of the invitation that this login got at this moment: 256 bits."""
    named = f"{user_pk}:{created_at.astimezone(UTC).isoformat()}"
    digest = salted_hmac("accounts.logins.invitation", named, algorithm="sha256").digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def invitation_link(token: str) -> str:
    """Where the invited person chooses a password."""
    return settings.PORTAL_URL + reverse("security-invitation", args=[token])
