"""What the number rules of a whole chain say about numbers (docs/domain.md 5): for services that
must know, and in words for people who ask.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet

from accounts.core.models import Account
from accounts.core.querysets import MAX_STEPS_UP
from accounts.kit.errors import NotInScope
from accounts.kit.prepared import Prepared
from accounts.numbers.digits import Answer, NotANumber
from accounts.numbers.models import NumberRule
from accounts.numbers.reading import normalised
from accounts.numbers.verdict import Chain, Level, Purpose, Rule, Section

PLATFORM = None


@dataclass(frozen=True)
class NumberLevel:
    """One level that judges numbers: an account, or the platform (no key, no account id)."""

    pk: int | None
    account_id: str
    level: Level

    @property
    def is_platform(self) -> bool:
        return self.pk is PLATFORM


@dataclass(frozen=True)
class NumberVerdict:
    """What holds for one number as it was entered. `number` is empty for what is none:
    `problem` says why and `answers` what it may mean; `stopped_at` is the topmost level that
    refuses.
    """

    text: str
    number: str
    is_allowed: bool
    problem: str = ""
    stopped_at: int | None = None
    answers: tuple[Answer, ...] = ()


@dataclass(frozen=True)
class NumberChain:
    """The levels from the platform down to an account, with their rules for one purpose."""

    purpose: Purpose
    levels: tuple[NumberLevel, ...]
    chain: Chain = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "chain", Chain([one.level for one in self.levels]))

    def verdict(self, text: str) -> NumberVerdict:
        """The verdict for a number as it was entered; what is no number is refused."""
        try:
            number = normalised(text)
        except NotANumber as error:
            return NumberVerdict(text, "", False, str(error.message), answers=error.answers)
        stopped_at = self.chain.stopping(number)
        return NumberVerdict(text, number, stopped_at is None, stopped_at=stopped_at)


def number_verdict(
    account_pk: int, number: str, purpose: Purpose = Purpose.DESTINATION
) -> NumberVerdict:
    """Whether every level from the platform down to the account lets this number pass. One query.

    Raises NotInScope for an account that does not exist.
    """
    return number_chain(account_pk, purpose).verdict(number)


def number_verdicts(
    account_pk: int, numbers: Iterable[str], purpose: Purpose = Purpose.DESTINATION
) -> list[NumberVerdict]:
    """The verdicts for many numbers, in their order. One query however many they are."""
    chain = number_chain(account_pk, purpose)
    return [chain.verdict(one) for one in numbers]


def number_chain(
    account_pk: int | None,
    purpose: Purpose,
    *,
    instead: Mapping[int | None, Sequence[Rule]] | None = None,
) -> NumberChain:
    """All levels that judge numbers of the account (None: the platform alone), with their rules.
    One query. `instead` gives rules that are not saved yet, by the key of their level.

    Raises NotInScope for an account that does not exist.
    """
    names: dict[int | None, str] = {PLATFORM: ""}
    rules: dict[int | None, list[Rule]] = {}
    for pk, account_id, rule_pk, effect, begin, end in _rows(account_pk, purpose):
        names[pk] = account_id
        own = rules.setdefault(pk, [])
        if rule_pk is not None:
            is_allow = effect == NumberRule.Effect.ALLOW
            own.append(Rule(Section(begin, end), is_allow, rule_pk))
    if account_pk not in names:
        raise NotInScope
    levels = [
        NumberLevel(pk, name, Level((instead or {}).get(pk, rules.get(pk, ()))))
        for pk, name in names.items()
    ]
    return NumberChain(purpose, tuple(levels))


def with_rules(account_pks: Iterable[int], purpose: Purpose) -> set[int]:
    """Those of these accounts that have rules of their own for the purpose. One query."""
    rules = NumberRule.objects.filter(account__in=list(account_pks), purpose=purpose)
    return {pk for pk in rules.values_list("account_id", flat=True).distinct() if pk is not None}


def _rows(account_pk: int | None, purpose: Purpose) -> list[Any]:
    """(account key, account id, rule key, effect, begin, end): the platform's rules, then from the
    root down; a level without rules has one row without a rule.
    """
    quote = connection.ops.quote_name
    accounts, rules = quote(Account._meta.db_table), quote(NumberRule._meta.db_table)
    columns = ", ".join(f"one.{quote(name)}" for name in ("id", "effect", "begin", "end"))
    # Names come from the models and the marks are placeholders: nothing of a request is in the
    # text.
    sql = f"""
        WITH RECURSIVE way (id, parent_id, account_id, step) AS (
            SELECT id, parent_id, account_id, 0 FROM {accounts} WHERE id = %s
            UNION ALL
            SELECT above.id, above.parent_id, above.account_id, way.step + 1
            FROM {accounts} above JOIN way ON above.id = way.parent_id
            WHERE way.step < {MAX_STEPS_UP}
        )
        SELECT way.step AS step, way.id AS account, way.account_id, {columns}
        FROM way LEFT JOIN {rules} one ON one.account_id = way.id AND one.purpose = %s
        UNION ALL
        SELECT {MAX_STEPS_UP + 1}, NULL, NULL, {columns}
        FROM {rules} one WHERE one.account_id IS NULL AND one.purpose = %s
        ORDER BY 1 DESC, 4
    """  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, [account_pk, str(purpose), str(purpose)])
        return [(pk, account_id or "", *rule) for _step, pk, account_id, *rule in cursor.fetchall()]


def rules_of(account: Account | None) -> list[NumberRule]:
    """The rules of an account (None: the platform's), as they are listed. One query."""
    return list(NumberRule.objects.filter(account=account).order_by("purpose", "begin", "end"))


def destination_rules(account: Account, most: int) -> list[NumberRule]:
    """The first of an account's own rules about what may be called: what is allowed first. One
    query.
    """
    rules = NumberRule.objects.filter(account=account, purpose=Purpose.DESTINATION)
    return list(rules.order_by("effect", "begin", "end")[:most])


def has_destination_rules(account: Account) -> bool:
    """Whether the account has a rule of its own about what may be called. One query."""
    return bool(_DESTINATION.rows((), account.pk))


def _destination(_shape: Any, account_pk: int) -> "QuerySet[NumberRule, Any]":
    rules = NumberRule.objects.filter(account=account_pk, purpose=Purpose.DESTINATION)
    return rules.order_by().values_list("pk")[:1]


_DESTINATION = Prepared(_destination)


def rules_in_branches(accounts: Sequence[Account], *, most: int) -> list[tuple[str, NumberRule]]:
    """The rules of these accounts and of everything below them, with their account ids; at most
    `most` of them. One query.
    """
    within = Q()
    for one in accounts:
        within |= Q(account__tree_id=one.tree_id, account__lft__range=(one.lft, one.rght))
    rows = NumberRule.objects.filter(within).select_related("account")
    rows = rows.order_by("account__tree_id", "account__lft", "begin", "end")
    return [(one.account.account_id, one) for one in rows[:most] if one.account]
