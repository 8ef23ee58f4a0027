"""Mails to the person behind a login. The first line of a template is the subject, the rest the
text.
"""

from functools import partial
from typing import Any

from allauth.account.models import EmailAddress
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.utils import timezone, translation

from accounts.core.actor import ADMINISTRATORS, Actor
from accounts.core.models import User
from accounts.logins.rules.guards import is_shut

# So many administrators hear of an event at most.
_MOST_MAILED = 20


def administrators_with_address() -> list[User]:
    """Those who can be told something by mail."""
    who = Q(is_superuser=True) | Q(groups__name=ADMINISTRATORS)
    readers = User.objects.filter(who, account=None, is_active=True).exclude(email="")
    return list(readers.distinct().order_by("pk")[:_MOST_MAILED])


def mail_login(
    user: User,
    template: str,
    *,
    to: str = "",
    folder: str = "accounts/logins/mail",
    **context: Any,
) -> None:
    """Send `<folder>/<template>.txt` in the login's language and zone once the transaction
    is committed.

    Does nothing for a login without an address. `to` overrides the address (the one before a
    change). A mail server that fails is logged and undoes nothing.
    """
    address = to or user.email
    if not address:
        return
    with translation.override(user.language), timezone.override(user.zone):
        text = render_to_string(f"{folder}/{template}.txt", {"login": user, **context})
    subject, _newline, body = text.strip().partition("\n")
    send = partial(send_mail, subject.strip(), body.strip() + "\n", None, [address])
    transaction.on_commit(send, robust=True)


def tell_of_operators_reset(actor: Actor, login: User) -> None:
    """An operator reset a login of an account that holds something: the login's other addresses
    and administrators hear of it.
    """
    if not is_shut(actor, login.account_id):
        return
    others = EmailAddress.objects.filter(user=login).exclude(email__lower=login.email.lower())
    for address in others.values_list("email", flat=True):
        mail_login(login, "reset", to=address, second_factor_removed=False)
    for administrator in administrators_with_address():
        mail_login(administrator, "reset_by_operator", about=login, operator=actor.login)


def tell_of_reset_by_command(login: User, *, second_factor_removed: bool) -> None:
    """Somebody at the server's shell let platform staff in anew: the other administrators hear of
    it; the login itself does by its reset.
    """
    for administrator in administrators_with_address():
        if administrator.pk != login.pk:
            mail_login(
                administrator,
                "reset_by_command",
                about=login,
                second_factor_removed=second_factor_removed,
            )
