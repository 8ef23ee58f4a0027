"""What the pages about number sections show, prepared as text (docs/domain.md 5)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.core.actor import Actor
from accounts.numbers.models import NumberRule
from accounts.numbers.named import Together, together
from accounts.numbers.places import country_codes, place_of
from accounts.numbers.presets import country_set, prefix_sets, presets
from accounts.numbers.queries import NumberChain
from accounts.numbers.rule_lists import SHORTEST_USUAL
from accounts.numbers.rules import RuleDraft
from accounts.numbers.tables.edits import key_of
from accounts.numbers.verdict import Purpose, Rule
from accounts.numbers.words import chip, first_visible, set_chip

# Rules of an inherited level that are shown one by one.
_SHOWN = 12


def rule_rows(
    rules: Iterable[NumberRule | RuleDraft], found: Mapping[Rule, str]
) -> list[dict[str, Any]]:
    """A row per rule, with what is wrong with it."""
    rows = []
    for one in rules:
        rule = one.rule
        rows.append(
            {
                "words": f"{_('allow') if rule.is_allow else _('block')} {rule.section}",
                "is_allow": rule.is_allow,
                "section": str(rule.section),
                "place": place_of(rule.section),
                "note": one.note,
                "problem": found.get(rule, ""),
                "added_at": one.added_at if isinstance(one, NumberRule) else None,
                "key": key_of(one) if isinstance(one, NumberRule) else "",
            }
        )
    return rows


def own_lines(rules: Sequence[NumberRule], found: Mapping[Rule, str]) -> list[dict[str, Any]]:
    """The rules of one level and purpose, those of a named set as one line that unfolds."""
    lines: list[dict[str, Any]] = []
    for some in together(rules, lambda one: one.rule):
        rows = rule_rows(some.rules, found)
        if some.named is None:
            lines.append({"row": rows[0]})
            continue
        troubled = sum(bool(row["problem"]) for row in rows)
        lines.append(
            {
                "name": some.named.label,
                "what": some.named.what,
                "is_allow": some.is_allow,
                "key": some.key(some.rules[0].purpose),
                "rows": rows,
                "words": _prefixes(some),
                "problem": ngettext(
                    "%(n)s of them has no effect of its own",
                    "%(n)s of them have no effect of their own",
                    troubled,
                )
                % {"n": troubled}
                if troubled
                else "",
                "notes": sorted({row["note"] for row in rows if row["note"]} - {some.named.label}),
            }
        )
    return lines


def _prefixes(some: Together[Any]) -> str:
    """How many of the set's prefixes they are."""
    n = len(some.rules)
    if some.is_whole or some.named is None:
        return ngettext("%(n)s prefix", "%(n)s prefixes", n) % {"n": n}
    return _("%(n)s of %(total)s prefixes") % {"n": n, "total": len(some.named.prefixes)}


def _chips(rules: Sequence[Rule]) -> list[Any]:
    """Rules as they are told in short, those of a named set as one."""
    return [
        chip(some.rules[0])
        if some.named is None
        else set_chip(some.is_allow, some.named.label, _prefixes(some))
        for some in together(rules, lambda one: one)
    ]


def inherited(viewer: Actor, chains: Mapping[Purpose, NumberChain]) -> list[dict[str, Any]]:
    """The levels above, from the top, with their rules; those the viewer may not know as one
    without any.
    """
    some = chains[Purpose.DESTINATION]
    first = first_visible(viewer, some)
    found: list[dict[str, Any]] = []
    if first > 0:
        found.append({"name": capfirst(viewer.someone_above), "is_hidden": True})
    for at in range(first, len(some.levels) - 1):
        level = some.levels[at]
        platform = level.is_platform
        groups = []
        for purpose, chain in chains.items():
            # What is allowed first: it says the most.
            rules = sorted(
                chain.levels[at].level.rules, key=lambda one: (not one.is_allow, one.section)
            )
            if rules:
                chips = _chips(rules)
                groups.append(
                    {
                        "label": purpose.label,
                        "chips": chips[:_SHOWN],
                        "more": chips[_SHOWN:],
                    }
                )
        found.append(
            {
                "name": _("Platform") if platform else level.account_id,
                "aside": _("for everyone")
                if platform
                else _("level %(level)s")
                % {"level": at - first + (0 if some.levels[first].is_platform else 1)},
                "is_platform": platform,
                "groups": groups,
            }
        )
    return found


def starts(chosen: str) -> dict[str, Any]:
    """What a list can begin with: presets, sets, countries; each with the value of `?start=`."""

    def entry(kind: str, one: Any) -> dict[str, Any]:
        value = f"{kind}:{one.name}"
        return {
            "value": value,
            "label": one.label,
            "what": one.what,
            "source": getattr(one, "source", ""),
            "is_chosen": value == chosen,
        }

    return {
        "presets": [entry("preset", one) for one in presets().values()],
        "sets": [entry("set", one) for one in prefix_sets().values()],
        "countries": [
            {"value": f"country:{code}", "label": f"{name} ({code})"}
            for code, name in country_codes()
        ],
    }


def start_lines(chosen: str, known: Iterable[NumberRule] = ()) -> str:
    """The lines of a preset, a set (blocked), a country or a rule that is known; "" for what there
    is none of.
    """
    kind, _colon, name = chosen.partition(":")
    if kind == "rule":
        found = [one for one in known if key_of(one) == name]
        return "".join(
            f"{one.effect} {_typed(one)}{f' # {one.note}' if one.note else ''}\n" for one in found
        )
    rules: Iterable[Rule] = ()
    label = ""
    if kind == "preset" and name in presets():
        preset = presets()[name]
        rules, label = preset.rules, preset.label
    elif kind == "set" and name in prefix_sets():
        some = prefix_sets()[name]
        rules, label = some.rules(is_allow=False), some.label
    elif kind == "country" and (country := country_set(name)):
        return f"{country.prefixes[0]} # {country.label}\n"
    words = {True: "allow", False: "block"}
    return "".join(f"{words[one.is_allow]} {one.section} # {label}\n" for one in rules)


def _typed(one: NumberRule) -> str:
    """The section as it is typed: short ones say that they are no beginnings of longer numbers."""
    is_short = bool(one.end) and len(one.begin) < SHORTEST_USUAL
    return f"numbers {one.section}" if is_short else str(one.section)
