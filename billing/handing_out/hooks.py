"""What handing out money adds to accounts: terms and policies, and what agents have handed out."""

from django.utils.translation import gettext_lazy as _

from accounts.core.models import Account
from accounts.kit.addresses import address_of
from accounts.portal.audit_terms import AuditTerms
from accounts.portal.registry import Additions, Link, Placed, numbered, registry
from billing.handing_out.columns import COVER_COLUMNS, COVER_FILTER
from billing.handing_out.dashboard import BALANCE, UNCOVERED
from billing.handing_out.forms.terms import TERMS_SECTION
from billing.handing_out.services.moves import check_cover_of_move
from billing.handing_out.services.terms import close_blockers, delete_blockers, wallets_create

POLICY = Link(
    "payment-policy",
    _("Payment policy…"),
    "sliders",
    url=lambda actor, account: (
        address_of("billing:payment-policy", account.account_id)
        if actor.is_administrator and account.status != Account.Status.CLOSED
        else None
    ),
)
AUDIT_TERMS = AuditTerms(
    words={
        "payment_policy.set": ("sliders", "", _("Payment policy changed")),
        "wallet.terms": ("wallet", "", _("Terms of payment changed")),
    },
    from_above=frozenset({"alert_emails"}),
)


def register() -> None:
    """Fill the registry; called once when the app is ready."""
    registry.add(
        "handing_out",
        Additions(
            audit_terms=[AUDIT_TERMS],
            columns=numbered(20, COVER_COLUMNS),
            list_filters=numbered(20, [COVER_FILTER]),
            form_sections=numbered(10, [TERMS_SECTION]),
            row_actions=numbered(160, [POLICY]),
            dashboard_cards=numbered(20, [BALANCE, UNCOVERED]),
            overview_cards=numbered(10, [BALANCE]),
            on_create=[Placed(10, wallets_create)],
            move_checks=[Placed(10, check_cover_of_move)],
            close_blockers=[Placed(30, close_blockers)],
            delete_blockers=[Placed(30, delete_blockers)],
        ),
    )
