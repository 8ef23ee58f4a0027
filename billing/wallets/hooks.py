"""What wallets add to accounts: balances in lists and on dashboards."""

from django.urls import reverse
from django.utils.translation import gettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.portal.audit_terms import AuditTerms
from accounts.portal.finding import SearchPage
from accounts.portal.registry import Additions, Placed, numbered, registry
from accounts.portal.steps import CountedNote, StandingCheck, StandingNote
from billing.wallets.columns import COLUMNS, LIST_FILTERS, LIST_VIEWS, hit_notes
from billing.wallets.queries import anybody_without_group
from billing.wallets.words import groups_recorded

LOW_BALANCE = StandingCheck(
    "warn",
    {"balance": "low"},
    ngettext_lazy(
        "%(count)s account is below its low-balance threshold",
        "%(count)s accounts are below their low-balance threshold",
        "count",
    ),
    _("No account is below its low-balance threshold"),
    order=40,
)


def _no_group(found: int) -> StandingNote:
    """Whether there are accounts that cannot call for they have no rate group."""
    if not found:
        return StandingNote("", gettext("Every account has a rate group"))
    url = f"{reverse('accounts:list')}?show=all&calls_at=none"
    return StandingNote("warn", gettext("Some accounts have no rate group: they cannot call"), url)


OVERDRAFT = SearchPage(
    _("Accounts below zero"),
    "wallet",
    lambda actor: f"{reverse('accounts:list')}?show=all&balance=negative",
    (_("Overdraft"), _("Credit limit")),
    order=210,
)
NO_GROUP = CountedNote("accounts without a group", anybody_without_group, _no_group, order=30)
AUDIT_TERMS = AuditTerms(
    labels={"rate_group": _("Rate group")},
    known={"rate_group": groups_recorded},
)


def register() -> None:
    """Fill the registry; called once when the app is ready."""
    registry.add(
        "wallets",
        Additions(
            # Money stands before what else is counted of an account.
            columns=numbered(10, COLUMNS),
            list_filters=numbered(10, LIST_FILTERS),
            list_views=LIST_VIEWS,
            audit_terms=[AUDIT_TERMS],
            search_pages=[OVERDRAFT],
            hit_notes=[Placed(10, hit_notes)],
            standing_checks=[LOW_BALANCE],
            counted_notes=[NO_GROUP],
        ),
    )
