"""What DIDs are for: a page of their phone."""

import pytest

from accounts.core.actor import SYSTEM, actor_for
from accounts.core.authorizations import Authorization
from accounts.core.models import AuditEntry, User
from accounts.kit.errors import Refused
from accounts.numbers.verdict import Purpose
from accounts.phones.models import PhoneNumber
from accounts.phones.services.phones import phone_edit
from accounts.phones.services.uses import dids_used
from tests.factories import ResellerTree, UserFactory, grant, phone
from tests.factories.fixtures import signed_in
from tests.support.answering import submit
from tests.support.numbers import limit
from tests.support.pages import field_error, just_signed_in, words_of
from tests.support.sabotage import plant

pytestmark = pytest.mark.django_db
PHONE, DID, OTHER = "8801819000001", "8801500000001", "8801500000002"
PAGE = f"/phones/{PHONE}/dids/"


def use_of(number: str) -> tuple[str, str]:
    one = PhoneNumber.objects.get(number=number)
    return one.use, one.connects_to


def test_a_did_becomes_an_access_number_and_rings_again(
    administrator: User, reseller_tree: ResellerTree
) -> None:
    phone(reseller_tree.agent, PHONE, dids=[DID, OTHER])
    browser = signed_in(administrator)
    assert submit(browser, PAGE, {f"use_{DID}": "access"}).status_code == 303
    assert use_of(DID) == ("access", "")
    assert use_of(OTHER) == ("", "")
    assert f"{DID} · Access number of phone cards" in words_of(browser.get(f"/phones/{PHONE}/"))
    entry = AuditEntry.objects.get(action="phone.dids_used")
    assert entry.before == {"uses": [f"{DID} phone"]}
    assert entry.after == {"uses": [f"{DID} access"]}
    submit(browser, PAGE, {f"use_{DID}": ""})
    assert use_of(DID) == ("", "")
    # Nothing changed, nothing said.
    submit(browser, PAGE, {})
    assert AuditEntry.objects.filter(action="phone.dids_used").count() == 2


def test_a_callback_trigger_connects_with_a_number(
    administrator: User, reseller_tree: ResellerTree
) -> None:
    phone(reseller_tree.customer, PHONE, dids=[DID])
    browser = signed_in(administrator)
    typed = {f"use_{DID}": "callback", f"connects_{DID}": "+880 1711-000000"}
    refused = submit(browser, PAGE, typed)
    assert refused.status_code == 422
    assert "is Standard: only Flow calls back" in field_error(refused, f"use_{DID}")
    plant(reseller_tree.customer, ctd_billing_model="flow")
    refused = submit(browser, PAGE, {**typed, f"connects_{DID}": "nobody"})
    assert field_error(refused, f"connects_{DID}")
    submit(browser, PAGE, typed)
    assert use_of(DID) == ("callback", "8801711000000")
    # One that is a DID no more is for nothing.
    phone_edit(actor=SYSTEM, phone=reseller_tree.customer.phones.get(), dids=[])
    assert "no DIDs" in words_of(browser.get(PAGE))


def test_somebody_else_was_faster(administrator: User, reseller_tree: ResellerTree) -> None:
    one = phone(reseller_tree.agent, PHONE, dids=[DID])
    late = submit(signed_in(administrator), PAGE, {f"use_{DID}": "access", "version": "7"})
    assert late.status_code == 409
    assert use_of(DID) == ("", "")
    assert one.version == 1


def test_it_is_a_matter_of_who_manages_the_phone(
    agent_login: object, reseller_tree: ResellerTree
) -> None:
    phone(reseller_tree.sibling_customer, PHONE, dids=[DID])
    browser = signed_in(agent_login(reseller_tree.agent))  # type: ignore[operator]
    assert browser.get(PAGE).status_code == 404
    own = signed_in(agent_login(reseller_tree.sibling))  # type: ignore[operator]
    assert own.get(PAGE).status_code == 403


def test_an_agent_leads_callers_away_from_no_number_that_was_not_allocated(
    agent_login: object, reseller_tree: ResellerTree
) -> None:
    grant(reseller_tree.agent, Authorization.MANAGE_PHONE)
    phone(reseller_tree.customer, PHONE, dids=[DID])
    browser = just_signed_in(agent_login(reseller_tree.agent))  # type: ignore[operator]
    refused = submit(browser, PAGE, {f"use_{DID}": "access"})
    assert refused.status_code == 422
    assert "was not allocated to you" in field_error(refused, f"use_{DID}")
    with pytest.raises(Refused) as caught:
        dids_used(
            actor=actor_for(UserFactory(account=reseller_tree.agent)),
            phone=reseller_tree.customer.phones.get(),
            uses={DID: ("access", "")},
        )
    assert caught.value.code == "not_allocated"
    # What the platform lets everybody have was allocated to nobody.
    limit(None, "allow 8801", purpose=Purpose.ALLOCATION)
    assert submit(browser, PAGE, {f"use_{DID}": "access"}).status_code == 422
    limit(reseller_tree.top, f"allow {DID}", f"allow {PHONE}", purpose=Purpose.ALLOCATION)
    assert submit(browser, PAGE, {f"use_{DID}": "access"}).status_code == 303
    assert use_of(DID) == ("access", "")
    # To ring again takes no allocation.
    limit(reseller_tree.top, purpose=Purpose.ALLOCATION)
    assert submit(browser, PAGE, {f"use_{DID}": ""}).status_code == 303
