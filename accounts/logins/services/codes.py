"""Invitations and one-time codes: the only ways into a login that has no password of its own yet.

A secret exists in the clear only in the mail or on the one page it is made for; the database keeps
a keyed hash.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.core.models import LoginCode, User
from accounts.kit.text import identifier
from accounts.logins.invitation_links import invitation_token
from accounts.logins.mails import mail_login

INVITATION_LIFETIME = timedelta(days=7)
ONE_TIME_CODE_LIFETIME = timedelta(hours=24)

# Without 0/O, 1/I/L and U: nothing to confuse when a code is read out on the phone. 30^12 ≈ 2^59.
_ALPHABET = "ABCDEFGHJKMNPQRSTVWXYZ23456789"
_GROUPS, _GROUP_LENGTH = 3, 4


@dataclass(frozen=True)
class Issued:
    """A way in was made: `code` is to be shown once to whoever made it, or the link went to
    `mailed_to`.
    """

    user: User
    expires_at: Any
    code: str | None = None
    mailed_to: str = ""


def issue_way_in(*, user: User, by: User | None, by_mail: bool) -> Issued:
    """Make a new way in for `user`, ending any earlier one: a mailed link if wanted and possible,
    else a code.

    Call it inside the transaction of the deed it belongs to; the mail leaves after the commit.
    """
    if by_mail and user.email:
        # The worker that sends the mail makes the same secret again.
        now = timezone.now()
        token = invitation_token(user.pk, now)
        row = _store(user, by, LoginCode.Purpose.INVITATION, token, INVITATION_LIFETIME, now)
        mail_login(user, "login.invitation", invitation=row.pk)
        return Issued(user, row.expires_at, mailed_to=user.email)
    code = "-".join(
        "".join(secrets.choice(_ALPHABET) for _ in range(_GROUP_LENGTH)) for _ in range(_GROUPS)
    )
    purpose, now = LoginCode.Purpose.ONE_TIME_CODE, timezone.now()
    row = _store(user, by, purpose, _plain(code), ONE_TIME_CODE_LIFETIME, now)
    return Issued(user, row.expires_at, code=code)


def withdraw_ways_in(user: User) -> None:
    """End every open invitation and one-time code of a login."""
    LoginCode.objects.filter(user=user, used_at=None).delete()


def code_opens(user: User, code: str) -> bool:
    """Whether this is the login's one-time code; case and dashes don't matter.

    Signing in uses nothing up: whoever closes the page before choosing a password comes back with
    the same code. It ends with that choice, with the next code, and with its time.
    """
    return LoginCode.objects.filter(
        user=user,
        purpose=LoginCode.Purpose.ONE_TIME_CODE,
        code_hash=LoginCode.hash_of(_plain(code)),
        used_at=None,
        expires_at__gt=timezone.now(),
    ).exists()


def invited_login(token: str) -> User | None:
    """Whom an unused, unexpired invitation link belongs to. Looking uses nothing up: mail scanners
    follow links.
    """
    row = _open_invitation(token).select_related("user__account").first()
    return row.user if row else None


def redeem_invitation(token: str) -> bool:
    """Use up an invitation link. True exactly once, and only before it ends."""
    return _use(_open_invitation(token))


def _open_invitation(token: str) -> Any:
    return LoginCode.objects.filter(
        purpose=LoginCode.Purpose.INVITATION,
        code_hash=LoginCode.hash_of(token),
        used_at=None,
        expires_at__gt=timezone.now(),
    )


def _use(rows: Any) -> bool:
    # The condition sits in the UPDATE itself, so two sign-ins at the same moment cannot both pass.
    now = timezone.now()
    return bool(rows.filter(used_at=None, expires_at__gt=now).update(used_at=now))


@transaction.atomic
def _store(
    user: User,
    by: User | None,
    purpose: LoginCode.Purpose,
    secret: str,
    lifetime: timedelta,
    now: datetime,
) -> LoginCode:
    withdraw_ways_in(user)
    return LoginCode.objects.create(
        user=user,
        purpose=purpose,
        code_hash=LoginCode.hash_of(secret),
        created_at=now,
        created_by=by,
        expires_at=now + lifetime,
    )


def _plain(code: str) -> str:
    return "".join(character for character in identifier(code).upper() if character.isalnum())
