"""The same caller, number and moment get the same verdict and reason from the switch, from "try a
call", from "check access", from "test a number" and from the price, for who looks at it from any
level: over hierarchies in which anything may stand against a call, at any level and at several
(docs/domain.md 7).
"""

from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.authorizations.words.access_check import check_call
from accounts.core.actor import SYSTEM, Actor, actor_for
from accounts.core.models import Account
from accounts.numbers.words import explained
from billing.rates.answers import Problem
from billing.rates.queries import price_chain
from tests.support.examples import examples
from tests.support.switching import asked
from tests.vosportal.switch.conftest import (
    FAULTS,
    LINE,
    NUMBER,
    Chain,
    nothing_above_is_told,
    standing,
)
from vosportal.switch.queries.callers import by_phone
from vosportal.switch.queries.judging import Judged, Step, Why, judge
from vosportal.switch.trying import Tried
from vosportal.switch.words import logged

pytestmark = pytest.mark.django_db

ANYTHING = st.lists(
    st.tuples(st.sampled_from(sorted(FAULTS)), st.integers(0, 3)), max_size=4, unique=True
)
NUMBERS = st.sampled_from([NUMBER, NUMBER, NUMBER, "+8801711 000000", "33142685300", "(0)17", "x"])


@pytest.mark.wide
@given(faults=ANYTHING, number=NUMBERS)
@examples(60)
def test_everybody_is_told_the_same(chain: Chain, faults: list[Any], number: str) -> None:
    with standing(chain, faults, FAULTS):
        now = timezone.now()
        judged = judge(by_phone(LINE), dialled=number, shown="", session="", now=now)
        answer = asked("one", phone=LINE, callee=number)
        assert answer["allowed"] is judged.is_allowed
        assert answer.get("reason", "") == logged(judged)
        for viewer in (*map(actor_for, chain.logins), SYSTEM):
            tried = Tried(viewer, judged, number)
            assert tried.is_allowed is judged.is_allowed
            _as_the_access_check_says(viewer, chain.accounts[0], judged, tried, number)
            _as_the_number_test_says(viewer, chain.accounts[0], judged, tried, number)
            _as_the_price_says(viewer, chain.accounts[0], judged, tried)
            nothing_above_is_told(viewer, chain, tried)


def _as_the_access_check_says(
    viewer: Actor, account: Account, judged: Judged, tried: Tried, number: str
) -> None:
    """Of the phone; and of its account, which has no lock and no limit of calls of its own."""
    checked = check_call(viewer, LINE, number)
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


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_each_of_these_stands_against_a_call(chain: Chain, fault: str) -> None:
    """So that none of them passes for it does nothing."""
    with standing(chain, [(fault, 2)], FAULTS):
        assert asked("one", phone=LINE)["allowed"] is False
    assert asked("one", phone=LINE)["allowed"] is True
