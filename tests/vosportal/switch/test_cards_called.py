"""A card calls: its PIN is said at an access number, or the caller's number is bound to it
(docs/domain.md 8).
"""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone

from accounts.core.actor import SYSTEM
from accounts.core.models import Account
from accounts.gateways.models import Gateway
from accounts.kit.errors import Refused
from accounts.tree.services.accounts import account_lock
from billing.cards.models import Card
from billing.cards.services.attempts import MOST
from billing.cards.services.callers import card_callers_set
from billing.cards.services.calling import card_calling
from billing.cards.services.deeds import card_block
from billing.cards.services.withdrawing import cards_withdraw
from billing.holds.models import RunningCall
from billing.ledger.queries.integrity import ledger_problems
from billing.wallets.models import Wallet
from tests.factories.calls import cdr, charged, charges
from tests.support.carding import card_of, cards, ends, pin_of, use
from tests.support.dialling_in import (
    ACCESS,
    CALLER,
    LINE,
    NUMBER,
    OTHER,
    TRUNK,
    access_number,
    called_in,
    trunk,
    with_card,
)
from tests.support.switching import SWITCH, answered, asked
from tests.vosportal.switch.conftest import Switched

pytestmark = pytest.mark.django_db


@pytest.fixture
def card(switched: Switched) -> Card:
    """Worth 5, of the agent, whose own number leads in; the trunk is somebody else's."""
    cache.clear()
    tree = switched.tree
    access_number(tree.agent)
    trunk(tree.other_top)
    batch = cards(tree.agent, rate_group=switched.groups.customer, valid_days=30)
    return card_of(batch)


def said(answer: dict[str, Any]) -> tuple[int, str]:
    assert answer["allowed"] is False
    return answer["sip_code"], answer["said"]


def test_the_first_call_opens_the_account_and_is_held_there(switched: Switched, card: Card) -> None:
    answer = with_card(card)
    card.refresh_from_db()
    assert card.status == Card.Status.ACTIVE
    account = card.account
    assert account is not None
    assert (account.type, account.parent_id) == (Account.Type.PHONE_CARD, switched.tree.agent.pk)
    assert account.valid_until == card.expires_at
    assert card.activated_at is not None
    assert card.expires_at == card.activated_at + timedelta(days=30)
    assert answer["allowed"] is True
    assert (answer["callee"], answer["caller"]) == (NUMBER, CALLER)
    assert answer["account"] == account.account_id
    # Five, at six cents a minute: 83 minutes.
    assert answer["card"]["balance"] == "5.00"
    assert answer["card"]["seconds"] == 83 * 60
    assert answer["card"]["serial"] == card.serial
    assert answer["card"]["valid_until"] == card.expires_at.isoformat()
    wallet = Wallet.objects.get(pk=account.pk)
    assert (wallet.balance, wallet.held) == (Decimal(5), Decimal("0.06"))
    assert switched.held()[1:] == [Decimal("0.04"), Decimal("0.03")]
    # It is no call of what it came in by, whose name is no matter of the card's agent.
    call = RunningCall.objects.get()
    assert (call.gateway, call.phone, call.callee) == ("", "", NUMBER)
    assert pin_of(card) not in str(call.answer)


def test_its_record_is_charged_at_the_cards_account(switched: Switched, card: Card) -> None:
    answer = with_card(card)
    answered()
    charged(cdr("c-1", at=timezone.now(), account=answer["account"]), source=SWITCH)
    assert [amount for _who, _prefix, amount in charges()] == [
        Decimal(one) for one in ("0.06", "0.04", "0.03")
    ]
    card.refresh_from_db()
    wallet = Wallet.objects.get(pk=card.account_id)
    assert (wallet.balance, wallet.held) == (Decimal("4.94"), 0)
    assert list(ledger_problems()) == []


def test_the_second_call_says_what_is_left(card: Card) -> None:
    with_card(card)
    second = with_card(card, "c-2")
    assert second["card"]["balance"] == "4.94"
    assert Card.objects.filter(status=Card.Status.ACTIVE).count() == 1


def test_the_same_call_asked_about_again_is_answered_as_it_was(card: Card) -> None:
    first = with_card(card)
    card.refresh_from_db()
    card_block(actor=SYSTEM, card=card, reason="Stolen")
    assert with_card(card) == first
    assert RunningCall.objects.count() == 1


