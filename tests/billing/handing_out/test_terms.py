"""Commercial terms in the forms that create and edit accounts: who may set which, and together
with the account or not at all.
"""

from decimal import Decimal
from uuid import uuid4

import pytest

from accounts.core.actor import SYSTEM, actor_for
from accounts.core.models import Account, AuditEntry
from accounts.kit.errors import NotAllowed, Refused
from accounts.tree.services.accounts import account_edit
from accounts.tree.services.ending import account_close
from billing.handing_out.services.terms import terms_set
from billing.payments.services.paying import Payment, payment_make
from billing.wallets.models import Wallet
from tests.factories import ResellerTree, UserFactory, grant
from tests.support.answering import LEFT_OUT, answered
from tests.support.pages import markup_of
from tests.support.refusals import refused

pytestmark = pytest.mark.django_db

EDIT = "/accounts/Customer-001/edit/"


@pytest.fixture
def agent_with(reseller_tree, client_of):
    """`agent_with("manage_account")`: a browser of the agent that holds these."""

    def make(*codes):
        grant(reseller_tree.agent, *codes)
        return client_of(UserFactory(account=reseller_tree.agent))

    return make


def filled(page, **changes):
    """What a browser would send: the form of the page with some fields changed."""
    return answered(page, {k: LEFT_OUT if v is None else v for k, v in changes.items()})


def wallet(account) -> Wallet:
    return Wallet.objects.get(pk=account.pk)


def used(account, amount):
    """Let the account use this much of its credit."""
    terms_set(actor=SYSTEM, account=account, payment_mode="postpaid", credit_limit=Decimal(500))
    payment_make(
        actor=SYSTEM,
        account=account,
        payment=Payment("deduction", Decimal(amount)),
        idempotency_key=str(uuid4()),
    )


def test_administrators_set_every_term(admin, reseller_tree) -> None:
    sent = filled(
        admin.get(EDIT),
        payment_mode="postpaid",
        credit_limit="500.50",
        is_unlimited="on",
        low_balance_threshold="-20",
    )
    assert admin.post(EDIT, sent).status_code == 303
    one = wallet(reseller_tree.customer)
    assert (one.payment_mode, one.credit_limit, one.is_unlimited) == ("postpaid", 500.5, True)
    assert one.low_balance_threshold == -20
    assert AuditEntry.objects.filter(action="wallet.terms", account="Customer-001").exists()


def test_a_new_account_gets_its_terms_with_it(admin, reseller_tree) -> None:
    url = "/accounts/new/?agent=Dhaka-Retail-Sub"
    sent = filled(
        admin.get(url),
        name="Fresh",
        account_id="Fresh-001",
        payment_mode="postpaid",
        credit_limit="75",
        low_balance_threshold="5",
    )
    assert admin.post(url, sent).status_code == 303
    one = Wallet.objects.get(account__account_id="Fresh-001")
    assert (one.payment_mode, one.credit_limit, one.low_balance_threshold) == ("postpaid", 75, 5)


def test_terms_that_cannot_be_leave_no_account_behind(admin, reseller_tree) -> None:
    url = "/accounts/new/?agent=Dhaka-Retail-Sub"
    sent = filled(admin.get(url), name="Fresh", account_id="Fresh-001", is_unlimited="on")
    page = admin.post(url, sent)
    assert page.status_code == 422
    assert "is_unlimited" in page.context["form"].errors
    assert not Account.objects.filter(account_id="Fresh-001").exists()


def test_terms_that_cannot_be_leave_the_account_as_it_was(admin, reseller_tree) -> None:
    sent = filled(admin.get(EDIT), name="Changed", is_unlimited="on", payment_mode="prepaid")
    page = admin.post(EDIT, sent)
    assert page.status_code == 422
    assert "is_unlimited" in page.context["form"].errors
    reseller_tree.customer.refresh_from_db()
    assert reseller_tree.customer.name != "Changed"


@pytest.mark.parametrize(
    ("field", "typed"),
    [("credit_limit", "-5"), ("credit_limit", "1,500"), ("low_balance_threshold", "1e400")],
)
def test_an_amount_that_is_none_is_said_at_its_field(admin, reseller_tree, field, typed) -> None:
    page = admin.post(EDIT, filled(admin.get(EDIT), **{field: typed}))
    assert page.status_code == 422
    assert field in page.context["form"].errors


def test_who_manages_accounts_sets_the_threshold(agent_with, reseller_tree) -> None:
    client = agent_with("manage_account")
    sent = filled(client.get(EDIT), low_balance_threshold="15")
    assert client.post(EDIT, sent).status_code == 303
    assert wallet(reseller_tree.customer).low_balance_threshold == 15


