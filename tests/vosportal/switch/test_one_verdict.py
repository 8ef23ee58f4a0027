"""The same caller, number and moment get the same verdict and reason from the switch, from "try a
call", from "check access", from "test a number" and from the price, for who looks at it from any
level: over hierarchies in which anything may stand against a call, at any level and at several
(docs/domain.md 7).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.authorizations.words.access_check import check_call
from accounts.core.actor import SYSTEM, Actor, actor_for
from accounts.core.models import Account
from accounts.gateways.models import Gateway
from accounts.numbers.words import explained
from accounts.phones.models import Phone
from accounts.tree.services.accounts import account_edit, account_lock
from billing.holds.models import RunningCall
from billing.rates.answers import Problem
from billing.rates.queries import price_chain
from billing.wallets.models import Wallet
from tests.factories import UserFactory, phone
from tests.factories.rates import LONG_AGO, rate, rate_group
from tests.support.buying import buys_at
from tests.support.examples import examples
from tests.support.numbers import limit
from tests.support.switching import asked, running_call
from tests.vosportal.switch.conftest import NUMBER, Switched
from vosportal.switch.queries.callers import by_phone
from vosportal.switch.queries.judging import Judged, Step, Why, judge
from vosportal.switch.trying import Tried
from vosportal.switch.words import logged

pytestmark = pytest.mark.django_db

PHONE = "8801819000002"


class Chain:
    """Four accounts below one another, the caller's first, and a login of each."""

    def __init__(self, switched: Switched) -> None:
        tree = switched.tree
        self.accounts = [tree.deep_customer, tree.sub_agent, tree.agent, tree.top]
        self.route = switched.route
        for at, account in enumerate(self.accounts):
            group = rate_group(None, f"Of level {at}")
            rate(group, "880", "0.06")
            buys_at(account, group, since=LONG_AGO)
            Wallet.objects.filter(pk=account.pk).update(balance=Decimal(10))
        self.unrated = rate_group(None, "Elsewhere")
        rate(self.unrated, "33", "0.06")
        self.locked = rate_group(None, "Locked")
        rate(self.locked, "880", "0.06", is_locked=True)
        self.phone = phone(self.accounts[0], PHONE, max_calls=2)
        self.logins = [UserFactory(account=one) for one in self.accounts]


@pytest.fixture
def chain(switched: Switched) -> Chain:
    return Chain(switched)


def _lock(chain: Chain, at: int) -> None:
    account_lock(actor=SYSTEM, account=chain.accounts[at], reason="Why")


def _expire(chain: Chain, at: int) -> None:
    yesterday = timezone.now() - timedelta(days=1)
    account_edit(actor=SYSTEM, account=chain.accounts[at], valid_until=yesterday)


# What may stand against a call at a level, by name.
FAULTS: dict[str, Callable[[Chain, int], None]] = {
    "locked": _lock,
    "expired": _expire,
    "blocked": lambda chain, at: limit(chain.accounts[at], "block 8801711"),
    "not allowed": lambda chain, at: limit(chain.accounts[at], "allow 33"),
    "no group": lambda chain, at: buys_at(chain.accounts[at], None),
    "unrated": lambda chain, at: buys_at(chain.accounts[at], chain.unrated),
    "rate locked": lambda chain, at: buys_at(chain.accounts[at], chain.locked),
    "no money": lambda chain, at: _no_money(chain, at),
    "held": lambda chain, at: _no_money(chain, at, held=Decimal("9.95")),
    # Of the caller, the platform or a carrier, whatever the level.
    "phone locked": lambda chain, _at: _of_phone(chain, lock="out"),
    "phone full": lambda chain, _at: _full(chain),
    "platform": lambda _chain, _at: limit(None, "block 88017"),
    "no route": lambda chain, _at: _no_route(chain),
}


def _no_money(chain: Chain, at: int, held: Decimal | None = None) -> None:
    wallet = Wallet.objects.filter(pk=chain.accounts[at].pk)
    wallet.update(balance=Decimal("0.05")) if held is None else wallet.update(held=held)


def _of_phone(chain: Chain, **values: Any) -> None:
    Phone.objects.filter(pk=chain.phone.pk).update(**values)


def _full(chain: Chain) -> None:
    _of_phone(chain, max_calls=1)
    if not RunningCall.objects.exists():
        running_call(chain.accounts[0], "first", phone=PHONE)


def _no_route(chain: Chain) -> None:
    Gateway.objects.filter(pk=chain.route.pk).update(is_locked=True)


@contextmanager
def standing(chain: Chain, faults: list[tuple[str, int]]) -> Iterator[None]:
    with transaction.atomic():
        # While there is money for the call that fills it.
        for name, at in sorted(faults, key=lambda one: one[0] != "phone full"):
            FAULTS[name](chain, at)
        yield
        transaction.set_rollback(True)


ANYTHING = st.lists(
    st.tuples(st.sampled_from(sorted(FAULTS)), st.integers(0, 3)), max_size=4, unique=True
)
NUMBERS = st.sampled_from([NUMBER, NUMBER, NUMBER, "+8801711 000000", "33142685300", "(0)17", "x"])