def test_a_bound_number_calls_without_the_pin(card: Card) -> None:
    assert said(called_in(destination=NUMBER)) == (403, "PIN needed")
    with_card(card)
    card.refresh_from_db()
    bound = card_callers_set(actor=SYSTEM, card=card, numbers=["+880 1711-222333", ""])
    assert bound == [CALLER]
    answer = called_in("c-2", destination=NUMBER)
    assert answer["card"]["serial"] == card.serial
    assert said(called_in("c-3", destination=NUMBER, caller=OTHER)) == (403, "PIN needed")
    card_callers_set(actor=SYSTEM, card=card, numbers=[])
    assert said(called_in("c-4", destination=NUMBER)) == (403, "PIN needed")


def test_nobody_takes_over_a_caller_of_another_agents_card(switched: Switched, card: Card) -> None:
    """A number calls at the expense of the first card it came to, as long as that can pay."""
    below = card_of(
        cards(switched.tree.sub_agent, first="SUB110001", rate_group=switched.groups.customer)
    )
    for at, one in enumerate((card, below)):
        with_card(one, f"c-{at}")
        one.refresh_from_db()
        card_callers_set(actor=SYSTEM, card=one, numbers=[CALLER])
    assert called_in("c-8", destination=NUMBER)["card"]["serial"] == card.serial
    card.refresh_from_db()
    card_block(actor=SYSTEM, card=card, reason="Stolen")
    assert called_in("c-9", destination=NUMBER)["card"]["serial"] == below.serial


def test_who_shows_no_number_needs_the_pin(switched: Switched, card: Card) -> None:
    with pytest.raises(Refused) as refused:
        card_calling(business=switched.tree.agent, pin="", caller="", came_by=TRUNK)
    assert refused.value.code == "pin_needed"


def test_a_phone_is_known_by_its_own_number_whatever_it_shows(
    switched: Switched, card: Card
) -> None:
    with_card(card)
    card.refresh_from_db()
    card_callers_set(actor=SYSTEM, card=card, numbers=[CALLER])
    line = {"callee": ACCESS, "destination": NUMBER}
    assert said(asked("c-2", caller=CALLER, **line)) == (403, "PIN needed")
    card_callers_set(actor=SYSTEM, card=card, numbers=[switched.phone.number])
    assert asked("c-3", caller=CALLER, **line)["card"]["serial"] == card.serial


def test_a_number_is_one_cards_of_an_agent(card: Card) -> None:
    other = card.batch.cards.exclude(pk=card.pk).first()
    with pytest.raises(Refused) as refused:
        card_callers_set(actor=SYSTEM, card=card, numbers=[CALLER])
    assert refused.value.code == "card_not_used"
    for at, one in enumerate((card, other)):
        with_card(one, f"c-{at}")
        one.refresh_from_db()
    card_callers_set(actor=SYSTEM, card=card, numbers=[CALLER])
    with pytest.raises(Refused) as refused:
        card_callers_set(actor=SYSTEM, card=other, numbers=[OTHER, CALLER])
    assert refused.value.code == "bound_already"
    assert not other.callers.exists()
    many = [f"88017112{one:05}" for one in range(11)]
    with pytest.raises(Refused) as refused:
        card_callers_set(actor=SYSTEM, card=card, numbers=many)
    assert refused.value.code == "too_many"
    with pytest.raises(Refused) as refused:
        card_callers_set(actor=SYSTEM, card=card, numbers=["nobody"])
    assert refused.value.field == "numbers"


def test_after_ten_wrong_pins_of_a_caller_the_right_one_is_of_no_use(card: Card) -> None:
    for at in range(MOST):
        wrong = called_in(f"w-{at}", pin="000000000000", destination=NUMBER)
        assert said(wrong) == (403, "Wrong PIN")
    eleventh = called_in("w-11", pin="000000000001", destination=NUMBER)
    assert said(eleventh) == (403, "Too many wrong PINs")
    assert said(with_card(card)) == (403, "Too many wrong PINs")
    card.refresh_from_db()
    assert card.status == Card.Status.NEW
    # Others may call there.
    assert with_card(card, "c-2", caller=OTHER)["allowed"] is True


