"""A call to an access number or a callback trigger gets the same verdict from the switch, from "try
a call" and from "check access", for who looks at it from any level; and asking leaves nothing
behind (docs/domain.md 7, 8).
"""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from accounts.authorizations.words.access_check import check_call
from accounts.core.actor import SYSTEM, Actor, actor_for
from accounts.core.reach import accounts_reached
from accounts.phones.services.uses import dids_used
from billing.cards.models import Card
from billing.cards.services.callers import card_callers_set
from billing.cards.services.deeds import card_block
from billing.holds.models import CallbackOrder, RunningCall
from billing.wallets.models import Wallet
from tests.factories import phone
from tests.factories.rates import rate, rate_group
from tests.support.carding import card_of, cards, pin_of
from tests.support.examples import examples
from tests.support.sabotage import plant
from tests.support.switching import asked
from tests.vosportal.switch.conftest import (
    FAULTS,
    LINE,
    NUMBER,
    Chain,
    Switched,
    nothing_above_is_told,
    standing,
)
from vosportal.switch.checking import checked
from vosportal.switch.trying import Tried

pytestmark = pytest.mark.django_db


class Dialled(Chain):
    """The agent has an access number and a card that the phone is bound to, the sub-agent a
    trigger; another business has an access number, and a customer beside the caller a trigger.
    """

    def __init__(self, switched: Switched) -> None:
        super().__init__(switched)
        tree = switched.tree
        for account in (tree.sub_agent, tree.customer):
            plant(account, ctd_billing_model="flow")
            account.refresh_from_db()
        dids = [
            (tree.agent, "access"), (tree.sub_agent, "callback"), (tree.other_top, "access"),
            (tree.customer, "callback"),
        ]  # fmt: skip
        for at, (account, use) in enumerate(dids, 1):
            line = phone(account, f"880150000010{at}", dids=[f"880150000020{at}"])
            dids_used(actor=SYSTEM, phone=line, uses={f"880150000020{at}": (use, "")})
        self.foreign = [tree.other_top, tree.customer]
        prices = rate_group(None, "Of cards")
        rate(prices, "880", "0.06")
        self.card = card_of(cards(tree.agent, rate_group=prices))
        asked("opens", phone=LINE, callee=ACCESS, destination=NUMBER, pin=pin_of(self.card))
        self.card.refresh_from_db()
        card_callers_set(actor=SYSTEM, card=self.card, numbers=[LINE])


ACCESS, TRIGGER, FOREIGN_ACCESS, FOREIGN_TRIGGER = (f"880150000020{at}" for at in (1, 2, 3, 4))


@pytest.fixture
def dialled(switched: Switched) -> Dialled:
    return Dialled(switched)


def _card_blocked(chain: Any, _at: int) -> None:
    chain.card.refresh_from_db()
    card_block(actor=SYSTEM, card=chain.card, reason="Stolen")


# What may stand against a call of an access number or a trigger besides.
OF_DIDS: dict[str, Callable[[Any, int], None]] = {
    "money for one leg": lambda chain, at: _money(chain, at, "0.09"),
    "standard": lambda chain, _at: plant(chain.accounts[1], ctd_billing_model="standard"),
    "card blocked": _card_blocked,
    "card without money": lambda chain, _at: _money_of(chain.card.account_id, "0.05"),
    "not bound": lambda chain, _at: chain.card.callers.all().delete(),
    "session open": lambda _chain, _at: asked("x", phone=LINE, callee=TRIGGER, destination=NUMBER),
}


ALL = {**FAULTS, **OF_DIDS}


def _money(chain: Chain, at: int, balance: str) -> None:
    _money_of(chain.accounts[at].pk, balance)


def _money_of(account: int, balance: str) -> None:
    Wallet.objects.filter(pk=account).update(balance=Decimal(balance), held=0)


