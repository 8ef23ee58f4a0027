"""Mails to the person behind a login: what there is to tell, and how each is made when a worker
sends it. The first line of a template is the subject, the rest the text.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.core.actor import ADMINISTRATORS, Actor
from accounts.core.models import LoginCode, User
from accounts.logins.invitation_links import invitation_link, invitation_token
from accounts.logins.queries import find_login
from accounts.logins.rules.guards import is_shut, may_come_by_link
from accounts.mail.kinds import MailKind, NotSent
from accounts.mail.models import Mail
from accounts.mail.services.queue import mail_queue

# So many administrators hear of an event at most.
_MOST_MAILED = 20


def administrators_with_address() -> list[User]:
    """Those who can be told something by mail."""
    who = Q(is_superuser=True) | Q(groups__name=ADMINISTRATORS)
    readers = User.objects.filter(who, account=None, is_active=True).exclude(email="")
    return list(readers.distinct().order_by("pk")[:_MOST_MAILED])


def mail_login(user: User, kind: str, *, to: str = "", **keys: Any) -> None:
    """Tell a login something by mail, in its language and zone, once the transaction is committed.

    Does nothing for a login without an address. `to` overrides the address (the one before a
    change). `keys` name the objects it is about; nothing secret (`accounts.mail`).
    """
    if to or user.email:
        mail_queue(kind, [user], address=to, **keys)


def mail_logins(users: Sequence[User], kind: str, **keys: Any) -> None:
    """The same for several logins at once: a fixed number of statements."""
    mail_queue(kind, [one for one in users if one.email], **keys)


def mail_password_reset(address: str) -> None:
    """Have the link for a forgotten password mailed to whoever has this address, or to the address
    that no login has it. Which of the two is found out when it is sent: until then both are the
    same.
    """
    mail_queue("login.password_reset", [None], address=address)


def tell_of_operators_reset(actor: Actor, login: User) -> None:
    """An operator reset a login of an account that holds something: the login's other addresses
    and administrators hear of it.
    """
    if not is_shut(actor, login.account_id):
        return
    others = EmailAddress.objects.filter(user=login).exclude(email__lower=login.email.lower())
    for address in others.values_list("email", flat=True):
        mail_login(login, "login.reset", to=address, second_factor_removed=False)
    mail_logins(
        administrators_with_address(),
        "login.reset_by_operator",
        about=login.pk,
        operator=actor.user.pk if actor.user else None,
    )


def tell_of_reset_by_command(login: User, *, second_factor_removed: bool) -> None:
    """Somebody at the server's shell let platform staff in anew: the other administrators hear of
    it; the login itself does by its reset.
    """
    mail_logins(
        [one for one in administrators_with_address() if one.pk != login.pk],
        "login.reset_by_command",
        about=login.pk,
        second_factor_removed=second_factor_removed,
    )


def _invitation(mail: Mail) -> Mapping[str, Any]:
    row = LoginCode.objects.filter(
        pk=mail.keys["invitation"],
        user=mail.login_id,
        purpose=LoginCode.Purpose.INVITATION,
        used_at=None,
        expires_at__gt=timezone.now(),
    ).first()
    if row is None:
        raise NotSent(_("The invitation was used, replaced or withdrawn, or has ended."))
    token = invitation_token(row.user_id, row.created_at)
    if LoginCode.hash_of(token) != row.code_hash:
        raise NotSent(_("SECRET_KEY was changed since. Invite again."))
    return {"link": invitation_link(token), "expires_at": row.expires_at}


def _of_address(mail: Mail) -> User | None:
    """Whose the typed address is, of those who may come by a link."""
    user = find_login(mail.address)
    return user if user and may_come_by_link(user) else None


def _password_reset(mail: Mail) -> Mapping[str, Any]:
    user = _of_address(mail)
    if user is None:
        return {"link": ""}
    token = PasswordResetTokenGenerator().make_token(user)
    # As `ResetTokenForm` reads it: the login's key in the place of its number.
    kwargs = {"uidb36": user.key.replace("-", ""), "key": token}
    return {"link": settings.PORTAL_URL + reverse("account_reset_password_from_key", kwargs=kwargs)}


def _reset(mail: Mail) -> Mapping[str, Any]:
    return {"second_factor_removed": mail.keys["second_factor_removed"]}


def _reset_by_operator(mail: Mail) -> Mapping[str, Any]:
    about = User.objects.select_related("account").filter(pk=mail.keys["about"]).first()
    if about is None:
        raise NotSent(_("The login that it is about is gone."))
    operator = User.objects.filter(pk=mail.keys["operator"]).first()
    return {"about": about, "operator": operator.username if operator else "–"}


def _reset_by_command(mail: Mail) -> Mapping[str, Any]:
    about = User.objects.filter(pk=mail.keys["about"]).first()
    if about is None:
        raise NotSent(_("The login that it is about is gone."))
    return {"about": about, "second_factor_removed": mail.keys["second_factor_removed"]}


def _locked(mail: Mail) -> Mapping[str, Any]:
    if mail.login and mail.login.is_active:
        raise NotSent(_("The login was unlocked meanwhile."))
    return {}


def _unlocked(mail: Mail) -> Mapping[str, Any]:
    if mail.login and not mail.login.is_active:
        raise NotSent(_("The login was locked again meanwhile."))
    return {}


_FOLDER = "accounts/logins/mail"

KINDS = (
    MailKind("login.made", gettext_lazy("A login was made"), f"{_FOLDER}/made.txt"),
    MailKind(
        "login.invitation",
        gettext_lazy("Invitation"),
        f"{_FOLDER}/invitation.txt",
        _invitation,
    ),
    MailKind(
        "login.password_reset",
        gettext_lazy("Link for a forgotten password"),
        f"{_FOLDER}/password_reset.txt",
        _password_reset,
        find=_of_address,
        # Who asked has asked again by then.
        lasts=timedelta(hours=1),
    ),
    MailKind(
        "login.address_changed",
        gettext_lazy("The e-mail of a login was changed"),
        f"{_FOLDER}/address_changed.txt",
    ),
    MailKind(
        "login.password_changed",
        gettext_lazy("A password was changed"),
        f"{_FOLDER}/password_changed.txt",
    ),
    MailKind(
        "login.second_factor_changed",
        gettext_lazy("A second factor was changed"),
        f"{_FOLDER}/second_factor_changed.txt",
    ),
    MailKind("login.reset", gettext_lazy("A login was reset"), f"{_FOLDER}/reset.txt", _reset),
    MailKind(
        "login.reset_by_operator",
        gettext_lazy("An operator reset a login"),
        f"{_FOLDER}/reset_by_operator.txt",
        _reset_by_operator,
    ),
    MailKind(
        "login.reset_by_command",
        gettext_lazy("A login was let in at the server's shell"),
        f"{_FOLDER}/reset_by_command.txt",
        _reset_by_command,
    ),
    MailKind("login.locked", gettext_lazy("A login was locked"), f"{_FOLDER}/locked.txt", _locked),
    MailKind(
        "login.unlocked", gettext_lazy("A login was unlocked"), f"{_FOLDER}/unlocked.txt", _unlocked
    ),
    MailKind("login.shut", gettext_lazy("A login was shut"), f"{_FOLDER}/shut.txt"),
)