def test_a_trunk_has_a_limit_of_its_own_whatever_callers_it_names(
    card: Card, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("billing.cards.services.attempts.MOST_OF_CALLS", 3)
    for at in range(3):
        called_in(f"w-{at}", pin="000000000000", destination=NUMBER, caller=f"88017110000{at:02}")
    assert said(with_card(card, caller=OTHER)) == (403, "Too many wrong PINs")


def test_right_pins_do_not_count(card: Card) -> None:
    allowed = [with_card(card, f"c-{at}")["allowed"] for at in range(MOST + 1)]
    assert allowed == [True] * (MOST + 1)


def _blocked(card: Card) -> None:
    card_block(actor=SYSTEM, card=card, reason="Stolen")


def _withdrawn(card: Card) -> None:
    batch = card.batch
    cards_withdraw(actor=SYSTEM, batch=batch, reason="Why", **ends(batch, 0, 2))


def _expired(card: Card) -> None:
    Card.objects.filter(pk=card.pk).update(expires_at=timezone.now() - timedelta(seconds=1))


def _recharged(card: Card) -> None:
    use(SYSTEM, card, Account.objects.get(account_id="Customer-001"))


def _stopped(card: Card) -> None:
    account_lock(actor=SYSTEM, account=card.batch.account, reason="Why")


@pytest.mark.parametrize(
    ("becomes", "heard"),
    [
        (_blocked, (403, "Card blocked")),
        (_withdrawn, (403, "Card withdrawn")),
        (_expired, (403, "Card expired")),
        (_recharged, (402, "Card used up")),
        (_stopped, (403, "Refused at a level above yours")),
    ],
)
def test_a_card_that_cannot_be_used_says_why_and_opens_nothing(
    card: Card, becomes: Any, heard: tuple[int, str]
) -> None:
    becomes(card)
    before = Account.objects.count()
    assert said(with_card(card)) == heard
    assert Account.objects.count() == before


@pytest.mark.parametrize(
    ("becomes", "heard"),
    [(_blocked, (403, "Card blocked")), (_expired, (403, "Card expired"))],
)
def test_so_does_one_that_called_before(card: Card, becomes: Any, heard: tuple[int, str]) -> None:
    with_card(card)
    card.refresh_from_db()
    becomes(card)
    assert said(with_card(card, "c-2")) == heard


def test_one_that_is_not_released_is_worth_nothing(switched: Switched, card: Card) -> None:
    group = switched.groups.customer
    sheet = cards(switched.tree.agent, first="SYL990001", released=False, rate_group=group)
    assert said(with_card(card_of(sheet))) == (403, "Card not released")


def test_without_money_it_hears_what_it_has(card: Card) -> None:
    with_card(card)
    card.refresh_from_db()
    Wallet.objects.filter(pk=card.account_id).update(held=Decimal("4.97"))
    answer = with_card(card, "c-2")
    assert said(answer) == (402, "Balance too low")
    assert (answer["card"]["balance"], answer["card"]["seconds"]) == ("0.03", 0)


def test_a_card_of_another_business_is_none_here(switched: Switched, card: Card) -> None:
    """Those of the access number's account and of what is below it count."""
    foreign = cards(switched.tree.sibling, first="OTH110001", rate_group=None, released=False)
    assert said(with_card(card_of(foreign))) == (403, "Wrong PIN")
    access_number(switched.tree.top, "8801500000009", "8801500000008")
    assert with_card(card, "c-2", callee="8801500000009")["allowed"] is True
    card.refresh_from_db()
    card_callers_set(actor=SYSTEM, card=card, numbers=[CALLER])
    access_number(switched.tree.sibling, "8801500000007", "8801500000006")
    elsewhere = called_in("c-3", callee="8801500000007", destination=NUMBER)
    assert said(elsewhere) == (403, "PIN needed")


def test_a_card_is_opened_for_a_number_alone(card: Card) -> None:
    for destination in ("", "nobody"):
        assert said(with_card(card, destination=destination)) == (484, "Not a number")
    card.refresh_from_db()
    assert card.status == Card.Status.NEW


def test_what_is_no_access_number_is_told_so(switched: Switched, card: Card) -> None:
    for callee in (LINE, NUMBER, "nobody"):
        assert said(with_card(card, callee=callee)) == (404, "Not an access number")
    assert switched.held() == [0, 0, 0]


def test_a_locked_trunk_brings_nobody_in(card: Card) -> None:
    Gateway.objects.filter(name=TRUNK).update(is_locked=True)
    assert said(with_card(card)) == (403, "Locked")
    assert said(with_card(card, gateway="nobody")) == (403, "Unknown caller")