@given(faults=ANYTHING, number=NUMBERS)
@examples(60)
def test_everybody_is_told_the_same(chain: Chain, faults: list[Any], number: str) -> None:
    with standing(chain, faults):
        now = timezone.now()
        judged = judge(by_phone(PHONE), dialled=number, shown="", session="", now=now)
        answer = asked("one", phone=PHONE, callee=number)
        assert answer["allowed"] is judged.is_allowed
        assert answer.get("reason", "") == logged(judged)
        for viewer in (*map(actor_for, chain.logins), SYSTEM):
            tried = Tried(viewer, judged, number)
            assert tried.is_allowed is judged.is_allowed
            _as_the_access_check_says(viewer, chain.accounts[0], judged, tried, number)
            _as_the_number_test_says(viewer, chain.accounts[0], judged, tried, number)
            _as_the_price_says(viewer, chain.accounts[0], judged, tried)
            _nothing_above_is_told(viewer, chain, tried)


def _as_the_access_check_says(
    viewer: Actor, account: Account, judged: Judged, tried: Tried, number: str
) -> None:
    """Of the phone; and of its account, which has no lock and no limit of calls of its own."""
    checked = check_call(viewer, PHONE, number)
    assert checked is not None
    assert checked.is_allowed is judged.is_allowed
    assert checked.sentence == tried.reason
    asked = [(one.name, one.state == "pass") for one in tried.lines if one.state != "none"]
    assert [(str(one.words).partition(":")[0], one.is_passed) for one in checked.steps] == asked
    of_account = check_call(viewer, account.account_id.lower(), number)
    assert of_account is not None
    if judged.refused is None or judged.refused.step not in (Step.LOCK, Step.CALLS):
        assert of_account.is_allowed is judged.is_allowed
        assert of_account.sentence == tried.reason


def _said(tried: Tried, step: Step) -> tuple[str, str]:
    """The state and the words of a step; nothing where a level above refuses, at whichever step."""
    if len(tried.lines) < len(Step):
        return "none", ""
    line = tried.lines[list(Step).index(step)]
    return line.state, str(line.words)


def _as_the_number_test_says(
    viewer: Actor, account: Account, judged: Judged, tried: Tried, number: str
) -> None:
    tested = explained(viewer, account.pk, number)
    state, words = _said(tried, Step.NUMBER)
    if state == "stop":
        assert tested.headline == "Not a number"
        assert words == tested.reason
    state, words = _said(tried, Step.SECTIONS)
    if state == "none":
        return
    assert (state == "pass") is tested.is_allowed
    if state == "pass":
        return
    # Of several levels that refuse, the one nearest to the caller is named here, the first from the
    # top there; either is one that the test of the number shows to refuse.
    refusing = [
        one.name for one in tested.rungs if one.state == "stop" or "refused as well" in one.words
    ]
    named = [one for one in refusing if one.lower() in words.lower()]
    assert len(named) == 1, (words, refusing)


_PROBLEMS = {
    Why.NO_GROUP: Problem.NO_GROUP, Why.UNRATED: Problem.UNRATED, Why.RATE_LOCKED: Problem.LOCKED,
}  # fmt: skip


def _as_the_price_says(viewer: Actor, account: Account, judged: Judged, tried: Tried) -> None:
    state, words = _said(tried, Step.RATES)
    if state == "none":
        return
    answer = price_chain(viewer, account, [judged.number], judged.at).answer(judged.number, 60)
    assert (state == "pass") is answer.may_be_called
    if state == "pass":
        shown = [f"{one.level.account_id} 0.0600" for one in answer.prices]
        assert words == f"{'; '.join(shown)} (USD a minute)"
        return
    refusing = answer.refusing
    if refusing is None:
        assert answer.is_refused_above
        assert words == f"Refused at {viewer.someone_above}."
        return
    assert words.startswith(f"{refusing.level.account_id} ") or refusing.level.account_id in words
    at = [one.account_id for one in judged.links].index(refusing.level.account_id)
    check = judged.refused
    assert check is not None
    whys = {one.at: one.why for one in check.refusals}
    assert _PROBLEMS[whys[at]] == refusing.problem


def _nothing_above_is_told(viewer: Actor, chain: Chain, tried: Tried) -> None:
    """No name of a level above the viewer, in whatever is shown."""
    if viewer.own is None:
        return
    own = [one.pk for one in chain.accounts].index(viewer.own.pk)
    texts = [tried.headline, tried.reason, tried.heard, *(str(one.words) for one in tried.lines)]
    texts += [value for _name, value in tried.answer]
    checked = check_call(viewer, PHONE, tried.dialled)
    assert checked is not None
    texts += [checked.sentence, *(str(one.words) for one in checked.steps)]
    texts += [f"{one.label} {one.url}" for one in checked.ways_out]
    for above in chain.accounts[own + 1 :]:
        assert not [text for text in texts if above.account_id in text]


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_each_of_these_stands_against_a_call(chain: Chain, fault: str) -> None:
    """So that none of them passes for it does nothing."""
    with standing(chain, [(fault, 2)]):
        assert asked("one", phone=PHONE)["allowed"] is False
    assert asked("one", phone=PHONE)["allowed"] is True
