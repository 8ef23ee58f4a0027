"""Why somebody may or may not do something: every decision as a sentence, with the way to it.

Plain functions over plain data; `accounts.core.actor` reads the data. The same decision answers
pages, services, refusals and the access check. Levels above the viewer's own account are never
named (docs/domain.md 2).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from accounts.core.above import someone_above
from accounts.core.authorizations import Authorization, acts_on


class Who(StrEnum):
    """What the login is before any authorization counts."""

    ADMINISTRATOR = "administrator"
    READ_ONLY = "read_only"
    OPERATOR = "operator"
    NOBODY = "nobody"
    ACCOUNT = "account"


class Relation(StrEnum):
    """Where the account acted on lies, seen from the login's own one."""

    OWN = "own"
    BELOW = "below"
    OUTSIDE = "outside"
    # No account: the top level.
    TOP = "top"


class Cause(StrEnum):
    """What decided."""

    GRANTED = "granted"
    ADMINISTRATOR = "administrator"
    NO_LOGIN = "no_login"
    READ_ONLY = "read_only"
    OPERATOR = "operator"
    OUT_OF_SCOPE = "out_of_scope"
    TOP_LEVEL = "top_level"
    STOPPED = "stopped"
    STOPPED_ABOVE = "stopped_above"
    MISSING = "missing"
    MISSING_ABOVE = "missing_above"
    NOT_ON_OWN = "not_on_own"
    ONLY_ON_OWN = "only_on_own"


@dataclass(frozen=True)
class Rung:
    """One level of the way from the root to the login's account."""

    account_id: str
    is_stopped: bool
    holds: bool
    # Whether the viewer may know of it.
    is_visible: bool = True


@dataclass(frozen=True)
class Step:
    """One link of the chain of checks, in the order they are made."""

    words: str
    is_passed: bool


@dataclass(frozen=True)
class Decision:
    """The verdict, its cause in one sentence, and every check up to it.

    `level` is the account id of the deciding level where the viewer may know it, else "".
    """

    is_allowed: bool
    cause: Cause
    sentence: str
    steps: tuple[Step, ...] = ()
    level: str = ""


@lru_cache(maxsize=1024)
def decided(
    _language: str | None,
    who: Who,
    code: Authorization,
    rungs: tuple[Rung, ...],
    relation: Relation,
    *,
    is_agent_id: bool = False,
    is_viewer: bool = True,
) -> Decision:
    """As `decision_of`, which follows from these values and the language alone: a list asks the
    same for every row.
    """
    return decision_of(who, code, rungs, relation, is_agent_id=is_agent_id, is_viewer=is_viewer)


def decision_of(
    who: Who,
    code: Authorization,
    rungs: Sequence[Rung],
    relation: Relation,
    *,
    is_agent_id: bool = False,
    is_viewer: bool = True,
) -> Decision:
    """Whether a login may do what `code` covers.

    `rungs` runs from the root to the login's own account. `is_agent_id`: the account is the Agent
    ID of something made or moved there, which may be the own account. `is_viewer`: the reader is
    the login itself ("your account"), else somebody looking at it.
    """
    if who is not Who.ACCOUNT:
        return _without_account(who)
    steps = [Step(_("The login may sign in."), True)]
    own = rungs[-1]
    name = _("Your account") if is_viewer else own.account_id
    outside = _outside(relation, name, is_viewer, steps)
    if outside:
        return outside
    is_top_level = len(rungs) == 1
    above = someone_above(is_top_level=is_top_level)
    wrong = _wrong_place(code, relation, is_agent_id, name, is_viewer, above, steps)
    if wrong:
        return wrong
    failed = _rungs(rungs, code, is_viewer, steps)
    if failed:
        return failed
    sentence = (
        _("%(account)s holds authorization %(number)s.")
        if is_top_level
        else _("%(account)s holds authorization %(number)s, and so does every level above it.")
    )
    return Decision(
        True,
        Cause.GRANTED,
        sentence % {"account": name, "number": code.number},
        tuple(steps),
        own.account_id if own.is_visible else "",
    )


def _without_account(who: Who) -> Decision:
    causes = {
        Who.ADMINISTRATOR: (
            Cause.ADMINISTRATOR,
            _("Administrators may do everything on the whole platform."),
        ),
        Who.READ_ONLY: (
            Cause.READ_ONLY,
            _("You are looking on behalf of somebody else; nothing can be changed in this view."),
        ),
        Who.OPERATOR: (
            Cause.OPERATOR,
            _("Your permissions do not include this. A superuser can grant them."),
        ),
        Who.NOBODY: (
            Cause.NO_LOGIN,
            _("This login is locked, or its account is closed: it may do nothing at all."),
        ),
    }
    cause, sentence = causes[who]
    allowed = who is Who.ADMINISTRATOR
    return Decision(allowed, cause, sentence, (Step(sentence, allowed),))


def beyond_reach(name: str) -> str:
    """Said of an account that the logins of `name` do not reach: nothing there is to be put
    right.
    """
    return _(
        "The account does not lie below %(account)s: for its logins it does not exist. "
        "That is as it should be."
    ) % {"account": name}


