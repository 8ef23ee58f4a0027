"""What accounts have that cards open: chosen with the batch, given once (docs/domain.md 8)."""

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from accounts.core.actor import SYSTEM, actor_for
from accounts.core.models import Account, AuditEntry, User
from accounts.numbers.models import NumberRule
from billing.cards.models import Card, CardBatch
from billing.cards.rules.batches import BatchDraft
from billing.cards.services.batch_deeds import batch_opening_set
from billing.cards.services.batches import batch_preview
from billing.cards.services.generation import batch_generate
from billing.cards.services.redeeming import card_redeem
from billing.ledger.models import Transaction
from billing.rates.services.groups import group_change
from billing.wallets.models import RateGroup, Wallet
from tests.factories import ResellerTree, UserFactory, grant
from tests.factories.rates import rate_group
from tests.support.answering import answered
from tests.support.carding import (
    at,
    card_of,
    cards,
    draft,
    pin_of,
    refused,
    release_all,
    without_group,
)
from tests.support.pages import words_of
from tests.support.sheets import read_csv

pytestmark = pytest.mark.django_db
NEW = "/accounts/Dhaka-Retail-Sub/cards/new/"


@pytest.fixture
def seller(reseller_tree: ResellerTree) -> User:
    """Of Dhaka-Retail-Sub, which holds 1 and 3."""
    grant(reseller_tree.top, "manage_account", "manage_phone_card", "pay_sub_account")
    grant(reseller_tree.agent, "manage_account", "manage_phone_card", "pay_sub_account")
    return UserFactory(account=reseller_tree.agent, username="seller")


def opened(login: User, card: Card, name: str, key: str = "") -> Transaction:
    return card_redeem(
        actor=actor_for(login),
        pin=pin_of(card),
        target=None,
        new_account_id=name,
        idempotency_key=key or str(uuid4()),
    )


def test_a_card_opens_an_account_with_what_the_batch_says(
    reseller_tree: ResellerTree, seller: User
) -> None:
    group = rate_group(reseller_tree.agent)
    batch = cards(
        reseller_tree.agent,
        rate_group=group,
        ctd_billing_model="flow",
        number_preset="calling-card",
    )
    opened(seller, card_of(batch), "Card-A")
    account = Account.objects.get(account_id="Card-A")
    assert account.type == "phone_card"
    assert account.ctd_billing_model == "flow"
    assert Wallet.objects.get(pk=account.pk).rate_group == group
    rules = NumberRule.objects.filter(account=account, purpose="destination")
    assert sorted(rules.values_list("effect", "begin")) == [("allow", "1"), ("allow", "44")]
    entry = AuditEntry.objects.get(action="card.activate")
    assert entry.after["rate_group"]["name"] == "Retail"
    assert entry.after["number_preset"] == "calling-card"


def test_it_opens_it_once(reseller_tree: ResellerTree, seller: User) -> None:
    batch = cards(reseller_tree.agent, rate_group=rate_group(reseller_tree.agent))
    first = opened(seller, card_of(batch), "Card-A", key="once")
    assert opened(seller, card_of(batch), "Card-A", key="once") == first
    with refused("card_used"):
        opened(seller, card_of(batch), "Card-B")
    assert not Account.objects.filter(account_id="Card-B").exists()
    assert NumberRule.objects.count() == 0


def test_cards_of_a_batch_that_was_released_without_anything_open_accounts_as_before(
    reseller_tree: ResellerTree, seller: User
) -> None:
    batch = without_group(cards(reseller_tree.agent))
    opened(seller, card_of(batch), "Card-A")
    account = Account.objects.get(account_id="Card-A")
    assert account.ctd_billing_model == "standard"
    assert Wallet.objects.get(pk=account.pk).rate_group is None
    assert not NumberRule.objects.filter(account=account).exists()


def test_a_group_that_is_shared_no_longer_still_goes_with_the_card(
    reseller_tree: ResellerTree, seller: User
) -> None:
    """It was chosen by who might; what accounts buy at already stays as well."""
    group = rate_group(name="World", is_shared=True)
    batch = cards(reseller_tree.agent, rate_group=group)
    group_change(actor=SYSTEM, group=group, name="World", time_zone="UTC", is_shared=False)
    opened(seller, card_of(batch), "Card-A")
    assert Wallet.objects.get(account__account_id="Card-A").rate_group == group


def test_a_batch_has_a_group_that_may_be_given_below_its_account(
    reseller_tree: ResellerTree, seller: User
) -> None:
    actor, agent = actor_for(seller), reseller_tree.agent
    own, shared = rate_group(agent), rate_group(name="World", is_shared=True)
    for at_first, group in (("AA001", own), ("BB001", shared)):
        made = batch_generate(
            actor=actor, account=agent, draft=draft(2, at_first, rate_group=group)
        )
        assert made.rate_group == group
    for group in (
        rate_group(reseller_tree.top),
        rate_group(reseller_tree.sibling, is_shared=True),
        rate_group(name="Kept"),
        RateGroup(pk=99_999_999),
    ):
        asked = draft(2, "CC001", rate_group=group)
        with refused("group_not_yours", "rate_group"):
            batch_preview(actor=actor, account=agent, draft=asked)
        with refused("group_not_yours", "rate_group"):
            batch_generate(actor=actor, account=agent, draft=asked)
    assert CardBatch.objects.count() == 2


def test_administrators_choose_groups_of_the_batch_account_too(
    reseller_tree: ResellerTree,
) -> None:
    for at_first, owner in (("AA001", reseller_tree.agent), ("BB001", reseller_tree.top)):
        assert cards(reseller_tree.agent, 1, at_first, rate_group=rate_group(owner)).rate_group
    with refused("group_not_yours", "rate_group"):
        cards(reseller_tree.agent, 1, "CC001", rate_group=rate_group(reseller_tree.sub_agent))


