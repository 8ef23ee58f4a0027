"""The one gate of money below: whoever hands out money, or takes it back, asks here
(docs/domain.md 6).

Handing out is every recharge, opening balance, line of a distribution, debt made zero, raised
credit limit and release of cards. What an agent does below moves nothing in its own wallet, so that
no sequence of permitted deeds makes money for whoever does them; under *covered* it hands out at
most what it has.

    gate = opened(now, accounts, lock=True)
    gate.hand_out({account.pk: amount})

Policies are locked first, then wallets by descending key (an agent is older than what is below it,
so that the wallet that many want comes last), and what decides is read afterwards.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from accounts.core.actor import Actor, check_allowed, relation
from accounts.core.authorizations import Authorization
from accounts.core.models import Account
from accounts.core.querysets import ChainLink, chains, grants_of
from accounts.kit.errors import Busy, NotAllowed, Refused
from billing.handing_out.queries.cover import Cover, covers_of
from billing.handing_out.queries.policies import Effective, effective_policy, funding_along
from billing.handing_out.rules import check_limits
from billing.ledger.services.posting import locked_wallets
from billing.money import shown
from billing.wallets.models import Funding, Handing


class NotCovered(Refused):
    """The agent directly above has less free to hand out than this."""


@dataclass(frozen=True)
class Shortfall:
    """What administrators are told where others are refused: `agent` has `free` left to hand out,
    and `amount` was asked of it.
    """

    agent: ChainLink
    free: Decimal
    amount: Decimal

    @property
    def words(self) -> str:
        return _("%(agent)s is on covered and has %(free)s free to hand out, not %(amount)s.") % {
            "agent": self.agent.account_id,
            "free": shown(self.free),
            "amount": shown(self.amount),
        }


@dataclass(frozen=True)
class Gate:
    """Opened by `opened`, for one actor and the accounts of one deed, in its transaction."""

    actor: Actor
    # By key; their `parent_id` is what it is now.
    accounts: Mapping[int, Account]
    policy: Effective
    # The way to each account that gives or takes, and what was ruled along it.
    ways: Mapping[int, tuple[ChainLink, ...]]
    funding: Mapping[int, Funding]
    covers: Mapping[int, Cover] = field(default_factory=dict)

    def hand_out(
        self, amounts: Mapping[int, Decimal], *, field: str = "amount"
    ) -> tuple[Shortfall, ...]:
        """Permit these amounts above zero, by the key of the account that gets them, or raise.

        Needs authorization 8 on each; limits of payments count for each amount and for the sum.
        Administrators are told what the others are refused for. Raises NotAllowed, Refused with
        the `field`.
        """
        # The decision is the same for all accounts that lie alike.
        for pk in {relation(self.actor, self.accounts[pk]): pk for pk in amounts}.values():
            check_allowed(self.actor, Authorization.PAY_SUB_ACCOUNT, self.accounts[pk])
        self._limits(max(amounts.values()), sum(amounts.values(), Decimal(0)), field)
        asked: dict[int, Decimal] = {}
        for pk, amount in amounts.items():
            giver = self.accounts[pk].parent_id
            if giver is not None:
                asked[giver] = asked.get(giver, Decimal(0)) + amount
        return self._covered(asked, field)

    def release(self, account: Account, face_value: Decimal, count: int) -> tuple[Shortfall, ...]:
        """Permit so many cards of the account's batches to be used from now on, or raise.

        Needs authorization 3 reaching the account, and 8 held by it and by every level above; the
        limit of a payment counts for each card. Raises as `hand_out`.
        """
        check_allowed(self.actor, Authorization.MANAGE_PHONE_CARD, account)
        if not self.actor.is_administrator:
            self._check_held(account)
        total = face_value * count
        self._limits(face_value, total, "count")
        return self._covered({account.pk: total}, "count")

    def take_back(
        self, account: Account, amount: Decimal, *, field: str = "amount"
    ) -> tuple[Shortfall, ...]:
        """Permit taking an amount back from an account below, or raise.

        Of an agent on *covered* only what it has not handed out. Raises NotAllowed, Refused with
        the `field`.
        """
        check_allowed(self.actor, Authorization.PAY_SUB_ACCOUNT, account)
        cover = self.covers.get(account.pk)
        if cover is None or cover.free is None or not cover.handed_out or amount <= cover.free:
            return ()
        if self.actor.is_administrator:
            return (Shortfall(self.ways[account.pk][-1], cover.free, amount),)
        raise NotCovered(
            _("%(account)s has handed out the rest below: at most %(free)s can be taken back.")
            % {"account": account.account_id, "free": shown(max(cover.free, Decimal(0)))},
            code="handed_out_below",
            field=field,
        )

    def _limits(self, largest: Decimal, total: Decimal, field: str) -> None:
        if self.actor.own is not None:
            check_limits(self.actor, self.policy, largest, paid=total, field=field)

    def _check_held(self, account: Account) -> None:
        """A card can be used by whoever holds it, so 8 is asked of the agent whose cards they are,
        whoever releases them.
        """
        way = self.ways[account.pk]
        held = grants_of(link.pk for link in way)
        if any(
            link.is_stopped() or Authorization.PAY_SUB_ACCOUNT not in held.get(link.pk, ())
            for link in way
        ):
            raise NotAllowed(
                _(
                    "Releasing cards hands out money: %(account)s and every level above it need"
                    " “%(label)s”."
                )
                % {
                    "account": account.account_id,
                    "label": Authorization.PAY_SUB_ACCOUNT.label,
                },
                code="not_authorized",
                asked=Authorization.PAY_SUB_ACCOUNT,
            )

    def _covered(self, asked: Mapping[int, Decimal], field: str) -> tuple[Shortfall, ...]:
        short = []
        for pk, amount in sorted(asked.items()):
            cover = self.covers.get(pk)
            if cover is not None and cover.free is not None and amount > cover.free:
                short.append(Shortfall(self.ways[pk][-1], cover.free, amount))
        if not short or self.actor.is_administrator:
            return tuple(short)
        raise self._not_covered(short[0], field)

    def _not_covered(self, short: Shortfall, field: str) -> NotCovered:
        """Whoever may hand out reaches the agent directly above: it is named."""
        values = {
            "agent": short.agent.account_id,
            "free": shown(max(short.free, Decimal(0))),
            "missing": shown(short.amount - max(short.free, Decimal(0))),
        }
        words = _("%(agent)s has %(free)s free to hand out; %(missing)s are missing. Pay it first.")
        if short.agent.pk == self.actor.account_pk:
            words = _("Your account has %(free)s free to hand out; %(missing)s are missing.")
        return NotCovered(words % values, code="not_covered", field=field)


def opened(actor: Actor, accounts: Iterable[Account], *, lock: bool) -> Gate:
    """The gate for a deed of a fresh actor on these accounts: handing out to them, taking back from
    them, or releasing their cards.

    `lock` is for who writes in the same transaction: their wallets stay locked, and those of the
    agents whose cover counts. Raises Busy where one of them moves to another agent meanwhile.
    """
    by_key = {one.pk: one for one in accounts}
    policy = effective_policy(actor.chain, lock=lock)
    parents = {pk: one.parent_id for pk, one in by_key.items()}
    sides = {*by_key, *(pk for pk in parents.values() if pk is not None)}
    ways = chains(sides)
    funding = funding_along(ways)
    covered = [pk for pk in sides if funding[pk] is Funding.COVERED]
    if lock:
        locked_wallets([*by_key, *covered])
        _refuse_moved(parents)
    return Gate(
        actor=actor,
        accounts=by_key,
        policy=policy,
        ways=ways,
        funding=funding,
        covers=covers_of(covered, counts_unlimited=False) if covered else {},
    )


def handing_recorded(actor: Actor, kind: Handing.Kind, account: Account, amount: Decimal) -> None:
    """Keep what was handed out without a payment, for the limits of the day."""
    Handing.objects.create(
        kind=kind,
        account=account,
        amount=amount,
        login=actor.user,
        by_account_id=actor.account_pk,
    )


def _refuse_moved(parents: Mapping[int, Any]) -> None:
    """A move locks the wallet of what it moves: whoever waited for it looks again."""
    rows = Account.objects.filter(pk__in=list(parents)).values_list("pk", "parent_id")
    if dict(rows) != dict(parents):
        raise Busy
