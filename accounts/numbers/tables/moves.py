"""What a move changes about numbers: the limits that come and go, and the rules of the moved branch
that they make unreachable (docs/domain.md 5).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.core.models import Account
from accounts.numbers.models import NumberRule
from accounts.numbers.queries import NumberChain, number_chain, rules_in_branches
from accounts.numbers.verdict import Level, Purpose
from accounts.numbers.words import some_allowed, words_of

# Rules of the moved branch that are looked at, and those that are named.
_READ = 2000
_NAMED = 20


@dataclass(frozen=True)
class Limit:
    """A level whose rules begin or cease to count for the moved accounts, in words."""

    account_id: str
    words: str


@dataclass(frozen=True)
class NumberEffects:
    """Limits that come, limits that go, and (account id, rule) that can no longer be reached."""

    gained: tuple[Limit, ...] = ()
    lost: tuple[Limit, ...] = ()
    cut: tuple[tuple[str, str], ...] = ()
    cut_not_shown: int = 0

    @property
    def is_empty(self) -> bool:
        return not (self.gained or self.lost or self.cut)


def number_effects(accounts: Sequence[Account], target: Account | None) -> NumberEffects:
    """What moving these accounts, which share an agent, below `target` changes about numbers. Five
    queries however many they are. The levels named are those between, which who moves them sees.
    """
    if not accounts:
        return NumberEffects()
    gained: list[Limit] = []
    lost: list[Limit] = []
    cut: list[tuple[str, str]] = []
    rules = rules_in_branches(accounts, most=_READ)
    for purpose in Purpose:
        before = number_chain(accounts[0].parent_id, purpose)
        after = number_chain(target.pk if target else None, purpose)
        gained += _only_in(after, before, purpose)
        lost += _only_in(before, after, purpose)
        cut += [
            (account_id, words_of(one.rule))
            for account_id, one in rules
            if one.purpose == purpose
            and one.effect == NumberRule.Effect.ALLOW
            and after.chain.refuses_all(one.section)
            and not before.chain.refuses_all(one.section)
        ]
    return NumberEffects(tuple(gained), tuple(lost), tuple(cut[:_NAMED]), max(0, len(cut) - _NAMED))


def _only_in(chain: NumberChain, other: NumberChain, purpose: Purpose) -> list[Limit]:
    """The levels with rules that the other chain does not have."""
    known = {one.pk for one in other.levels}
    return [
        Limit(one.account_id, _words(one.level, purpose))
        for one in chain.levels
        if one.pk not in known and one.level.rules
    ]


def _words(level: Level, purpose: Purpose) -> str:
    """The rules of a level in a few words."""
    parts = []
    if level.has_allow:
        text = (
            _("only %(sections)s may be called")
            if purpose is Purpose.DESTINATION
            else _("only %(sections)s may be assigned")
        )
        parts.append(text % {"sections": some_allowed(level.rules)})
    blocked = sum(not one.is_allow for one in level.rules)
    if blocked:
        parts.append(
            ngettext("%(n)s section is blocked", "%(n)s sections are blocked", blocked)
            % {"n": blocked}
        )
    return ", ".join(parts)
