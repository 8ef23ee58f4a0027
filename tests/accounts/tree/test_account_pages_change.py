"""Editing, moving, locking: the forms, their refusals, and two people at once."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.core.actor import SYSTEM
from accounts.core.models import Account, AuditEntry, User
from accounts.tree.services.accounts import account_edit, account_lock
from accounts.tree.services.ending import account_close
from tests.factories import AccountFactory, ResellerTree, UserFactory
from tests.support.answering import submit
from tests.support.pages import field_error, text_of, words_of

pytestmark = pytest.mark.wide


def edit_values(account: Account, **changes: Any) -> dict[str, Any]:
    account.refresh_from_db()
    return {
        "version": account.version,
        "name": account.name,
        "type": account.type,
        "ctd_billing_model": account.ctd_billing_model,
        "time_zone": account.time_zone,
        **changes,
    }


def edit(client: Client, account: Account, **changes: Any) -> Any:
    return submit(client, f"/accounts/{account}/edit/", edit_values(account, **changes))


def test_changed_values_are_saved_and_told(admin: Client, reseller_tree: ResellerTree) -> None:
    response = edit(admin, reseller_tree.customer, name="New name", company="ACME")
    assert response.status_code == 303
    reseller_tree.refresh()
    assert reseller_tree.customer.name == "New name"
    assert reseller_tree.customer.detail.company == "ACME"
    assert "Customer-001 is saved." in text_of(admin.get(response["Location"]))


def test_flow_billing_is_warned_of(admin: Client, reseller_tree: ResellerTree) -> None:
    response = edit(admin, reseller_tree.customer, ctd_billing_model="flow")
    assert "only for callback business" in text_of(admin.get(response["Location"]))


def test_an_expiry_that_nobody_touches_keeps_its_second(
    admin: Client, reseller_tree: ResellerTree
) -> None:
    customer = reseller_tree.customer
    edit(admin, customer, valid_until="2030-05-05")
    customer.refresh_from_db()
    until = customer.valid_until
    edit(admin, customer, valid_until="2030-05-05", name="Other")
    customer.refresh_from_db()
    assert customer.valid_until == until


def test_an_agent_cannot_become_a_phone_card_account(
    admin: Client, reseller_tree: ResellerTree
) -> None:
    response = edit(admin, reseller_tree.agent, type="phone_card")
    assert response.status_code == 422
    assert "this one has some" in field_error(response, "type")


def test_two_people_at_once_get_both_values_to_choose_from(
    admin: Client, reseller_tree: ResellerTree
) -> None:
    customer = reseller_tree.customer
    mine = edit_values(customer, name="Mine", company="My company")
    account_edit(actor=SYSTEM, account=customer, name="Theirs")
    response = submit(admin, "/accounts/Customer-001/edit/", mine)
    assert response.status_code == 409
    text = text_of(response)
    assert "Somebody else changed Customer-001" in text
    assert "Theirs stored now" in text
    assert "Mine what you entered" in text
    customer.refresh_from_db()
    assert customer.name == "Theirs"
    chosen = {**mine, "version": customer.version, "pick-name": "stored", "pick-company": "mine"}
    assert submit(admin, "/accounts/Customer-001/edit/", chosen).status_code == 303
    customer.refresh_from_db()
    assert (customer.name, customer.detail.company) == ("Theirs", "My company")


def test_a_closed_account_is_not_edited(admin: Client, reseller_tree: ResellerTree) -> None:
    account_close(actor=SYSTEM, account=reseller_tree.customer, reason="x")
    for page in ("edit", "move", "lock", "unlock", "close"):
        response = admin.get(f"/accounts/Customer-001/{page}/")
        assert response.status_code == 422
        assert "never changed or reopened" in text_of(response)


def test_a_move_shows_its_effects_before_it_is_done(
    admin: Client, reseller_tree: ResellerTree
) -> None:
    UserFactory(account=reseller_tree.deep_customer)
    response = admin.get("/accounts/Sub-Sub-Agent/move/?parent=other-none")
    assert response.status_code == 422
    text = text_of(admin.get("/accounts/Sub-Sub-Agent/move/?parent=Customer-201"))
    assert "2 accounts go to Customer-201. Nothing has happened yet." in text
    assert "Customer-201 becomes an agent and appears in the tree." in text
    assert "Dhaka-Retail-Sub no longer reaches these 2 accounts." in text
    assert "BD-Wholesale-Agent no longer reaches these 2 accounts." in text
    assert "was BD-Wholesale-Agent › Dhaka-Retail-Sub" in text
    assert "becomes Master-Agent-2 › Customer-201" in text
    reseller_tree.refresh()
    assert reseller_tree.sub_agent.parent == reseller_tree.agent


def test_a_move_needs_a_reason_and_is_then_done(admin: Client, reseller_tree: ResellerTree) -> None:
    url = "/accounts/Sylhet-Retail-Sub/move/"
    response = submit(admin, url, {"parent": "Master-Agent-2", "reason": " "})
    assert response.status_code == 422
    assert field_error(response, "reason") == "Give a reason."
    response = submit(admin, url, {"parent": "master-agent-2", "reason": "Sold"})
    assert response.status_code == 303
    assert Account.objects.get(account_id="Sylhet-Retail-Sub").parent == reseller_tree.other_top
    assert "now belongs to Master-Agent-2" in text_of(admin.get(response["Location"]))
    assert AuditEntry.objects.get(action="account.move").reason == "Sold"


def test_an_agent_that_a_move_makes_is_told_what_comes_next(
    admin: Client, reseller_tree: ResellerTree
) -> None:
    sent = {"parent": "Customer-101", "reason": "Sold"}
    response = submit(admin, "/accounts/Customer-001/move/", sent)
    told = text_of(admin.get(response["Location"]))
    assert "Next for Customer-101: Authorizations , Number sections ." in told
    # An agent it was before.
    sent = {"parent": "Dhaka-Retail-Sub", "reason": "Back"}
    response = submit(admin, "/accounts/Customer-001/move/", sent)
    assert "Next for" not in words_of(admin.get(response["Location"]))


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("Customer-301", "below itself or one of its own"),
        ("Dhaka-Retail-Sub", "below itself"),
        ("BD-Wholesale-Agent", "already belongs there"),
        ("Nobody", "must be an existing account in your scope"),
        ("Card-Shop", "only general accounts"),
    ],
)
def test_a_move_that_cannot_be_is_refused_at_the_field(
    admin: Client, reseller_tree: ResellerTree, target: str, words: str
) -> None:
    AccountFactory(account_id="Card-Shop", type="phone_card")
    url = "/accounts/Dhaka-Retail-Sub/move/"
    asked = admin.get(url, {"parent": target})
    sent = submit(admin, url, {"parent": target, "reason": "x"})
    for response in (asked, sent):
        assert response.status_code == 422
        assert words in field_error(response, "parent")
    assert not AuditEntry.objects.filter(action="account.move").exists()


def test_the_top_level_is_ticked_and_an_empty_agent_means_nothing(
    admin: Client, reseller_tree: ResellerTree
) -> None:
    url = "/accounts/Sylhet-Retail-Sub/move/"
    for asked, field, code in (
        ({"parent": ""}, "parent", "no_agent"),
        ({"parent": "BD-Wholesale-Agent", "top": "on"}, "top", "agent_and_top"),
    ):
        refused = admin.get(url, asked)
        assert refused.status_code == 422
        assert refused.context["form"].errors.as_data()[field][-1].code == code
    assert "go to the top level" in text_of(admin.get(url, {"parent": "", "top": "on"}))
    submit(admin, url, {"parent": "", "top": "1", "reason": "Independent"})
    assert Account.objects.get(account_id="Sylhet-Retail-Sub").parent is None


def test_all_sub_accounts_move_at_once(admin: Client, reseller_tree: ResellerTree) -> None:
    url = "/accounts/Dhaka-Retail-Sub/move-sub-accounts/"
    text = text_of(admin.get(url, {"parent": "Sylhet-Retail-Sub"}))
    assert "Dhaka-Retail-Sub loses its last sub-account" in text
    response = submit(admin, url, {"parent": "Sylhet-Retail-Sub", "reason": "Merged"})
    assert "3 sub-accounts of Dhaka-Retail-Sub now belong" in text_of(
        admin.get(response["Location"])
    )
    assert not Account.objects.get(account_id="Dhaka-Retail-Sub").is_agent


def test_an_account_without_sub_accounts_has_none_to_move(
    admin: Client, reseller_tree: ResellerTree
) -> None:
    assert admin.get("/accounts/Customer-001/move-sub-accounts/").status_code == 422


def test_a_lock_says_how_many_it_stops(admin: Client, reseller_tree: ResellerTree) -> None:
    text = text_of(admin.get("/accounts/Dhaka-Retail-Sub/lock/"))
    assert "Dhaka-Retail-Sub and the 4 accounts below it cannot call" in text
    assert "Calls that run go on until their money ends." in text
    url = "/accounts/Dhaka-Retail-Sub/lock/"
    assert field_error(submit(admin, url, {"reason": ""}), "reason") == "Give a reason."
    response = submit(admin, url, {"reason": "Unpaid"})
    assert response.status_code == 303
    reseller_tree.refresh()
    assert reseller_tree.agent.status == "locked"
    assert "Dhaka-Retail-Sub is locked." in text_of(admin.get(response["Location"]))
    assert admin.get(url).status_code == 303  # nothing left to do


def test_an_unlock_says_what_still_stops_the_account(
    admin: Client, reseller_tree: ResellerTree
) -> None:
    account_lock(actor=SYSTEM, account=reseller_tree.top, reason="x")
    account_lock(actor=SYSTEM, account=reseller_tree.agent, reason="x")
    url = "/accounts/Dhaka-Retail-Sub/unlock/"
    assert "It will still not operate: BD-Wholesale-Agent above it" in text_of(admin.get(url))
    response = submit(admin, url)
    assert "It still does not operate:" in text_of(admin.get(response["Location"]))


@pytest.mark.parametrize("page", ["edit", "move", "move-sub-accounts", "lock", "unlock"])
def test_without_the_authorization_nothing_is_changed(
    reseller_tree: ResellerTree, client_of: Callable[[User], Client], page: str
) -> None:
    client = client_of(UserFactory(account=reseller_tree.top))
    url = f"/accounts/Dhaka-Retail-Sub/{page}/"
    data = {"parent": "Sylhet-Retail-Sub", "reason": "x", "name": "x"}
    assert client.get(url).status_code == 403
    assert submit(client, url, data).status_code == 403
    changes = AuditEntry.objects.filter(is_refused=False)
    assert not changes.exclude(action__in=["account.load", "login.create"]).exists()
