"""Verdicts on numbers, and rules that have no effect, in words for one viewer (docs/domain.md 5).

All that stands above the viewer's own account is one level, without rules (docs/domain.md 2).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.core.actor import Actor
from accounts.kit.errors import NotInScope
from accounts.kit.markup import format_html
from accounts.numbers.places import number_place
from accounts.numbers.queries import NumberChain, NumberLevel, NumberVerdict, number_chain
from accounts.numbers.verdict import Chain, Level, Purpose, Rule

_NAMED = 4


@dataclass(frozen=True)
class Rung:
    """What one level says about a number. `state` is "pass", "stop" (it decides) or "none"."""

    name: str
    aside: str
    state: str
    icon: str
    words: Any
    decides: bool = False


@dataclass(frozen=True)
class Explanation:
    """The verdict on one number in a sentence, and level by level."""

    verdict: NumberVerdict
    headline: str
    reason: str = ""
    rungs: tuple[Rung, ...] = ()
    # The number cut into what the deciding rule matches and the rest.
    matched: str = ""
    rest: str = ""
    place: str = ""

    @property
    def is_allowed(self) -> bool:
        return self.verdict.is_allowed


def explained(
    viewer: Actor,
    account_pk: int | None,
    text: str,
    purpose: Purpose = Purpose.DESTINATION,
) -> Explanation:
    """Why a number passes or not, as `viewer` may know it. One query. Raises NotInScope for an
    account that does not exist for the viewer.
    """
    return explain(viewer, number_chain(account_pk, purpose), text)


def explain(viewer: Actor, chain: NumberChain, text: str | NumberVerdict) -> Explanation:
    """The same for a chain that was read already, or holds rules that are not saved yet; and for a
    verdict of it.
    """
    first = first_visible(viewer, chain)
    verdict = chain.verdict(text) if isinstance(text, str) else text
    if not verdict.number:
        return Explanation(verdict, _("Not a number"), verdict.problem)
    rungs = [] if first == 0 else [_hidden(viewer, verdict, first)]
    rungs += [_rung(chain, at, verdict, first) for at in range(first, len(chain.levels))]
    stopped_at = verdict.stopped_at
    matched, reason = "", ""
    if stopped_at is None:
        headline = _("Allowed")
        deciding = chain.levels[-1].level.deciding(verdict.number)
        matched = _matched(deciding, verdict.number)
    elif stopped_at < first:
        headline = _("Refused by %(level)s") % {"level": viewer.someone_above}
    else:
        level = chain.levels[stopped_at]
        deciding = level.level.deciding(verdict.number)
        headline = _("Refused by %(level)s") % {"level": name_of(level)}
        matched = _matched(deciding, verdict.number)
        reason = (
            _("Rule %(rule)s, the closest match.") % {"rule": words_of(deciding)}
            if deciding
            else _("No rule matches, and there are allow rules.")
        )
    return Explanation(
        verdict,
        headline,
        reason,
        tuple(rungs),
        matched,
        verdict.number[len(matched) :],
        number_place(verdict.number),
    )


def first_visible(viewer: Actor, chain: NumberChain) -> int:
    """The place of the first level the viewer may know. Raises NotInScope where there is none."""
    if viewer.scope.everything:
        return 0
    for at, one in enumerate(chain.levels):
        if one.pk is not None and one.pk == viewer.account_pk:
            return at
    raise NotInScope


def name_of(level: NumberLevel) -> str:
    return _("the platform") if level.is_platform else level.account_id


def words_of(rule: Rule) -> str:
    """A rule as people write it."""
    effect = _("allow") if rule.is_allow else _("block")
    return f"{effect} {rule.section}"


def _matched(rule: Rule | None, number: str) -> str:
    return number[: rule.section.specificity] if rule else ""


def _hidden(viewer: Actor, verdict: NumberVerdict, first: int) -> Rung:
    """All levels above the viewer's own as one."""
    name = capfirst(viewer.someone_above)
    if verdict.stopped_at is not None and verdict.stopped_at < first:
        return Rung(name, "", "stop", "close", _("refuses it"), decides=True)
    return Rung(name, "", "pass", "check", _("lets it pass"))


def _rung(chain: NumberChain, at: int, verdict: NumberVerdict, first: int) -> Rung:
    number_level = chain.levels[at]
    if number_level.is_platform:
        name, aside = _("Platform"), _("for everyone")
    else:
        # Levels are counted from the viewer's own root; the platform is none.
        level = at - first + (0 if chain.levels[first].is_platform else 1)
        name, aside = number_level.account_id, _("level %(level)s") % {"level": level}
    rule = number_level.level.deciding(verdict.number)
    passes = number_level.level.lets(rule)
    stopped_at = verdict.stopped_at
    words = _reason(number_level.level, rule, verdict.number)
    if stopped_at is not None and at > stopped_at:
        after = _("it would pass, but that is decided above") if passes else _("refused as well")
        return Rung(name, aside, "none", "dot", format_html("{}: {}", words, after))
    if at == stopped_at:
        return Rung(
            name,
            aside,
            "stop",
            "close",
            format_html("{}: {}", words, _("refused here")),
            decides=True,
        )
    last = at == len(chain.levels) - 1
    state = "none" if rule is None else "pass"
    icon = "globe" if number_level.is_platform and rule is None else "check"
    shown = format_html("{}: {}", words, _("it passes"))
    return Rung(name, aside, state, icon, shown, decides=last)


