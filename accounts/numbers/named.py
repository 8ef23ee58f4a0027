"""Rules that are those of a named set, told as one (docs/domain.md 5); no database."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from accounts.numbers.presets import PrefixSet, prefix_sets
from accounts.numbers.verdict import Rule

T = TypeVar("T")
# Fewer of a set stand each for itself.
_FEWEST = 2
_KIND = "set"
_EFFECTS = {"allow": True, "block": False}


@dataclass(frozen=True)
class Together(Generic[T]):
    """Rules with one effect on prefixes of one set, in their order; without a set, one rule."""

    rules: Sequence[T]
    is_allow: bool
    named: PrefixSet | None = None

    def key(self, purpose: str) -> str:
        """What names all of them in a form: it means the same after others changed the rules."""
        assert self.named is not None
        return f"{_KIND}:{purpose}:{'allow' if self.is_allow else 'block'}:{self.named.name}"

    @property
    def is_whole(self) -> bool:
        return self.named is not None and len(self.rules) == len(self.named.prefixes)


def together(rules: Iterable[T], rule_of: Callable[[T], Rule]) -> list[Together[T]]:
    """The rules, those of a set together where its first one stands."""
    known = list(rules)
    sets = prefix_sets().values()
    members: dict[tuple[str, bool], list[T]] = {}
    for one in known:
        rule = rule_of(one)
        for some in sets:
            if not rule.section.end and rule.section.begin in some.prefixes:
                members.setdefault((some.name, rule.is_allow), []).append(one)
    found: list[Together[T]] = []
    told: set[tuple[str, bool]] = set()
    by_name = prefix_sets()
    for one in known:
        rule = rule_of(one)
        where = next(
            (
                key
                for key, some in members.items()
                if len(some) >= _FEWEST and key[1] == rule.is_allow and one in some
            ),
            None,
        )
        if where is None:
            found.append(Together([one], rule.is_allow))
        elif where not in told:
            told.add(where)
            found.append(Together(members[where], rule.is_allow, by_name[where[0]]))
    return found


def named_by(keys: Iterable[str]) -> set[tuple[str, bool, str]]:
    """Which rules these keys of those that stand together name: purpose, effect and prefix."""
    sets, found = prefix_sets(), set()
    for key in keys:
        kind, _colon, rest = key.partition(":")
        parts = rest.split(":")
        if kind == _KIND and len(parts) == 3 and parts[1] in _EFFECTS and parts[2] in sets:
            purpose, effect, name = parts
            found |= {(purpose, _EFFECTS[effect], one) for one in sets[name].prefixes}
    return found
