"""What happens to the logins that operators opened where their account comes to hold authorizations
(docs/domain.md 1): they are shut until somebody above resets them.
"""

from collections.abc import Sequence

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import Exists, OuterRef, Q
from django.db.models.expressions import Combinable
from django.utils.translation import gettext as _

from accounts.core.actor import Actor
from accounts.core.models import Account, LoginCode, User
from accounts.core.record import record_subjects
from accounts.kit.errors import Refused
from accounts.logins.mails import mail_logins
from accounts.logins.services.sessions import sessions_end_of_logins
from accounts.portal.ground import ground_of_logins_lost

# So many accounts are asked about in one statement.
_BATCH = 500


def shut_operators_logins(actor: Actor, accounts: Sequence[Account]) -> None:
    """These accounts come to hold authorizations: their logins that an operator opened are shut,
    locked ones included. Sessions, password, codes, second factors and requests that wait end; the
    mark stays until somebody above resets them. For the service of grants, under the lock of the
    tree.

    Raises Refused where an operator grants to an account whose login an operator has let in: it
    gets its authorizations from administrators and the agents above it.
    """
    for start in range(0, len(accounts), _BATCH):
        _shut(actor, [one.pk for one in accounts[start : start + _BATCH]])


def _shut(actor: Actor, accounts: list[int]) -> None:
    concerned = User.objects.filter(
        Q(opened_by_operator=True) | Q(email_by_operator=True), account__in=accounts
    )
    candidates = list(concerned.annotate(has_a_way=_has_a_way()).select_related("account"))
    if actor.is_operator:
        _refuse_opened(candidates)
    if not candidates:
        return
    shut_before = {one.pk for one in candidates if not one.has_a_way}
    # In the order in which an invitation is used: first it, then the login.
    LoginCode.objects.filter(
        user__in=[one.pk for one in candidates if one.opened_by_operator], used_at=None
    ).delete()
    # A link to an operator's address may be opening one of them at this moment.
    locked = concerned.select_for_update(of=("self",)).select_related("account")
    logins = [one for one in locked.order_by("pk") if one.opened_by_operator]
    for login in logins:
        # With another hash, too, where there was none: a link mailed before ends with it.
        login.set_unusable_password()
        login.must_change_password = True
    User.objects.bulk_update(logins, ["password", "must_change_password"])
    pks = [one.pk for one in logins]
    sessions_end_of_logins(pks)
    Authenticator.objects.filter(user__in=pks).delete()
    ground_of_logins_lost(actor, pks, _("The login that asked was shut."))
    told = [one for one in logins if one.pk not in shut_before]
    record_subjects(
        actor=actor,
        action="login.shut",
        changed=[(one.account, one.username, {}, {}) for one in told if one.account],
        reason=_("An operator made it or let it in, and its account gets authorizations."),
    )
    mail_logins(told, "login.shut")


def _has_a_way() -> Combinable:
    """A condition for logins: there is something by which somebody is, or gets, in."""
    mine = {"user": OuterRef("pk")}
    return (
        ~Q(password__startswith=UNUSABLE_PASSWORD_PREFIX)
        | Exists(LoginCode.objects.filter(**mine, used_at=None))
        | Exists(UserSession.objects.filter(**mine))
        | Exists(Authenticator.objects.filter(**mine))
    )


def _refuse_opened(logins: Sequence[User]) -> None:
    for login in logins:
        if login.opened_by_operator and login.is_active:
            raise Refused(
                _(
                    "A login of %(account)s was made or let in by an operator. Its"
                    " authorizations are granted by administrators and by the agents"
                    " above it."
                )
                % {"account": login.account.account_id if login.account else ""},
                code="holds_authorizations",
            )
