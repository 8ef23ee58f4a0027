"""What a login does to itself: choose its password, sign in."""

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.core.actor import Actor
from accounts.core.models import User
from accounts.core.record import record
from accounts.kit.errors import NotAllowed, Refused
from accounts.logins.mails import mail_login
from accounts.logins.rules.guards import takes_mailed_links
from accounts.logins.services.codes import withdraw_ways_in
from accounts.logins.services.sessions import sessions_end_of


def set_password(user: User, password: str) -> None:
    """Put a password on the (unsaved) login and note when. Rules are checked by the caller."""
    user.set_password(password)
    user.password_changed_at = timezone.now()
    user.must_change_password = False


@transaction.atomic
def password_set_by_self(
    *,
    actor: Actor,
    password: str,
    keep_session: str | None = None,
    by_mailed_link: bool = False,
) -> User:
    """Give the actor's own login the password it chose. Its other sessions, invitations and codes
    end.

    `keep_session` is the key of the session the person is in. `by_mailed_link`: who forgot it came
    with a link from the login's address; if an operator set that, an operator may be in from now
    on. Raises Refused (field `password`) when the password breaks a rule, NotAllowed when the login
    may not sign in at all or was reset or shut at this moment.
    """
    if actor.user is None or actor.read_only:
        raise NotAllowed(_("This login may not sign in."), code="not_own_login")
    login = User.objects.select_for_update(of=("self",)).get(pk=actor.user.pk)
    is_ended = login.password != actor.user.password
    if is_ended or by_mailed_link and not takes_mailed_links(login):
        raise NotAllowed(_("This login was reset in the meantime."), code="reset_meanwhile")
    try:
        validate_password(password, login)
    except ValidationError as error:
        raise Refused(" ".join(error.messages), code="password_rules", field="password") from error
    first = login.password_changed_at is None
    set_password(login, password)
    login.opened_by_operator |= by_mailed_link and login.email_by_operator
    login.save(
        update_fields=[
            "password", "password_changed_at", "must_change_password", "opened_by_operator",
        ]
    )  # fmt: skip
    withdraw_ways_in(login)
    sessions_end_of(login, but=keep_session)
    record(
        actor=actor,
        action="login.password_set",
        account=login.account,
        subject=login.username,
    )
    if not first:
        mail_login(login, "login.password_changed")
    return login


def sign_in_recorded(*, user: User, place: str) -> None:
    """Remember when and from where a login signed in, and the time before, which its pages show.

    Call it right before Django sets `last_login`.
    """
    user.previous_login, user.previous_login_from = user.last_login, user.last_login_from
    user.last_login_from = place[:200]
    user.save(update_fields=["previous_login", "previous_login_from", "last_login_from"])
