"""What every level above a caller is, has, and says of a number (docs/domain.md 7): one statement,
whatever the depth, the rules and the calls that are up.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from accounts.core.models import Account
from accounts.core.querysets import LINK_COLUMNS, MAX_STEPS_UP, ChainLink, link_of
from accounts.gateways.models import GatewayCeiling
from accounts.numbers.models import NumberRule
from accounts.numbers.verdict import Purpose, Rule, Section, lets_pass
from accounts.phones.models import PhoneNumber
from billing.holds.models import RunningCall
from billing.money import from_micros
from billing.rates.rating import MOST_DIGITS, prefixes_of
from billing.wallets.models import RateGroup, Wallet
from vosportal.switch.queries.callers import Caller

_ACCOUNT, _WALLET = Account._meta.db_table, Wallet._meta.db_table
_GROUP, _CEILING = RateGroup._meta.db_table, GatewayCeiling._meta.db_table
_RULE, _CALL = NumberRule._meta.db_table, RunningCall._meta.db_table
_NUMBER = PhoneNumber._meta.db_table
_PURPOSE, _ALLOW = Purpose.DESTINATION.value, NumberRule.Effect.ALLOW.value


@dataclass(frozen=True, slots=True)
class Level:
    """An account above a caller, or its own. `left` is what it has available, in micro-units
    (None: without end); `passes`: its number sections let the number pass.
    """

    link: ChainLink
    is_flow: bool
    group: int | None
    time_zone: str
    left: int | None
    ceiling: int | None
    passes: bool

    def without(self, held: int) -> "Level":
        """Where so many micro-units were held; of unlimited credit nothing is."""
        return self if self.left is None else replace(self, left=self.left - held)

    @property
    def available(self) -> Decimal | None:
        return None if self.left is None else from_micros(self.left)

    @property
    def zone(self) -> ZoneInfo:
        """Of its rate group."""
        return ZoneInfo(self.time_zone)


@dataclass(frozen=True, slots=True)
class Levels:
    """All of them, the caller's own account first and the root last; whether the platform's own
    number sections let the number pass, how many calls the phone or gateway has, where it has a
    limit, and what the number is for where it is a DID that rings nowhere.
    """

    all: Sequence[Level]
    platform_passes: bool
    calls: int
    use: str = ""

    def without(self, held: Mapping[int, int]) -> "Levels":
        """Where that was held, by account."""
        return replace(self, all=[one.without(held.get(one.link.pk, 0)) for one in self.all])


def levels_of(caller: Caller, number: str) -> Levels:
    """The levels of a caller, as they are now, and what their rules say of a number; none where
    there is no such account. For what is no number ("") no rule matches. One query.
    """
    prefixes = prefixes_of(number)
    prefixes += [""] * (MOST_DIGITS - len(prefixes))
    matches: list[Any] = [*prefixes, len(number), number, number]
    by = ("phone" if caller.phone else "gateway") if caller.is_limited else ""
    who = [caller.phone or caller.gateway] if by else []
    with connection.cursor() as cursor:
        cursor.execute(_TEXTS[by], [caller.account, *who, *matches, number, *matches])
        rows = cursor.fetchall()
    found: dict[int | None, tuple[list[Any], list[_Ruled]]] = {}
    calls, use = 0, ""
    for effect, begin, end, has_allow, up, of_did, _step, pk, *level in rows:
        rule = None if effect is None else Rule(Section(begin, end), effect == _ALLOW)
        found.setdefault(pk, (level, []))[1].append((bool(has_allow), rule))
        calls, use = up or calls, of_did or use
    _nothing, platform = found.pop(None)
    levels = [_level(pk, columns, rules) for pk, (columns, rules) in found.items() if pk]
    return Levels(levels, _passes(platform), calls, use)


# Whether a level has rules that allow something, and one of its rules that matches, if any.
_Ruled = tuple[bool, Rule | None]


def _level(pk: int, columns: Sequence[Any], rules: Sequence[_Ruled]) -> Level:
    *link, model, group, zone, is_unlimited, left, ceiling = columns
    return Level(
        link_of([pk, *link]),
        is_flow=model == Account.BillingModel.FLOW.value,
        group=group,
        time_zone=zone or "",
        left=None if is_unlimited else int(left or 0),
        ceiling=ceiling,
        passes=_passes(rules),
    )


def _passes(rules: Sequence[_Ruled]) -> bool:
    has_allow, _first = rules[0]
    return lets_pass([rule for _has_allow, rule in rules if rule], has_allow=has_allow)


def _text(by: str) -> str:
    """`by`: the column that the caller's calls are counted by, if they are. Names and words come
    from the models and the marks are placeholders: nothing of a request is in the text.
    """
    # That there is a name is said for the index, which leaves out where there is none.
    up = f"SELECT COUNT(*) FROM {_CALL} WHERE {by} = %s AND {by} <> '' AND ended_at IS NULL"  # noqa: S608
    allows = f"SELECT 1 FROM {_RULE} WHERE purpose = '{_PURPOSE}' AND effect = '{_ALLOW}'"  # noqa: S608
    matches = f"""rule.purpose = '{_PURPOSE}' AND (
        (rule."end" = '' AND rule.begin IN ({", ".join(["%s"] * MOST_DIGITS)}))
        OR (rule."end" <> '' AND LENGTH(rule.begin) = %s
            AND rule.begin <= %s AND rule."end" >= %s))"""
    level = f"""
        {LINK_COLUMNS}, one.ctd_billing_model, wallet.rate_group_id, bought.time_zone AS bought_in,
        wallet.is_unlimited, wallet.balance + wallet.credit_limit - wallet.held AS available,
        ceiling.calls"""
    terms = f"""
        LEFT JOIN {_WALLET} wallet ON wallet.account_id = one.id
        LEFT JOIN {_GROUP} bought ON bought.id = wallet.rate_group_id
        LEFT JOIN {_CEILING} ceiling ON ceiling.account_id = one.id"""
    # All of a level is read on the way up: joined behind it, PostgreSQL takes the way for longer
    # than it is, and reads whole tables.
    return f"""
        WITH RECURSIVE way AS (
            SELECT 0 AS step, {level} FROM {_ACCOUNT} one {terms} WHERE one.id = %s
            UNION ALL
            SELECT way.step + 1, {level}
            FROM way JOIN {_ACCOUNT} one ON one.id = way.parent_id {terms}
            WHERE way.step < {MAX_STEPS_UP}
        )
        SELECT rule.effect, rule.begin, rule."end",
            EXISTS ({allows} AND account_id = way.id), {f"({up})" if by else "0"}, '', way.*
        FROM way LEFT JOIN {_RULE} rule ON rule.account_id = way.id AND {matches}
        UNION ALL
        SELECT rule.effect, rule.begin, rule."end",
            EXISTS ({allows} AND account_id IS NULL), 0,
            (SELECT use FROM {_NUMBER} WHERE number = %s), {MAX_STEPS_UP + 1},
            {", ".join(["NULL"] * _COLUMNS)}
        FROM (SELECT 1) platform
        LEFT JOIN {_RULE} rule ON rule.account_id IS NULL AND {matches}
        ORDER BY step
    """  # noqa: S608


# Of a level, which the platform has not: those of its link, and what is read along with it.
_COLUMNS = LINK_COLUMNS.count(",") + 1 + 6
_TEXTS = {by: _text(by) for by in ("phone", "gateway", "")}