HINDERED = st.lists(
    st.tuples(st.sampled_from(sorted(ALL)), st.integers(0, 3)), max_size=3,
    unique=True,
)  # fmt: skip
DIDS = st.sampled_from([ACCESS, TRIGGER, FOREIGN_ACCESS, FOREIGN_TRIGGER, NUMBER])
BEHIND = st.sampled_from(["", NUMBER, NUMBER, "+880 1711 999999", "33142685300", "x"])


@pytest.mark.wide
@given(faults=HINDERED, did=DIDS, behind=BEHIND)
@examples(60)
def test_of_a_number_that_rings_nowhere_too(
    dialled: Dialled, faults: list[Any], did: str, behind: str
) -> None:
    assume(did != NUMBER or behind)
    with standing(dialled, faults, ALL):
        before = _written()
        number = f"{did}*{behind}" if behind else did
        viewers = [*map(actor_for, dialled.logins), SYSTEM]
        seen = []
        for viewer in viewers:
            tried = checked(viewer, LINE, number)
            assert tried is not None
            _as_the_access_check_says_of_it(viewer, tried, number)
            nothing_above_is_told(viewer, dialled, tried)
            _nothing_foreign_is_told(viewer, dialled, tried)
            seen.append(tried)
        assert _written() == before
        answer = asked("one", phone=LINE, callee=did, destination=behind)
        assert len(seen) == 5
        for tried in seen:
            told = dict(tried.answer)
            assert tried.is_allowed is answer["allowed"]
            assert told.get("sip_code", "") == str(answer.get("sip_code", ""))
            assert told.get("said", "") == answer.get("said", "")
        # A session has a name of its own, which nobody knows before.
        reason = re.sub("session [0-9a-f]{32}", "both are called", answer.get("reason", ""))
        assert dict(seen[-1].answer).get("reason", "") == reason


def _written() -> list[Any]:
    """What a call of such a number leaves behind."""
    return [
        list(RunningCall.objects.order_by("pk").values_list("pk", "changed_at")),
        list(CallbackOrder.objects.order_by("pk").values()),
        list(Card.objects.order_by("pk").values_list("pk", "status")),
        list(Wallet.objects.order_by("pk").values_list("pk", "balance", "held")),
    ]


def _as_the_access_check_says_of_it(viewer: Actor, tried: Tried, number: str) -> None:
    checked_call = check_call(viewer, LINE, number)
    assert checked_call is not None
    assert checked_call.is_allowed is tried.is_allowed
    assert checked_call.sentence == tried.reason


def _nothing_foreign_is_told(viewer: Actor, dialled: Dialled, tried: Tried) -> None:
    """Whose number it is, and the card that pays, are for those alone who reach their accounts."""
    texts = [tried.headline, tried.reason, tried.heard, *(str(one.words) for one in tried.lines)]
    texts += [value for _name, value in tried.answer]
    reached = set(accounts_reached(viewer).values_list("pk", flat=True))
    names = {one.pk: one.account_id for one in dialled.foreign}
    names[dialled.card.account_id] = dialled.card.serial
    hidden = [name for pk, name in names.items() if pk not in reached]
    assert not [name for name in hidden if name in " ".join(texts)]


@pytest.mark.parametrize(
    ("fault", "did"),
    [
        ("money for one leg", TRIGGER), ("standard", TRIGGER), ("session open", TRIGGER),
        ("card blocked", ACCESS), ("card without money", ACCESS), ("not bound", ACCESS),
    ],
)  # fmt: skip
def test_each_of_these_changes_what_becomes_of_it(dialled: Dialled, fault: str, did: str) -> None:
    number = f"{did}*{NUMBER}"
    well = checked(SYSTEM, LINE, number)
    with standing(dialled, [(fault, 1)], ALL):
        hindered = checked(SYSTEM, LINE, number)
    assert well is not None
    assert hindered is not None
    assert well.is_as_meant
    assert hindered.reason != well.reason
