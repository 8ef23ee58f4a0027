"""What handing out money adds to accounts: terms and policies, and what agents have handed out."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.core.actor import Actor, decide
from accounts.core.authorizations import Authorization
from accounts.core.models import Account
from accounts.kit.addresses import address_of
from accounts.portal.audit_terms import AuditTerms
from accounts.portal.deeds import MoveEffect
from accounts.portal.list_parts import BulkAction
from accounts.portal.panel import PanelPart
from accounts.portal.registry import Additions, Link, Placed, numbered, registry
from billing.handing_out.columns import COVER_COLUMNS, COVER_FILTER
from billing.handing_out.dashboard import BALANCE, UNCOVERED, balance_part, rate_group_step
from billing.handing_out.forms.terms import TERMS_SECTION
from billing.handing_out.services.moves import check_cover_of_move, moved
from billing.handing_out.services.rate_groups import groups_lost
from billing.handing_out.services.terms import close_blockers, delete_blockers, wallets_create
from billing.handing_out.words import groups_to_lose

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


def _why_no_group(actor: Actor, subject: Account | None) -> str:
    """Why the actor gives no rate group below this agent; "" = it may. No query."""
    decision = decide(actor, Authorization.MANAGE_ACCOUNT, subject, is_agent_id=True)
    return "" if decision.is_allowed else decision.sentence


GIVE_GROUP = BulkAction(
    "rate-group",
    _("Rate group…"),
    "rates",
    url=lambda: reverse("billing:rate-group-give"),
    reason=_why_no_group,
)
GROUPS_LOST = MoveEffect("billing/handing_out/groups_lost.html", groups_to_lose, order=30)
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
            bulk_actions=numbered(5, [GIVE_GROUP]),
            row_actions=numbered(160, [POLICY]),
            dashboard_cards=numbered(20, [BALANCE, UNCOVERED]),
            overview_cards=numbered(10, [BALANCE]),
            panel_parts=[PanelPart("billing/handing_out/_panel.html", balance_part, order=10)],
            setup_steps=[Placed(25, rate_group_step)],
            on_create=[Placed(10, wallets_create)],
            on_move=[Placed(10, groups_lost), Placed(20, moved)],
            move_effects=[GROUPS_LOST],
            move_checks=[Placed(10, check_cover_of_move)],
            close_blockers=[Placed(30, close_blockers)],
            delete_blockers=[Placed(30, delete_blockers)],
        ),
    )
