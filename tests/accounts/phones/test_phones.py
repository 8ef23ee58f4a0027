"""Phones through the services: what they are, who may do what, and what is refused in words."""

import pytest

from accounts.core.actor import SYSTEM, actor_for
from accounts.core.authorizations import Authorization
from accounts.core.models import Account, AuditEntry
from accounts.kit.encryption import decrypted
from accounts.kit.errors import Clash, NotAllowed, NotInScope, Refused
from accounts.phones.models import Phone, PhoneNumber
from accounts.phones.rules.values import digest
from accounts.phones.services.many import (
    PhonesRefused,
    phones_create,
    phones_lock,
    phones_move,
    phones_preview,
)
from accounts.phones.services.phones import (
    phone_create,
    phone_delete,
    phone_edit,
    phone_lock,
    phone_reset,
)
from accounts.phones.services.uses import dids_used
from accounts.tree.services.accounts import account_edit, account_lock
from accounts.tree.services.ending import account_close, account_delete
from tests.factories import AccountFactory, ResellerTree, UserFactory, grant, phone
from tests.support.numbers import ALLOCATION, limit
from tests.support.refusals import refused

pytestmark = pytest.mark.django_db

PHONE = Authorization.MANAGE_PHONE


def test_a_phone_gets_a_password_whose_digest_is_kept_encrypted(
    reseller_tree: ResellerTree, settings: object
) -> None:
    settings.SIP_REALM = "sip.example.com"  # type: ignore[attr-defined]
    issued = phone_create(actor=SYSTEM, account=reseller_tree.customer, number="+880 1711-000000")
    one = Phone.objects.get()
    assert one.number == "8801711000000"
    assert len(issued.password) >= 20
    assert one.realm == "sip.example.com"
    kept = digest("8801711000000", "sip.example.com", issued.password)
    assert kept not in one.ha1
    assert decrypted(one.ha1) == kept


def test_two_phones_never_get_the_same_password(reseller_tree: ResellerTree) -> None:
    issued = phones_create(actor=SYSTEM, account=reseller_tree.customer, numbers="100 – 199")
    assert len({one.password for one in issued}) == 100


def test_new_phones_begin_with_the_codecs_of_their_account(reseller_tree: ResellerTree) -> None:
    account_edit(
        actor=SYSTEM, account=reseller_tree.customer, detail={"codecs": ["G.729", "G.711a"]}
    )
    assert phone(reseller_tree.customer, "8801").codecs == ["G.729", "G.711a"]
    assert phone(reseller_tree.customer, "8802", codecs=["Opus", "GSM"]).codecs == ["Opus", "GSM"]


@pytest.mark.parametrize("account", ["agent", "customer", "deep_customer"])
def test_authorization_2_acts_on_the_own_account_and_below(
    reseller_tree: ResellerTree, account: str
) -> None:
    grant(reseller_tree.agent, PHONE)
    actor = actor_for(UserFactory(account=reseller_tree.agent))
    made = phone_create(actor=actor, account=getattr(reseller_tree, account), number="8801")
    phone_lock(actor=actor, phone=made.phone, lock="out")
    phone_reset(actor=actor, phone=made.phone)
    phone_edit(actor=actor, phone=made.phone, memo="Desk")
    phone_delete(actor=actor, phone=made.phone)
    assert not Phone.objects.exists()


@pytest.mark.parametrize("account", ["top", "sibling_customer", "other_customer"])
def test_what_is_out_of_scope_does_not_exist(reseller_tree: ResellerTree, account: str) -> None:
    grant(reseller_tree.agent, PHONE)
    actor = actor_for(UserFactory(account=reseller_tree.agent))
    foreign = getattr(reseller_tree, account)
    one = phone(foreign, "8802")
    with refused("not_in_scope", NotInScope):
        phone_create(actor=actor, account=foreign, number="8801")
    with refused("not_in_scope", NotInScope):
        phone_edit(actor=actor, phone=one, memo="mine")
    with refused("not_in_scope", NotInScope):
        phone_reset(actor=actor, phone=one)
    with refused("not_in_scope", NotInScope):
        phone_delete(actor=actor, phone=one)
    with refused("not_in_scope", NotInScope):
        phones_move(actor=actor, phones=[one], account=reseller_tree.customer)


@pytest.mark.parametrize("code", [one for one in Authorization if one is not PHONE])
def test_no_other_authorization_does(reseller_tree: ResellerTree, code: Authorization) -> None:
    grant(reseller_tree.agent, code)
    one = phone(reseller_tree.customer, "8801")
    actor = actor_for(UserFactory(account=reseller_tree.agent))
    with refused("not_authorized", NotAllowed):
        phone_create(actor=actor, account=reseller_tree.customer, number="8802")
    with refused("not_authorized", NotAllowed):
        phones_lock(actor=actor, phones=[one], lock="all")
    with refused("not_authorized", NotAllowed):
        phone_reset(actor=actor, phone=one)


