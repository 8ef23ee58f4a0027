"""Grants that no service wrote, in any number and anywhere, compared with the rule written down
naively: they widen nothing, on no path.
"""

from collections.abc import Mapping

import pytest
from django.db import transaction
from hypothesis import Phase, given
from hypothesis import strategies as st

from accounts.authorizations.queries.grants import held
from accounts.authorizations.services.grants import grants_set
from accounts.authorizations.tables.holders import ON, holder_rows
from accounts.core.actor import SYSTEM, Actor, actor_for, require
from accounts.core.authorizations import ALL, Authorization, Reach
from accounts.core.models import Account, User
from accounts.kit.errors import NotAllowed, NotInScope
from tests.factories import AccountFactory, UserFactory
from tests.support import sabotage
from tests.support.examples import examples

pytestmark = pytest.mark.django_db

Codes = frozenset[Authorization]
SIZE = 6
STATES = ("active", "active", "active", "locked", "expired")


@st.composite
def forests(draw: st.DrawFn) -> list[tuple[int | None, str, Codes]]:
    """Accounts as (place of the agent, state, what rows say it holds); agents come first."""
    rows = []
    for at in range(SIZE):
        parent = draw(st.one_of(st.none(), st.integers(0, at - 1))) if at else None
        # Mostly held, so that something counts at all.
        missing = draw(st.frozensets(st.sampled_from(Authorization), max_size=3))
        rows.append((parent, draw(st.sampled_from(STATES)), ALL - missing))
    return rows


class Rule:
    """docs/domain.md 3, as plainly as it can be said."""

    def __init__(self, rows: list[tuple[int | None, str, Codes]]) -> None:
        self.rows = rows

    def way(self, at: int) -> list[int]:
        parent = self.rows[at][0]
        return [at, *(self.way(parent) if parent is not None else [])]

    def below(self, at: int) -> set[int]:
        return {one for one in range(SIZE) if at in self.way(one)[1:]}

    def counts(self, at: int, code: Authorization) -> bool:
        return all(
            self.rows[one][1] == "active" and code in self.rows[one][2] for one in self.way(at)
        )

    def may(self, login: int, code: Authorization, on: int) -> bool:
        places = {
            Reach.OWN: {login},
            Reach.BELOW: self.below(login),
            Reach.OWN_AND_BELOW: {login, *self.below(login)},
        }[code.reach]
        return on in places and self.counts(login, code)


@pytest.mark.slow
@given(rows=forests())
@examples(12, phases=(Phase.generate,))
def test_rows_that_nobody_granted_widen_nothing(
    rows: list[tuple[int | None, str, Codes]],
) -> None:
    with transaction.atomic():
        accounts, logins = planted(rows)
        rule = Rule(rows)
        assert len(logins) == len(accounts) == SIZE
        for at, login in logins.items():
            actor = actor_for(login)
            for on, account in accounts.items():
                for code in Authorization:
                    expected = rule.may(at, code, on)
                    assert login.has_perm(code.permission, account) == expected
                    assert permits(actor, code, account) == expected
            assert actor.effective == {one for one in Authorization if rule.counts(at, one)}
        assert matrix(accounts) == {
            (on, code) for on in accounts for code in Authorization if rule.counts(on, code)
        }
        what_is_stray_cannot_be_passed_on(rule, accounts, logins)
        transaction.set_rollback(True)


def planted(
    rows: list[tuple[int | None, str, Codes]],
) -> tuple[dict[int, Account], dict[int, User]]:
    accounts: dict[int, Account] = {}
    for at, (parent, _state, _codes) in enumerate(rows):
        above = accounts[parent] if parent is not None else None
        accounts[at] = AccountFactory(account_id=f"A-{at}", parent=above)
    for at, (_parent, state, codes) in enumerate(rows):
        if state == "locked":
            sabotage.plant(accounts[at], status="locked")
        elif state == "expired":
            sabotage.expire(accounts[at])
        for code in codes:
            sabotage.plant_grant(accounts[at], code)
    fresh = {at: Account.objects.get(pk=one.pk) for at, one in accounts.items()}
    return fresh, {at: UserFactory(account=one) for at, one in fresh.items()}


def permits(actor: Actor, code: Authorization, account: Account) -> bool:
    """Whether a service would go on."""
    try:
        require(actor, code, account)
    except (NotAllowed, NotInScope):
        return False
    return True


def matrix(accounts: Mapping[int, Account]) -> set[tuple[int, Authorization]]:
    """What the page "Who below holds what" calls granted."""
    shown = holder_rows(SYSTEM, list(accounts.values()))
    return {
        (at, code)
        for at, row in zip(accounts, shown, strict=True)
        for code, state in row.states.items()
        if state == ON
    }


def what_is_stray_cannot_be_passed_on(
    rule: Rule, accounts: Mapping[int, Account], logins: Mapping[int, User]
) -> None:
    for at, login in logins.items():
        for on in rule.below(at):
            wanted = {
                code
                for code in ALL - held(accounts[on])
                if not rule.counts(at, code) or code not in rule.rows[rule.way(on)[1]][2]
            }
            for code in wanted:
                with pytest.raises(Exception) as caught:  # noqa: PT011 - which one, is said below
                    grants_set(
                        actor=actor_for(login),
                        account=accounts[on],
                        codes=held(accounts[on]) | {code},
                        reason="x",
                    )
                assert caught.value.code in ("not_authorized", "not_grantable")  # type: ignore[attr-defined]
