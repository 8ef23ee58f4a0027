"""What a verdict on a number costs: beside a plain dict look-up, and 10,000 in one request."""

import random
from collections.abc import Callable, Sequence
from time import perf_counter

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.core.actor import SYSTEM
from accounts.core.models import Account
from accounts.logins.services.staff import staff_create
from accounts.numbers.digits import LONGEST
from accounts.numbers.queries import number_chain, number_verdicts
from accounts.numbers.rules import RuleDraft
from accounts.numbers.services import number_rules_set
from accounts.numbers.verdict import Purpose, Section
from accounts.tree.services.accounts import account_create
from vosportal.benchmarks.browsing import as_in_production, signed_in
from vosportal.benchmarks.measure import Line, medians

_LEVELS = 6
_RULES = 500
_NUMBERS = 10_000
_AT_A_TIME = 500
_AIM = 1 / 20
_PASSWORD = "benchmark-of-a-scratch-database"  # noqa: S105 - of a database that lives for minutes
_COUNTRIES = ("880", "91", "94", "44", "49", "1")


def run(*, rounds: int, say: Callable[[str], None]) -> list[Line]:
    """Make a chain of accounts with many rules in the connected (scratch) database and measure;
    figures are medians of `rounds`. `say` hears of progress.
    """
    chance = random.Random(5)  # noqa: S311 - rules and numbers, nothing secret
    say(f"Making {_LEVELS} levels with {_RULES} rules each …")
    account = _chain(chance)
    numbers = [_number(chance) for _one in range(_NUMBERS)]
    found = _beside_a_dict(account, numbers, rounds)
    say(f"Testing {_NUMBERS:,} numbers in one request …")
    with as_in_production():
        found += _in_one_request(account, numbers, max(3, rounds // 4))
    return found


def _chain(chance: random.Random) -> Account:
    """The lowest of six accounts below each other; every level and the platform have rules."""
    above: Account | None = None
    for level in range(_LEVELS):
        if above is not None:
            above = Account.objects.within(SYSTEM.scope).get(pk=above.pk)
        above = account_create(
            actor=SYSTEM, account_id=f"Level-{level}", name=f"Level {level}", parent=above
        )
        number_rules_set(actor=SYSTEM, account=above, drafts={Purpose.DESTINATION: _rules(chance)})
    number_rules_set(
        actor=SYSTEM,
        account=None,
        drafts={Purpose.DESTINATION: [RuleDraft(Section(x), False) for x in ("870", "881")]},
    )
    assert above is not None
    return above


def _rules(chance: random.Random) -> list[RuleDraft]:
    """The countries allowed, and prefixes and sections of all lengths inside them."""
    found = {Section(one): True for one in _COUNTRIES}
    while len(found) < _RULES:
        begin = _digits(chance, chance.randint(4, LONGEST))
        section = Section(begin)
        if chance.random() < 0.2:
            first, last = sorted((begin, _digits(chance, len(begin))))
            section = Section(first, last)
        found.setdefault(section, chance.random() < 0.5)
    return [RuleDraft(section, is_allow) for section, is_allow in found.items()]


def _number(chance: random.Random) -> str:
    return _digits(chance, chance.randint(10, 13))


def _digits(chance: random.Random, length: int) -> str:
    country = chance.choice(_COUNTRIES)
    return country + "".join(chance.choices("0123456789", k=length - len(country)))


def _beside_a_dict(account: Account, numbers: Sequence[str], rounds: int) -> list[Line]:
    """Verdicts of a chain that was read and compiled, beside looking the same numbers up."""
    started = perf_counter()
    with CaptureQueriesContext(connection) as queries:
        chain = number_chain(account.pk, Purpose.DESTINATION).chain
    passing = {one: chain.passes(one) for one in numbers}
    made = (perf_counter() - started) * 1000
    if len(queries) != 1:
        raise RuntimeError(f"The rules took {len(queries)} queries.")

    # Few at a time: a turn should end before the machine hands the processor to somebody else.
    some = numbers[:_AT_A_TIME]

    def judging() -> None:
        for one in some:
            chain.passes(one)

    def looking_up() -> None:
        for one in some:
            passing.get(one)

    judged, looked_up = (
        len(some) / one * 1000 for one in medians([judging, looking_up], 10 * rounds)
    )
    allowed = sum(passing.values())
    return [
        Line(
            f"verdicts over {_LEVELS} levels of {_RULES} rules ({allowed:,} of {len(numbers):,} "
            "pass)",
            judged,
            "plain dict look-up",
            looked_up,
            "/s",
        ),
        Line("the same, the aim", judged, "1/20 of the look-up", looked_up * _AIM, "/s"),
        Line(
            f"rules read in one query, compiled, {len(numbers):,} first verdicts",
            made,
            "the same verdicts later",
            len(numbers) / judged * 1000,
        ),
    ]


def _in_one_request(account: Account, numbers: Sequence[str], rounds: int) -> list[Line]:
    """The page that tests a list, beside the service it asks."""
    made = staff_create(
        actor=SYSTEM, username="benchmark-staff", administrator=True, password=_PASSWORD
    )
    client = signed_in(made.user)
    fields = {"account": account.account_id, "number": "\n".join(numbers)}

    def asking() -> None:
        _post(client, fields)

    def reading() -> None:
        number_verdicts(account.pk, numbers)

    page, service = medians([asking, reading], rounds)
    return [Line(f"page with {len(numbers):,} numbers", page, "the service alone", service)]


def _post(client: Client, fields: dict[str, str]) -> None:
    answer = client.post(reverse("number-test"), fields)
    if answer.status_code != 200:
        raise RuntimeError(f"The test of numbers answered {answer.status_code}.")