def test_a_revoked_authorization_counts_no_more_at_the_very_deed(
    reseller_tree: ResellerTree,
) -> None:
    grant(reseller_tree.agent, PHONE)
    actor = actor_for(UserFactory(account=reseller_tree.agent))
    account_lock(actor=SYSTEM, account=reseller_tree.top, reason="unpaid")
    with refused("not_authorized", NotAllowed):
        phone_create(actor=actor, account=reseller_tree.customer, number="8801")


@pytest.mark.parametrize("is_did", [False, True])
def test_a_number_that_leads_elsewhere_is_not_available_and_nobody_learns_where(
    reseller_tree: ResellerTree, is_did: bool
) -> None:
    phone(reseller_tree.other_customer, "99" if is_did else "8801", dids=["8801"] if is_did else ())
    grant(reseller_tree.agent, PHONE)
    actor = actor_for(UserFactory(account=reseller_tree.agent))
    with refused("not_available", Refused, field="number") as caught:
        phone_create(actor=actor, account=reseller_tree.customer, number="8801")
    assert str(caught.value.message) == "8801 is not available."
    with refused("not_available", Refused, field="dids"):
        phone_create(actor=actor, account=reseller_tree.customer, number="77", dids=["8801"])


def test_administrators_and_its_own_agent_read_where_a_number_leads(
    reseller_tree: ResellerTree,
) -> None:
    phone(reseller_tree.customer, "8801", dids=["8802"])
    grant(reseller_tree.agent, PHONE)
    for actor in (SYSTEM, actor_for(UserFactory(account=reseller_tree.agent))):
        plan = phones_preview(
            actor=actor, account=reseller_tree.customer_2, numbers="8801\n8802\n8803"
        )
        assert [one.number for one in plan.ready] == ["8803"]
        assert "Customer-001" in plan.wrong[0].problem
        assert [one.url for one in plan.wrong] == ["/phones/8801/", "/phones/8801/"]


def test_numbers_outside_the_allocation_are_refused_and_name_no_level_above(
    reseller_tree: ResellerTree,
) -> None:
    limit(reseller_tree.top, "allow 88017", purpose=ALLOCATION)
    grant(reseller_tree.agent, PHONE)
    actor = actor_for(UserFactory(account=reseller_tree.agent))
    with refused("outside_allocation", Refused, field="number") as caught:
        phone_create(actor=actor, account=reseller_tree.customer, number="4420")
    assert "a level above yours" in str(caught.value.message)
    with refused("outside_allocation", Refused, field="dids"):
        phone_create(actor=actor, account=reseller_tree.customer, number="880171", dids=["4420"])
    with refused("outside_allocation", Refused, field="display_number"):
        phone_create(
            actor=actor, account=reseller_tree.customer, number="880171", display_number="4420"
        )
    one = phone_create(actor=actor, account=reseller_tree.customer, number="880171").phone
    with refused("outside_allocation", Refused, field="display_number"):
        phone_edit(actor=actor, phone=one, display_number="4420")
    with refused("outside_allocation", Refused, field="number") as caught:
        phone_create(actor=SYSTEM, account=reseller_tree.customer, number="4420")
    assert "BD-Wholesale-Agent" in str(caught.value.message)


def test_a_list_is_made_wholly_or_not_at_all(reseller_tree: ResellerTree) -> None:
    phone(reseller_tree.other_customer, "8803")
    with pytest.raises(PhonesRefused) as caught:
        phones_create(actor=SYSTEM, account=reseller_tree.customer, numbers="8801 – 8804, 12ab")
    assert [one.number for one in caught.value.plan.wrong] == ["8803", ""]
    assert Phone.objects.count() == 1


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"number": "12ab"}, "number"),
        ({"number": "1234567890123456"}, "number"),
        ({"number": ""}, "number"),
        ({"number": "1", "dids": ["x"]}, "dids"),
        ({"number": "1", "dids": ["1"]}, "dids"),
        ({"number": "1", "max_calls": 0}, "max_calls"),
        ({"number": "1", "max_calls": -1}, "max_calls"),
        ({"number": "1", "max_calls": True}, "max_calls"),
        ({"number": "1", "max_calls": 1001}, "max_calls"),
        ({"number": "1", "codecs": ["G.999"]}, "codecs"),
        ({"number": "1", "lock": "some"}, "lock"),
        ({"number": "1", "display_number": "me"}, "display_number"),
        ({"number": "1", "memo": "x" * 201}, "memo"),
        ({"number": "1", "memo": "two\nlines"}, "memo"),
    ],
)
def test_bad_values_are_refused_in_words(
    reseller_tree: ResellerTree, values: dict[str, object], field: str
) -> None:
    with pytest.raises(Refused) as caught:
        phone_create(actor=SYSTEM, account=reseller_tree.customer, **values)  # type: ignore[arg-type]
    assert caught.value.field == field
    assert str(caught.value.message)
    assert not Phone.objects.exists()