def test_addresses_for_alerts_are_hidden_and_kept(admin, reseller_tree) -> None:
    """Nobody sends anything there yet: nothing shows them, and what was entered stays."""
    Wallet.objects.filter(pk=reseller_tree.customer.pk).update(alert_emails="a@example.com")
    for page in (EDIT, "/accounts/Customer-001/", "/accounts/Dhaka-Retail-Sub/sub-accounts/"):
        body = markup_of(admin.get(page))
        assert "a@example.com" not in body
        assert "alert_emails" not in body
        assert "alert e-mails" not in body.lower()
    sent = filled(admin.get(EDIT), low_balance_threshold="15", alert_emails="b@example.com")
    assert admin.post(EDIT, sent).status_code == 303
    one = wallet(reseller_tree.customer)
    assert (one.low_balance_threshold, one.alert_emails) == (15, "a@example.com")
    with pytest.raises(TypeError):
        terms_set(actor=SYSTEM, account=reseller_tree.customer, alert_emails="c@example.com")


def test_without_8_mode_and_limit_are_shown_and_say_why(agent_with) -> None:
    form = agent_with("manage_account").get(EDIT).context["form"]
    for name in ("payment_mode", "credit_limit", "is_unlimited"):
        assert form.fields[name].disabled
        assert form.fields[name].help_text
    assert "8" in form.fields["credit_limit"].help_text


def test_what_one_may_not_change_is_not_changed(agent_with, reseller_tree) -> None:
    client = agent_with("manage_account")
    sent = filled(client.get(EDIT), payment_mode="postpaid", credit_limit="999", is_unlimited="on")
    client.post(EDIT, sent)
    one = wallet(reseller_tree.customer)
    assert (one.payment_mode, one.credit_limit, one.is_unlimited) == ("prepaid", 0, False)


def test_only_postpaid_accounts_have_unlimited_credit(reseller_tree: ResellerTree) -> None:
    with refused("unlimited_prepaid", field="is_unlimited"):
        terms_set(
            actor=SYSTEM, account=reseller_tree.customer, payment_mode="prepaid", is_unlimited=True
        )


def test_with_8_mode_and_limit_are_set_but_not_unlimited(agent_with, reseller_tree) -> None:
    client = agent_with("manage_account", "pay_sub_account")
    sent = filled(client.get(EDIT), payment_mode="postpaid", credit_limit="40")
    page = client.post(EDIT, {**sent, "is_unlimited": "on"})
    assert page.context["form"].errors.keys() == {"is_unlimited"}
    assert wallet(reseller_tree.customer).payment_mode == "prepaid"
    assert client.post(EDIT, sent).status_code == 303
    one = wallet(reseller_tree.customer)
    assert (one.payment_mode, one.credit_limit, one.is_unlimited) == ("postpaid", 40, False)


def test_whoever_asks_for_it_unlimited_credit_is_given_by_administrators_alone(
    reseller_tree, administrator
) -> None:
    grant(reseller_tree.agent)
    agent = actor_for(UserFactory(account=reseller_tree.agent))
    unlimited = {"payment_mode": "postpaid", "is_unlimited": True}
    with refused("administrators_only", NotAllowed):
        terms_set(actor=agent, account=reseller_tree.customer, **unlimited)
    terms_set(actor=actor_for(administrator), account=reseller_tree.customer, **unlimited)
    # Nor is it taken away by anybody else.
    with refused("administrators_only", NotAllowed):
        terms_set(actor=agent, account=reseller_tree.customer, is_unlimited=False)
    assert wallet(reseller_tree.customer).is_unlimited


@pytest.mark.parametrize(
    ("terms", "code", "field"),
    [
        ({"credit_limit": Decimal(-1)}, "negative", "credit_limit"),
        ({"credit_limit": Decimal(-2_000_000_000)}, "too_large", "credit_limit"),
        ({"low_balance_threshold": Decimal(-2_000_000_000)}, "too_large", "low_balance_threshold"),
        ({"payment_mode": "barter"}, "unknown_choice", "payment_mode"),
        ({"is_unlimited": True}, "unlimited_prepaid", "is_unlimited"),
    ],
)
def test_terms_that_cannot_be_are_refused_by_their_field(reseller_tree, terms, code, field) -> None:
    with refused(code, Refused, field=field):
        terms_set(actor=SYSTEM, account=reseller_tree.customer, **terms)


def test_terms_of_a_closed_account_are_never_changed(reseller_tree) -> None:
    account_close(actor=SYSTEM, account=reseller_tree.customer, reason="gone")
    with refused("closed", Refused):
        terms_set(actor=SYSTEM, account=reseller_tree.customer, low_balance_threshold=Decimal(5))


