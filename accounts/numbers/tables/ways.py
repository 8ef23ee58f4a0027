"""Numbers that are tested as they are judged: after what the way a call comes in by makes of them
(docs/domain.md 5).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.numbers.digits import NotANumber
from accounts.numbers.queries import NumberChain, NumberVerdict
from accounts.numbers.reading import dialled, spans
from accounts.numbers.verdict import Purpose
from accounts.portal.registry import registry
from accounts.portal.ways import CallWay

# What is sent for calls that nothing rewrites: those of phones.
PLAIN = "-"
# Ways that are told one by one.
_SHOWN = 20


@dataclass(frozen=True)
class Outcome:
    """The verdict for a number that comes in by a way (None: one that rewrites nothing), and what
    is judged. `is_taken` is false where the way takes no number that is dialled so.
    """

    way: CallWay | None
    typed: str
    judged: str
    verdict: NumberVerdict
    is_taken: bool = True

    @property
    def is_rewritten(self) -> bool:
        return self.judged != self.typed

    @property
    def name(self) -> str:
        return self.way.name if self.way else PLAIN


def ways_of(actor: Actor, account: Account | None, purpose: Purpose) -> list[CallWay]:
    """The ways calls of an account come in by that rewrite what is dialled; assigning numbers and
    the platform know none.
    """
    if account is None or purpose is not Purpose.DESTINATION:
        return []
    return [way for find in registry.call_ways for way in find(actor, account)]


def chosen_way(ways: Sequence[CallWay], via: str, numbers: Sequence[str]) -> CallWay | None:
    """The way of this name (None: a phone); without a name that is known here the first that makes
    something else of one of the numbers.
    """
    named = next((one for one in ways if one.name.lower() == via.lower()), None)
    if named is not None or via == PLAIN:
        return named
    asked = [typed for one in numbers if (typed := dialled(one))]
    return next(
        (way for way in ways if any(way.takes(x) and way.rewrite(x) != x for x in asked)), None
    )


def outcome(chain: NumberChain, way: CallWay | None, text: str) -> Outcome:
    """What holds for a number that comes in by a way. What nobody can dial is judged as it was
    entered, which says why it is no number.
    """
    typed = dialled(text)
    if way is None or not typed:
        return Outcome(way, text, text, _with_answers(chain.verdict(text)))
    is_taken = way.takes(typed)
    judged = way.rewrite(typed) if is_taken else typed
    if judged == typed:
        return Outcome(way, text, text, _with_answers(chain.verdict(text)), is_taken)
    return Outcome(way, typed, judged, chain.verdict(judged))


def _with_answers(verdict: NumberVerdict) -> NumberVerdict:
    """What is no number may be several here, where a list may be tested."""
    if verdict.number:
        return verdict
    try:
        spans(verdict.text)
    except NotANumber as error:
        return replace(verdict, problem=str(error.message), answers=error.answers)
    return verdict


def other_outcomes(
    chain: NumberChain, ways: Sequence[CallWay], chosen: CallWay | None, text: str
) -> list[Outcome]:
    """What holds by all other ways, phones first; nothing where no way rewrites this number."""
    typed = dialled(text)
    if not any(not way.takes(typed) or way.rewrite(typed) != typed for way in ways):
        return []
    others = [None, *ways][: _SHOWN + 1]
    return [outcome(chain, way, text) for way in others if way != chosen]