def test_an_edit_changes_what_it_names_and_frees_numbers(reseller_tree: ResellerTree) -> None:
    one = phone(reseller_tree.customer, "8801", dids=["8802", "8803"], memo="old")
    phone_edit(actor=SYSTEM, phone=one, dids=["8803", "8804"], max_calls=3)
    now = Phone.objects.get()
    assert (now.dids, now.max_calls, now.memo, now.version) == (["8803", "8804"], 3, "old", 2)
    phone(reseller_tree.customer, "8802")
    entry = AuditEntry.objects.get(action="phone.edit")
    assert (entry.account, entry.subject) == ("Customer-001", "8801")
    assert entry.after == {"dids": ["8803", "8804"], "max_calls": 3}


def test_who_edits_what_somebody_else_changed_is_told(reseller_tree: ResellerTree) -> None:
    one = phone(reseller_tree.customer, "8801")
    phone_edit(actor=SYSTEM, phone=one, expected_version=1, memo="first")
    with refused("changed_meanwhile", Clash):
        phone_edit(actor=SYSTEM, phone=one, expected_version=1, memo="second")


def test_a_new_password_makes_the_old_digest_worthless(reseller_tree: ResellerTree) -> None:
    one = phone(reseller_tree.customer, "8801")
    issued = phone_reset(actor=SYSTEM, phone=one)
    now = Phone.objects.get()
    assert decrypted(now.ha1) == digest("8801", now.realm, issued.password)
    assert decrypted(now.ha1) != decrypted(one.ha1)


def test_phones_stand_against_closing_and_deleting_their_account(
    reseller_tree: ResellerTree,
) -> None:
    one = phone(reseller_tree.customer, "8801")
    with refused("close_blocked", Refused) as caught:
        account_close(actor=SYSTEM, account=reseller_tree.customer, reason="gone")
    assert [str(item.label) for item in caught.value.items] == ["1 phone"]
    with refused("has_history", Refused):
        account_delete(actor=SYSTEM, account=reseller_tree.customer, reason="gone")
    phone_delete(actor=SYSTEM, phone=one)
    account_delete(actor=SYSTEM, account=reseller_tree.customer, reason="gone")


def test_a_closed_account_gets_no_phones(db: None) -> None:
    closed = AccountFactory(status="closed")
    with refused("closed", Refused):
        phone_create(actor=SYSTEM, account=closed, number="8801")
    other = phone(AccountFactory(), "8802")
    with refused("closed", Refused):
        phones_move(actor=SYSTEM, phones=[other], account=closed)


def test_phones_move_with_their_numbers_and_both_accounts_read_it(
    reseller_tree: ResellerTree,
) -> None:
    one = phone(reseller_tree.customer, "8801", dids=["8802"])
    phones_move(actor=SYSTEM, phones=[one], account=reseller_tree.sibling_customer, reason="sold")
    assert Phone.objects.get().account == Account.objects.get(account_id="Customer-101")
    assert PhoneNumber.objects.count() == 2
    moved = AuditEntry.objects.filter(action="phone.move").order_by("pk")
    assert [one.account for one in moved] == ["Customer-001", "Customer-101"]


def test_what_its_dids_were_for_does_not_move(reseller_tree: ResellerTree) -> None:
    one = phone(reseller_tree.customer, "8801711000001", dids=["8801711000009"])
    dids_used(actor=SYSTEM, phone=one, uses={"8801711000009": ("access", "")})
    phones_move(actor=SYSTEM, phones=[one], account=reseller_tree.sibling_customer, reason="sold")
    did = PhoneNumber.objects.get(number="8801711000009")
    assert (did.phone.account, did.use) == (reseller_tree.sibling_customer, "")
    told = AuditEntry.objects.filter(action="phone.move").order_by("pk")
    assert [one.before.get("uses") for one in told] == [["8801711000009 access"], None]


def test_a_move_to_where_the_number_may_not_be_is_refused(reseller_tree: ResellerTree) -> None:
    one = phone(reseller_tree.customer, "4420")
    limit(reseller_tree.sibling, "allow 880", purpose=ALLOCATION)
    with refused("outside_allocation", Refused, field="account") as caught:
        phones_move(actor=SYSTEM, phones=[one], account=reseller_tree.sibling_customer)
    assert list(caught.value.items) == ["4420"]


def test_locking_many_records_those_that_change(reseller_tree: ResellerTree) -> None:
    some = [
        phone(reseller_tree.customer, "8801", lock="all"),
        phone(reseller_tree.customer, "8802"),
    ]
    changed = phones_lock(actor=SYSTEM, phones=some, lock="all", reason="fraud")
    assert [one.number for one in changed] == ["8802"]
    entry = AuditEntry.objects.get(action="phone.lock")
    assert (entry.subject, entry.reason) == ("8802", "fraud")