def _outside(relation: Relation, name: str, is_viewer: bool, steps: list[Step]) -> Decision | None:
    if relation is Relation.TOP:
        sentence = _("Only administrators work at the top level of the hierarchy.")
        steps.append(Step(sentence, False))
        return Decision(False, Cause.TOP_LEVEL, sentence, tuple(steps))
    if relation is Relation.OUTSIDE:
        sentence = _("There is no such account below yours.") if is_viewer else beyond_reach(name)
        steps.append(Step(sentence, False))
        return Decision(False, Cause.OUT_OF_SCOPE, sentence, tuple(steps))
    steps.append(Step(_("The account lies within the login's own hierarchy."), True))
    return None


def _wrong_place(
    code: Authorization,
    relation: Relation,
    is_agent_id: bool,
    name: str,
    is_viewer: bool,
    above: str,
    steps: list[Step],
) -> Decision | None:
    own = relation is Relation.OWN
    values = {"number": code.number, "label": code.label, "account": name, "above": above}
    if acts_on(code, own=own) or (own and is_agent_id):
        words = _("Authorization %(number)s acts on this account.") % values
        steps.append(Step(words, True))
        return None
    if own:
        cause = Cause.NOT_ON_OWN
        sentence = (
            _(
                "Authorization %(number)s, “%(label)s”, acts on the accounts below yours, "
                "not on your own account: %(above)s looks after that."
            )
            if is_viewer
            else _(
                "Authorization %(number)s, “%(label)s”, acts on the accounts below %(account)s, "
                "not on %(account)s itself."
            )
        )
    else:
        cause = Cause.ONLY_ON_OWN
        sentence = _(
            "Authorization %(number)s, “%(label)s”, acts on the login's own account alone."
        )
    steps.append(Step(sentence % values, False))
    return Decision(False, cause, sentence % values, tuple(steps))


def _rungs(
    rungs: Sequence[Rung], code: Authorization, is_viewer: bool, steps: list[Step]
) -> Decision | None:
    """The first level that speaks against it, or None.

    What the viewer may know comes first, and all the rest is one step, whatever it is: neither how
    many levels lie above nor what they hold can be told from it. A lock alone goes before.
    """
    hidden = [rung for rung in rungs if not rung.is_visible]
    stopped = next((rung for rung in hidden if rung.is_stopped), None)
    if stopped:
        return _rung(stopped, code, rungs, is_viewer, steps)
    for rung in rungs:
        failed = rung.is_visible and _rung(rung, code, rungs, is_viewer, steps)
        if failed:
            return failed
    lacking = next((rung for rung in hidden if not rung.holds), None)
    if lacking:
        return _rung(lacking, code, rungs, is_viewer, steps)
    if hidden:
        words = _("Nothing at %(above)s stands against it.")
        steps.append(Step(words % {"above": someone_above(is_top_level=False)}, True))
    return None


def _rung(
    rung: Rung, code: Authorization, rungs: Sequence[Rung], is_viewer: bool, steps: list[Step]
) -> Decision | None:
    """The first thing that speaks against this level of `rungs`, or None with its two checks
    recorded.
    """
    is_own = rung is rungs[-1]
    yours = is_viewer and is_own
    above = someone_above(is_top_level=len(rungs) == 1)
    level = rung.account_id if rung.is_visible else ""
    values = {
        "account": level,
        "number": code.number,
        "label": code.label,
        "above": above,
        "begins": capfirst(above),
    }
    if rung.is_stopped:
        if yours:
            sentence = _(
                "Your account is locked or expired: nothing can be changed until it is unlocked."
            )
        elif not rung.is_visible:
            sentence = _("Your account is blocked by %(above)s.") % values
        else:
            sentence = (
                _("%(account)s is locked or expired, and with it everything below it.") % values
            )
        steps.append(Step(sentence, False))
        cause = Cause.STOPPED if is_own else Cause.STOPPED_ABOVE
        return Decision(False, cause, sentence, tuple(steps), level)
    if not rung.holds:
        if yours:
            sentence = _(
                "This needs authorization %(number)s, “%(label)s”, which your account does not "
                "hold. %(begins)s can grant it."
            )
        elif is_own:
            sentence = _(
                "This needs authorization %(number)s, “%(label)s”, which %(account)s does not hold."
            )
        elif not rung.is_visible:
            sentence = _(
                "This needs authorization %(number)s, “%(label)s”, which %(above)s does not hold: "
                "so it does not count for your account either."
            )
        else:
            sentence = _(
                "%(account)s does not hold authorization %(number)s, “%(label)s”: "
                "so it does not count for anybody below it."
            )
        sentence %= values
        steps.append(Step(sentence, False))
        cause = Cause.MISSING if is_own else Cause.MISSING_ABOVE
        return Decision(False, cause, sentence, tuple(steps), level)
    words = (
        _("Your account is active and holds it.")
        if yours
        else _("%(account)s is active and holds it.")
    )
    steps.append(Step(words % values, True))
    return None
