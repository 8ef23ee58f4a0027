"""What an account may be and hold, and which accounts somebody finds: asked before every deed."""

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.core.querysets import AccountQuerySet
from accounts.kit.errors import NotInScope, Refused
from accounts.kit.legible import is_enterable
from accounts.kit.typed import plain


def check_may_hold_sub_accounts(agent: Account) -> None:
    """Raise Refused if `agent` can't be an Agent ID: not a general account, or closed."""
    if agent.type != Account.Type.GENERAL:
        raise Refused(
            _("%(account)s is not a general account: only general accounts may have sub-accounts.")
            % {"account": agent.account_id},
            code="agent_not_general",
            field="parent",
        )
    if agent.status == Account.Status.CLOSED:
        raise Refused(
            _("%(account)s is closed and cannot take sub-accounts.")
            % {"account": agent.account_id},
            code="agent_closed",
            field="parent",
        )


def check_depth(depth: int) -> None:
    """Raise Refused if an account with `depth` agents above it would be deeper than
    MAX_AGENT_DEPTH.
    """
    if depth > settings.MAX_AGENT_DEPTH:
        raise Refused(
            # Not how deep it is: that would tell how many levels lie above the viewer's own.
            _("That is too deep: an account has at most %(max)s agents above it.")
            % {"max": settings.MAX_AGENT_DEPTH},
            code="too_deep",
            field="parent",
        )


def check_fields(account: Account) -> None:
    """Raise Refused for a type, billing model or expiry that is none."""
    for field, choices in (
        ("type", Account.Type.values),
        ("ctd_billing_model", Account.BillingModel.values),
    ):
        if getattr(account, field) not in choices:
            raise Refused(_("Choose one of the options."), code="unknown_choice", field=field)
    if account.valid_until is not None and timezone.is_naive(account.valid_until):
        raise Refused(
            _("Give the time zone of the expiry."), code="naive_time", field="valid_until"
        )
    if account.valid_until is not None and not is_enterable(account.valid_until):
        raise Refused(_("Enter a day from 2000 to 2099."), code="range", field="valid_until")


def refuse_closed(account: Account) -> None:
    """Raise Refused for a closed account: it is never changed, moved or reopened."""
    if account.status == Account.Status.CLOSED:
        raise Refused(
            _("%(account)s is closed; a closed account is never changed or reopened.")
            % {"account": account.account_id},
            code="closed",
        )


def accounts_reached(actor: Actor) -> AccountQuerySet:
    """The accounts in the actor's scope: what every page and every question begins with."""
    return Account.objects.within(actor.scope)


def find_in_scope(actor: Actor, account_id: str, *, field: str | None = None) -> Account:
    """The account with this id in the actor's scope, in any case and without what nobody sees in
    it; unknown and foreign raise the same NotInScope.
    """
    typed = plain(account_id).replace("\u2013", "-").strip()
    account = accounts_reached(actor).called(typed).first()
    if account is None:
        raise NotInScope(
            _("Agent ID must be an existing account in your scope."),
            code="unknown_agent",
            field=field,
        )
    return account
