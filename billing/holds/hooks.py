"""What running calls add to pages of others: their page, a tab, a card, figures beside capacities,
and what stands against the end of an account.
"""

from collections.abc import Sequence

from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.kit.addresses import address_of
from accounts.portal.audit_terms import AuditTerms
from accounts.portal.registry import Additions, Blocker, Placed, Tab, numbered, registry
from accounts.portal.ways import CallPage
from billing.holds.columns import list_url
from billing.holds.dashboard import OWN_RUNNING, RUNNING
from billing.holds.queries import calls_with, held_prefixes, open_calls, waiting_holds

AUDIT_TERMS = AuditTerms(
    words={
        "call.cut": ("no", "danger", _("Call %(subject)s cut")),
        "running_calls.export": ("download", "", _("Running calls exported")),
    },
    labels={"callee": _("Called")},
)


def _list(actor: Actor, account: Account) -> str | None:
    """A clearing account calls nobody."""
    if account.type == Account.Type.CLEARING:
        return None
    return address_of("billing:account-running-calls", account.account_id)


def calls_up(actor: Actor, kind: str, name: str) -> tuple[int, str]:
    """Of a phone or a gateway; whoever asks for a carrier's is an administrator."""
    column = "routing_gateway" if kind == "carrier" else kind
    return calls_with(actor, column, name), list_url(**{kind: name})


def close_blockers(account: Account) -> Sequence[Blocker]:
    """Calls that run, or are over and still hold money of the account, and those of others that
    wait in the queue and hold some.
    """
    found = []
    if count := open_calls(account):
        words = ngettext(
            "%(count)s call that runs or holds money",
            "%(count)s calls that run or hold money",
            count,
        )
        url = address_of("billing:account-running-calls", account.account_id)
        found.append(Blocker(words % {"count": _figure(count)}, url))
    if count := waiting_holds(account):
        words = ngettext(
            "%(count)s call that waits in the queue and holds its money",
            "%(count)s calls that wait in the queue and hold its money",
            count,
        )
        found.append(Blocker(words % {"count": _figure(count)}))
    return found


def _figure(count: int) -> str:
    return number_format(count, force_grouping=True)


def delete_blockers(account: Account) -> Sequence[Blocker]:
    has_some = open_calls(account) or waiting_holds(account)
    return [Blocker(gettext("calls that hold its money"))] if has_some else []


PAGE = CallPage("running", _("Running"), lambda actor: reverse("billing:running-calls"), order=20)
TAB = Tab("running-calls", _("Running calls"), _list)


def register() -> None:
    """Fill the registry; called once when the app is ready."""
    registry.add(
        "holds",
        Additions(
            call_pages=[PAGE],
            account_tabs=numbered(84, [TAB]),
            dashboard_cards=numbered(24, [RUNNING]),
            own_cards=[OWN_RUNNING],
            calls_up=[Placed(10, calls_up)],
            held_prefixes=[held_prefixes],
            audit_terms=[AUDIT_TERMS],
            close_blockers=[Placed(45, close_blockers)],
            delete_blockers=[Placed(45, delete_blockers)],
        ),
    )
