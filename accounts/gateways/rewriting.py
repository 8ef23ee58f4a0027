"""What a gateway makes of a dialled number before it is judged and charged (docs/domain.md 8). Pure
functions over the rules as `signalling.rewrites` stores them; no database.
"""

from collections.abc import Sequence


def rewritten(number: str, rules: Sequence[str]) -> str:
    """The number with its beginning replaced by the rule that knows most of it; without one as it
    is. A rule without a beginning is about every number.
    """
    parts = [rule.partition(">") for rule in rules]
    fitting = [(old, new) for old, _arrow, new in parts if number.startswith(old)]
    if not fitting:
        return number
    old, new = max(fitting, key=lambda one: len(one[0]))
    return f"{new}{number[len(old) :]}"


def is_taken(number: str, prefixes: Sequence[str]) -> bool:
    """Whether a gateway with these dial prefixes takes a number; without any it takes all."""
    return not prefixes or number.startswith(tuple(prefixes))
