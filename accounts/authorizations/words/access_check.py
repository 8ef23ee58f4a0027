"""Who may do what to whom: the verdict on one deed, every check up to it, and what would help."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.authorizations.rules.policies import NeedsApproval, check_may_become_agent
from accounts.core.actor import ADD, MOVE, Actor, actor_for, decide, relation
from accounts.core.authorizations import Authorization
from accounts.core.decisions import Cause, Decision, Relation, Step, beyond_reach
from accounts.core.models import Account, User
from accounts.kit.errors import DomainError, WayOut
from accounts.logins.rules.second_factor import has_second_factor, needs_second_factor
from accounts.portal.cards import call_verdict_of

# No deed of a login: whatever calls, calls by its account.
CALL = "call"

DEEDS: Mapping[str, Any] = {
    ADD: gettext_lazy("Add a sub-account below it"),
    MOVE: gettext_lazy("Move an account below it"),
    **{
        code.value: gettext_lazy("%(number)s %(label)s") % {"number": n, "label": code.label}
        for n, code in enumerate(Authorization, 1)
    },
    CALL: gettext_lazy("Call a number"),
}


@dataclass(frozen=True)
class Answer:
    """The verdict in one sentence, the checks in order, and the links that would change it."""

    is_allowed: bool
    sentence: str
    steps: tuple[Step, ...]
    ways_out: tuple[WayOut, ...] = ()


def check(viewer: Actor, login: User | None, actor: Actor, deed: str, target: Account) -> Answer:
    """Whether `actor` may do `deed` on `target`, as `viewer` may know it. `login` is None where any
    login of the actor's account is meant.
    """
    makes = deed in (ADD, MOVE)
    code = Authorization.MANAGE_ACCOUNT if makes else Authorization(deed)
    decision = decide(actor, code, target, is_agent_id=makes, viewer=viewer)
    apart = _isolation(login, decision, target)
    if apart:
        return apart
    before = _login_steps(login, actor)
    failed = next((step for step in before if not step.is_passed), None)
    if failed is not None:
        return Answer(False, failed.words, (*before, *decision.steps))
    if decision.is_allowed and makes:
        return _becoming_an_agent(viewer, actor, decision, before, target)
    return Answer(
        decision.is_allowed,
        decision.sentence,
        (*before, *decision.steps),
        _to_the_login(login)
        if decision.cause is Cause.NO_LOGIN
        else _ways_out(viewer, decision, target),
    )


def check_call(viewer: Actor, who: str, number: str) -> Answer | None:
    """Whether who is known by this may call that number now, as `viewer` may know it; None where
    nobody is known by it in the viewer's scope.
    """
    found = call_verdict_of(viewer, who, number)
    if found is None:
        return None
    steps = tuple(Step(words, is_passed) for words, is_passed in found.steps)
    return Answer(found.is_allowed, found.sentence, steps, (WayOut(*found.way),))


def _isolation(login: User | None, decision: Decision, target: Account) -> Answer | None:
    """The answer about what the login has nothing to do with: it is right so, and no way leads out
    of it. None for everything else.
    """
    if decision.cause is Cause.OUT_OF_SCOPE:
        return Answer(False, decision.sentence, decision.steps)
    if decision.cause is Cause.OPERATOR:
        words = _(
            "An operator works in the Django admin, as far as its permissions go. In the portal it "
            "reaches no account. That is as it should be."
        )
        return Answer(False, words, (Step(words, False),))
    if decision.cause is Cause.NO_LOGIN and login is not None and login.account is not None:
        # What it would reach if it were not locked.
        anyone = actor_of(None, login.account)
        if anyone.own and relation(anyone, target) is Relation.OUTSIDE:
            words = beyond_reach(login.account.account_id)
            return Answer(False, words, (*decision.steps, Step(words, False)))
    return None


def _to_the_login(login: User | None) -> tuple[WayOut, ...]:
    """Where a login that may do nothing is unlocked, or why it never will."""
    if login is None or login.account is None:
        return ()
    words = _("Look at the logins of %(account)s") % {"account": login.account.account_id}
    return (WayOut(words, reverse("accounts:logins", args=[login.account.account_id])),)


def _login_steps(login: User | None, actor: Actor) -> tuple[Step, ...]:
    if login is None or not needs_second_factor(actor):
        return ()
    if has_second_factor(login):
        return (Step(_("The login has the second factor that is required."), True),)
    return (
        Step(
            _(
                "The login has no second factor yet, which is required: "
                "it is led to set one up at its next sign-in, and does nothing before."
            ),
            False,
        ),
    )


def _becoming_an_agent(
    viewer: Actor, actor: Actor, decision: Decision, before: tuple[Step, ...], target: Account
) -> Answer:
    """The policy for new agents stands behind the authorization."""
    steps = (*before, *decision.steps)
    try:
        check_may_become_agent(actor, target)
    except NeedsApproval:
        words = _(
            "It is permitted, but %(account)s would become an agent: "
            "an administrator has to approve that first."
        ) % {"account": target.account_id}
        return Answer(True, words, (*steps, Step(words, True)))
    except DomainError as error:
        words = str(error.message)
        ways_out: tuple[WayOut, ...] = ()
        if viewer.is_administrator:
            url = reverse("accounts:authorization-policy", args=[target.account_id])
            ways_out = (WayOut(_("Look at the policy for new agents"), url),)
        return Answer(False, words, (*steps, Step(words, False)), ways_out)
    return Answer(True, decision.sentence, steps)


def _ways_out(viewer: Actor, decision: Decision, target: Account) -> tuple[WayOut, ...]:
    """The pages on which this viewer can change the verdict."""

    def page(name: str, account_id: str) -> str:
        return reverse(f"accounts:{name}", args=[account_id])

    level = decision.level
    if decision.cause in (Cause.MISSING, Cause.MISSING_ABOVE) and _may_change(viewer, level):
        words = _("Change the authorizations of %(account)s") % {"account": level}
        return (WayOut(words, page("authorizations", level)),)
    if decision.cause in (Cause.STOPPED, Cause.STOPPED_ABOVE) and _may_change(viewer, level):
        return (WayOut(_("Look at %(account)s") % {"account": level}, page("detail", level)),)
    if viewer.is_administrator:
        return ()
    # On its own account only the asker needs somebody: for others it is the asker.
    is_own = decision.cause is Cause.NOT_ON_OWN and target.pk == viewer.account_pk
    if is_own or decision.cause in (Cause.MISSING, Cause.MISSING_ABOVE):
        return (WayOut(_ask_above(viewer)),)
    return ()


def _ask_above(viewer: Actor) -> str:
    if viewer.is_top_level:
        return _("Ask %(above)s.") % {"above": viewer.someone_above}
    return _("Ask %(above)s, or an administrator.") % {"above": viewer.someone_above}


def _may_change(viewer: Actor, level: str) -> bool:
    """Whether the deciding level is one this viewer works on: known, and not its own account."""
    if not level:
        return False
    return viewer.is_administrator or (viewer.own is not None and viewer.own.account_id != level)


def actor_of(login: User | None, account: Account | None) -> Actor:
    """The actor a login is, or what any active login of an account would be."""
    if login is not None:
        return actor_for(login)
    assert account is not None
    anyone = User(username="", account=account, is_active=True)
    return actor_for(anyone)