@pytest.mark.parametrize("field", ["ctd_billing_model", "number_preset"])
def test_what_is_no_choice_is_refused(reseller_tree: ResellerTree, field: str) -> None:
    with refused("unknown_choice", field):
        cards(reseller_tree.agent, **{field: "nothing-there"})


def test_a_job_of_the_version_before_is_read(reseller_tree: ResellerTree) -> None:
    group = rate_group(reseller_tree.agent)
    whole = draft(rate_group=group, ctd_billing_model="flow", number_preset="calling-card")
    assert BatchDraft.from_input(whole.as_input()) == whole
    kept = whole.as_input()
    for name in ("rate_group", "ctd_billing_model", "number_preset"):
        del kept[name]
    assert BatchDraft.from_input(kept) == draft()


def test_the_batch_may_be_changed_later(reseller_tree: ResellerTree, seller: User) -> None:
    actor, batch = actor_for(seller), cards(reseller_tree.agent)
    group, foreign = rate_group(reseller_tree.agent), rate_group(reseller_tree.top)
    values = {"ctd_billing_model": "standard", "number_preset": ""}
    with refused("group_not_yours", "rate_group"):
        batch_opening_set(actor=actor, batch=batch, rate_group=foreign, **values)
    batch_opening_set(actor=actor, batch=batch, rate_group=group, **values)
    batch_opening_set(actor=actor, batch=batch, rate_group=group, **values)
    entry = AuditEntry.objects.get(action="card_batch.opening")
    assert set(entry.before) == {"rate_group"}
    opened(seller, card_of(batch), "Card-A")
    assert Wallet.objects.get(account__account_id="Card-A").rate_group == group


def test_once_cards_are_released_the_batch_keeps_a_group(
    reseller_tree: ResellerTree, seller: User
) -> None:
    own, other = rate_group(reseller_tree.agent), rate_group(reseller_tree.agent, name="Other")
    batch, waiting = (
        cards(reseller_tree.agent, 2, first, rate_group=own, released=False)
        for first in ("AA001", "BB001")
    )
    release_all(batch)
    actor, values = actor_for(seller), {"ctd_billing_model": "flow", "number_preset": ""}
    with refused("group_needed", "rate_group"):
        batch_opening_set(actor=actor, batch=batch, rate_group=None, **values)
    assert batch_opening_set(actor=actor, batch=batch, rate_group=other, **values).rate_group
    assert batch_opening_set(actor=actor, batch=waiting, rate_group=None, **values).state
    # One that has lost it by a move is changed all the same.
    lost = without_group(batch)
    changed = batch_opening_set(actor=actor, batch=lost, rate_group=None, **values)
    assert changed.rate_group is None


def test_the_pages_of_a_batch_carry_all_three(
    reseller_tree: ResellerTree, seller: User, client_of: Any
) -> None:
    client: Client = client_of(seller)
    group = rate_group(reseller_tree.agent, name="Card prices")
    sent = answered(
        client.get(NEW),
        {
            "name": "New",
            "count": "2",
            "face_value": "5",
            "first_serial": "NEW001",
            "rate_group": group.key,
            "ctd_billing_model": "flow",
            "number_preset": "calling-card",
        },
    )
    check = words_of(client.post(NEW, sent))
    for words in ("Card prices", "Flow (callback)", "Calling Card Agent"):
        assert words in check
    batch = cards(
        reseller_tree.agent,
        released=False,
        rate_group=group,
        ctd_billing_model="flow",
        number_preset="calling-card",
    )
    page = words_of(client.get(at(batch)))
    for words in ("Card prices", "Flow (callback)", "Calling Card Agent"):
        assert words in page
    edit = at(batch, "edit/")
    other = answered(client.get(edit), {"rate_group": "", "number_preset": ""})
    assert client.post(edit, other).status_code == 303
    assert "Card prices" not in words_of(client.get(at(batch)))


def test_the_file_of_a_batch_carries_all_three(
    reseller_tree: ResellerTree, seller: User, client_of: Any
) -> None:
    group = rate_group(reseller_tree.agent, name="Card prices")
    batch = cards(reseller_tree.agent, rate_group=group, number_preset="calling-card")
    answer = client_of(seller).post(at(batch, "export/"), {"format": "csv", "reason": "Printer"})
    rows = read_csv(answer)
    assert {row["Rate group"] for row in rows} == {"Card prices"}
    assert {row["CTD billing model"] for row in rows} == {"Standard"}
    assert {row["Number sections"] for row in rows} == {"Calling Card Agent"}


def test_the_group_of_a_level_above_is_not_named_on_a_batch(
    reseller_tree: ResellerTree, seller: User, client_of: Any
) -> None:
    hidden = rate_group(reseller_tree.top, name="Hidden")
    batch = cards(reseller_tree.agent, rate_group=hidden, released=False)
    client = client_of(seller)
    for page in (at(batch), at(batch, "edit/")):
        words = words_of(client.get(page))
        assert "Hidden" not in words
        assert "a group of a level above yours" in words
    log = words_of(client.get("/accounts/Dhaka-Retail-Sub/audit/"))
    assert "made" in log
    assert "Hidden" not in log
    edit = at(batch, "edit/")
    renamed = answered(client.get(edit), {"name": "Else"})
    assert client.post(edit, renamed).status_code == 303
    batch.refresh_from_db()
    assert (batch.name, batch.rate_group) == ("Else", hidden)