def test_a_form_sent_without_the_section_leaves_the_terms(admin, reseller_tree) -> None:
    terms_set(
        actor=SYSTEM,
        account=reseller_tree.customer,
        low_balance_threshold=Decimal(7),
        credit_limit=Decimal(9),
    )
    page = admin.get(EDIT)
    bare = {
        name: value
        for name, value in filled(page).items()
        if name not in ("terms_version", "credit_limit", "low_balance_threshold")
    }
    assert admin.post(EDIT, bare).status_code == 422
    one = wallet(reseller_tree.customer)
    assert (one.low_balance_threshold, one.credit_limit) == (7, 9)


def test_a_limit_below_what_is_used_is_warned_of_first(admin, reseller_tree) -> None:
    used(reseller_tree.customer, 300)
    sent = filled(admin.get(EDIT), credit_limit="100")
    page = admin.post(EDIT, sent)
    assert page.status_code == 200
    assert "it is 200.00 beyond it" in page.content.decode()
    assert wallet(reseller_tree.customer).credit_limit == 500


def test_a_limit_below_what_is_used_is_allowed(admin, reseller_tree) -> None:
    used(reseller_tree.customer, 300)
    sent = filled(admin.get(EDIT), credit_limit="100")
    hidden = answered(admin.post(EDIT, sent), {"confirmed": "1"})
    assert admin.post(EDIT, hidden).status_code == 303
    assert wallet(reseller_tree.customer).credit_limit == 100


def test_back_from_the_warning_the_form_is_as_it_was_filled_in(admin, reseller_tree) -> None:
    used(reseller_tree.customer, 300)
    sent = filled(admin.get(EDIT), credit_limit="100", name="Changed")
    page = admin.post(EDIT, {**sent, "change": "1"})
    assert page.status_code == 200
    assert page.context["form"]["credit_limit"].value() == "100"
    assert page.context["form"]["name"].value() == "Changed"


def test_a_limit_that_still_holds_is_not_warned_of(admin, reseller_tree) -> None:
    used(reseller_tree.customer, 300)
    sent = filled(admin.get(EDIT), credit_limit="300")
    assert admin.post(EDIT, sent).status_code == 303


def test_terms_changed_meanwhile_are_chosen_between(admin, reseller_tree) -> None:
    sent = filled(admin.get(EDIT), credit_limit="100")
    terms_set(actor=SYSTEM, account=reseller_tree.customer, credit_limit=Decimal(60))
    page = admin.post(EDIT, sent)
    assert page.status_code == 409
    [differing] = page.context["differing"]
    assert (differing["stored"], differing["mine"]) == ("60.00", "100.00")
    hidden = answered(page, {differing["name"]: "mine"})
    assert admin.post(EDIT, hidden).status_code == 303
    assert wallet(reseller_tree.customer).credit_limit == 100


def test_the_stored_terms_can_be_chosen(admin, reseller_tree) -> None:
    sent = filled(admin.get(EDIT), credit_limit="100", name="Mine")
    terms_set(actor=SYSTEM, account=reseller_tree.customer, credit_limit=Decimal(60))
    page = admin.post(EDIT, sent)
    hidden = answered(page, {"pick-credit_limit": "stored", "pick-name": "mine"})
    assert admin.post(EDIT, hidden).status_code == 303
    assert wallet(reseller_tree.customer).credit_limit == 60
    reseller_tree.customer.refresh_from_db()
    assert reseller_tree.customer.name == "Mine"


def test_an_account_changed_meanwhile_keeps_the_terms_that_were_entered(
    admin, reseller_tree
) -> None:
    sent = filled(admin.get(EDIT), credit_limit="100", name="Mine")
    account_edit(actor=SYSTEM, account=reseller_tree.customer, name="Theirs")
    page = admin.post(EDIT, sent)
    assert page.status_code == 409
    assert wallet(reseller_tree.customer).credit_limit == 0
    hidden = answered(page, {"pick-name": "stored", "pick-credit_limit": "mine"})
    assert admin.post(EDIT, hidden).status_code == 303
    assert wallet(reseller_tree.customer).credit_limit == 100


def test_terms_wait_for_the_approval_of_a_new_agent(agent_with, reseller_tree) -> None:
    client = agent_with("manage_account")
    grant(reseller_tree.customer, "manage_account")
    page = client.get("/accounts/new/?agent=Customer-001")
    assert page.context["needs_approval"]
    assert "credit_limit" not in page.context["form"].fields