def _reason(level: Level, rule: Rule | None, number: str) -> Any:
    """What decides on one level, and what it beats."""
    if rule is None:
        if not level.has_allow:
            return _("no rule matches")
        return _("allows only %(sections)s") % {"sections": some_allowed(level.rules)}
    beaten = _beaten(level, rule, number)
    length = rule.section.specificity
    if beaten is None:
        text = ngettext("{rule}, {count} digit matches", "{rule}, {count} digits match", length)
        return format_html(text, rule=chip(rule), count=length)
    if beaten.section.specificity == length:
        return format_html(
            _("{rule} beats {beaten}: at equal length a block wins"),
            rule=chip(rule),
            beaten=chip(beaten),
        )
    text = ngettext(
        "{rule} beats {beaten} because {count} digit matches, not {fewer}",
        "{rule} beats {beaten} because {count} digits match, not {fewer}",
        length,
    )
    return format_html(
        text,
        rule=chip(rule),
        beaten=chip(beaten),
        count=length,
        fewer=beaten.section.specificity,
    )


def chip(rule: Rule) -> Any:
    """A rule as it is shown on pages."""
    effect, word = ("allow", _("allow")) if rule.is_allow else ("block", _("block"))
    return format_html(
        '<span class="rule"><span class="rule-word {}">{}</span> '
        '<span class="mono">{}</span></span>',
        effect,
        word,
        str(rule.section),
    )


def set_chip(is_allow: bool, name: str, words: str) -> Any:
    """Rules of a named set as they are shown on pages."""
    effect, word = ("allow", _("allow")) if is_allow else ("block", _("block"))
    return format_html(
        '<span class="rule"><span class="rule-word {}">{}</span> <b>{}</b> '
        '<span class="muted">{}</span></span>',
        effect,
        word,
        name,
        words,
    )


def _beaten(level: Level, rule: Rule, number: str) -> Rule | None:
    """The strongest rule of the other effect that matches as well."""
    others = [
        one for one in level.rules if one.is_allow != rule.is_allow and one.section.holds(number)
    ]
    return max(others, key=lambda one: one.rank, default=None)


def some_allowed(rules: Iterable[Rule]) -> str:
    """The allowed sections, the first few of them by name."""
    sections = sorted({str(one.section) for one in rules if one.is_allow})
    if len(sections) > _NAMED:
        more = len(sections) - _NAMED
        return _("%(some)s and %(more)s more") % {
            "some": ", ".join(sections[:_NAMED]),
            "more": more,
        }
    return ", ".join(sections)


# --- Rules without effect -----------------------------------------------------------------------


def marks(viewer: Actor, chain: NumberChain) -> dict[Rule, str]:
    """What is wrong with rules of the last level: those that can never be reached, that contradict
    each other, or that say what another one says. No query.
    """
    *above, own = chain.levels
    by_rule: dict[Rule, str] = {}
    upper = Chain([one.level for one in above])
    singly = [Chain([one.level]) for one in above]
    by_section: dict[Any, set[bool]] = {}
    for rule in own.level.rules:
        by_section.setdefault(rule.section, set()).add(rule.is_allow)
    prefixes = {one.section.begin: one for one in own.level.rules if one.section.is_prefix}
    blocked_too = {section for section, effects in by_section.items() if len(effects) > 1}
    has_sections = any(not one.section.is_prefix for one in own.level.rules)
    for rule in own.level.rules:
        if rule.section in blocked_too:
            by_rule[rule] = (
                _("contradicts a block of the same numbers, which wins")
                if rule.is_allow
                else _("contradicts an allow of the same numbers, and wins")
            )
        elif rule.is_allow and upper.refuses_all(rule.section):
            by_rule[rule] = _never_reached(viewer, chain, singly, rule)
        elif not has_sections and (covering := _covering(rule, prefixes)):
            by_rule[rule] = _("says what %(rule)s says already") % {"rule": words_of(covering)}
    return by_rule


def _never_reached(viewer: Actor, chain: NumberChain, above: Sequence[Chain], rule: Rule) -> str:
    first = first_visible(viewer, chain)
    at = next((at for at, one in enumerate(above) if one.refuses_all(rule.section)), None)
    if at is None:
        return _("never reached: what applies above does not let it pass")
    level = viewer.someone_above if at < first else name_of(chain.levels[at])
    return _("never reached: %(level)s does not let it pass") % {"level": level}


def _covering(rule: Rule, prefixes: dict[str, Rule]) -> Rule | None:
    """The next shorter prefix, if it has the same effect."""
    begin = rule.section.begin
    for length in range(len(begin) - 1, 0, -1):
        shorter = prefixes.get(begin[:length])
        if shorter is not None:
            return shorter if shorter.is_allow == rule.is_allow else None
    return None
