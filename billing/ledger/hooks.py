"""What the ledger keeps in the database: no row of it is ever changed; how that is checked; and
statements by mail.
"""

from collections.abc import Callable

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.core.actor import Actor
from accounts.core.guards import guarded
from accounts.core.models import Account
from accounts.kit.addresses import address_of
from accounts.mail.kinds import register_mail
from accounts.portal.audit_terms import AuditTerms
from accounts.portal.finding import Offer, SearchDeed, SearchPage
from accounts.portal.modules import OwnPage
from accounts.portal.panel import PanelPart
from accounts.portal.registry import Additions, Placed, registry
from accounts.portal.steps import DataCheck
from billing.ledger.dashboard import OWN_MOVEMENTS, movements_part
from billing.ledger.mails import KINDS
from billing.ledger.models import Entry, Transaction
from billing.ledger.queries.integrity import ledger_found
from billing.ledger.services.mailing import mailings_lost
from billing.ledger.services.posting import TRANSACTION_KEYS

AUDIT_TERMS = AuditTerms(
    words={"statement.mailing": ("mail", "", _("Statements by mail changed"))},
    labels={"rhythm": _("How often"), "statement_addresses": _("E-mail addresses")},
    of_who_did=frozenset({"statement_addresses"}),
    renamed={"statement.mailing": {"addresses": "statement_addresses"}},
    order=51,
)


def _own(page: str) -> Callable[[Actor], str | None]:
    return lambda actor: address_of(page, actor.own.account_id) if actor.own else None


OWN_PAGES = [
    OwnPage(
        "movements",
        _("Movements"),
        "history",
        _own("billing:account-payments"),
        pages=frozenset({"billing:account-payments", "billing:payments", "billing:payment"}),
        in_dock=True,
        order=20,
    ),
    OwnPage(
        "statement",
        _("Statement"),
        "report",
        _own("billing:statement"),
        pages=frozenset({"billing:statement", "billing:statement-mail"}),
        order=70,
    ),
]


def _statement(_actor: Actor, account: Account | None, _figure: str) -> Offer | None:
    if account is None:
        return None
    words = gettext("Statement of %(account)s") % {"account": account}
    return Offer(words, address_of("billing:statement", account.account_id))


OWN_STATEMENT = SearchPage(
    _("Own statement"),
    "report",
    lambda actor: _own("billing:statement")(actor) or "",
    (_("Statement of account"),),
    order=45,
)
STATEMENT = SearchDeed(
    "statement",
    "report",
    (_("statement"), _("statement of account")),
    _statement,
    is_usual=False,
    of_account=True,
    order=25,
)


def register() -> None:
    """Name the guarded tables and fill the registry; called once when the app is ready."""
    register_mail(*KINDS)
    guarded.update({Transaction: TRANSACTION_KEYS, Entry: ()})
    registry.add(
        "ledger",
        Additions(
            audit_terms=[AUDIT_TERMS],
            own_pages=OWN_PAGES,
            search_deeds=[STATEMENT],
            search_pages=[OWN_STATEMENT],
            own_cards=[OWN_MOVEMENTS],
            data_checks=[DataCheck("ledger", _("Ledger"), ledger_found, order=50)],
            on_move=[Placed(30, mailings_lost)],
            panel_parts=[PanelPart("billing/ledger/_panel.html", movements_part, order=30)],
        ),
    )
