"""Wallets come and go with their accounts, and their terms change here (docs/domain.md 6)."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.core.actor import Actor, Kind, check_allowed, require
from accounts.core.authorizations import Authorization
from accounts.core.locks import in_locked_trees, said_busy
from accounts.core.models import Account
from accounts.core.record import changes, record
from accounts.kit.errors import Clash, NotAllowed, Refused
from accounts.portal.registry import Blocker
from billing.handing_out.services.gate import Gate, handing_recorded, opened
from billing.handing_out.services.rate_groups import group_noted, permitted_group
from billing.ledger.models import Entry, Transaction
from billing.money import MAX_AMOUNT, plain, shown
from billing.wallets.models import Handing, RateGroup, Wallet
from billing.wallets.services.standing import hold_charging, standing_begun, standing_noted

TERMS = ("payment_mode", "credit_limit", "is_unlimited", "low_balance_threshold", "rate_group")
# These are about credit: authorization 8 beside 1.
CREDIT = frozenset({"payment_mode", "credit_limit", "is_unlimited"})


def wallets_create(actor: Actor, accounts: Sequence[Account]) -> None:
    """The wallets of new accounts, in the transaction that makes the accounts."""
    Wallet.objects.bulk_create([Wallet(account=one) for one in accounts], batch_size=2000)
    standing_begun(accounts)


def delete_blockers(account: Account) -> list[Blocker]:
    """What stands against deleting: any movement of money, made to it or by its logins, what these
    handed out without one, and rate groups of its own. Inside a transaction the wallet stays locked
    until its end: no money comes meanwhile. A page that only asks has none.
    """
    if connection.in_atomic_block:
        Wallet.objects.select_for_update().get(pk=account.pk)
    moved = Transaction.objects.filter(account=account).count()
    made = Transaction.objects.filter(by_account=account).exclude(account=account).count()
    entries = Entry.objects.filter(wallet=account.pk).count()
    count = max(moved, entries) + made
    blockers = [Blocker(_("%(count)s movements of money") % {"count": count})] if count else []
    if Handing.objects.filter(by_account=account).exists():
        blockers.append(Blocker(_("credit limits or cards that its logins handed out")))
    groups = RateGroup.objects.filter(owner=account).count()
    if groups:
        words = ngettext("%(count)s rate group", "%(count)s rate groups", groups)
        blockers.append(Blocker(words % {"count": groups}))
    return blockers


def close_blockers(account: Account) -> list[Blocker]:
    """What stands against closing: a balance. The wallet stays locked until the end of the
    caller's transaction: no money comes meanwhile.
    """
    with transaction.atomic():
        wallet = Wallet.objects.select_for_update().get(pk=account.pk)
    if wallet.balance == 0:
        return []
    return [Blocker(_("a balance of %(balance)s") % {"balance": shown(wallet.balance)})]


def terms_set(
    *,
    actor: Actor,
    account: Account,
    expected_version: int | None = None,
    reason: str = "",
    at: datetime | None = None,
    **terms: Any,
) -> Wallet:
    """Change the named terms (those of TERMS) of an account's wallet; the rest stays.

    Authorization 1 sets the threshold and the rate group (None: no calls), one of the actor's own
    or one that is shared with it; payment mode and credit limit need 8 as well; unlimited
    credit is set by administrators only. Raising a limit hands out money and lowering it takes it
    back: both pass the gate (`handing_out`). Lowering a limit below what is used is allowed where
    nothing was handed out below: the page warns. `at` is for commands of the operator's shell
    alone, which set what counted from an earlier time on.

    Raises TypeError for another field, Refused (with the field), Clash, NotAllowed, NotInScope,
    Busy.
    """
    unknown = set(terms) - set(TERMS)
    if unknown:
        raise TypeError(f"Not terms of a wallet: {', '.join(sorted(unknown))}")
    if at is not None and actor.kind is not Kind.SYSTEM:
        raise NotAllowed(_("Terms are set now, not earlier."), code="set_earlier")

    def work(_trees: dict[int, Account]) -> Wallet:
        return _terms_set(actor, account, expected_version, reason, at, terms)

    with said_busy():
        # Whose group an account may buy at follows from who stands above it: nobody moves it.
        return in_locked_trees(work, touching=[account.pk] if "rate_group" in terms else [])


def _terms_set(
    actor: Actor,
    account: Account,
    expected_version: int | None,
    reason: str,
    at: datetime | None,
    terms: dict[str, Any],
) -> Wallet:
    actor = require(actor, Authorization.MANAGE_ACCOUNT, account)
    current = Account.objects.within(actor.scope).reached(account.pk)
    stored = Wallet.objects.get(pk=current.pk)
    if _changes_credit(stored, terms):
        # Before the policies are locked, as payments do it: in another order they lock each other.
        actor = require(actor, Authorization.PAY_SUB_ACCOUNT, account)
    if "rate_group" in terms:
        terms = {**terms, "rate_group": _group(actor, current, stored, terms["rate_group"])}
    if "rate_group" in terms:
        hold_charging()
    gate = opened(actor, [current], lock=True)
    wallet = Wallet.objects.select_related("account", "rate_group__owner").get(pk=current.pk)
    if wallet.account.status == Account.Status.CLOSED:
        raise Refused(_("A closed account is never changed."), code="closed")
    if expected_version is not None and wallet.version != expected_version:
        raise Clash(
            _("Somebody else changed these terms in the meantime."), code="changed_meanwhile"
        )
    before, limit_before = terms_of(wallet), wallet.credit_limit
    for name, value in _clean(terms).items():
        setattr(wallet, name, value)
    _check(wallet)
    was, became = changes(before, terms_of(wallet))
    if not became:
        return wallet
    if CREDIT & set(became):
        check_allowed(actor, Authorization.PAY_SUB_ACCOUNT, current)
    if "is_unlimited" in became and not actor.is_administrator:
        raise NotAllowed(
            _("Unlimited credit is given by administrators only."), code="administrators_only"
        )
    _pass_gate(gate, current, limit_before, wallet.credit_limit)
    wallet.version += 1
    wallet.save(update_fields=[*became, "version"])
    if "rate_group" in became:
        standing_noted([wallet.pk], at)
    record(
        actor=actor,
        action="wallet.terms",
        account=account,
        before=was,
        after=became,
        reason=reason,
        at=at,
    )
    return wallet


def _group(
    actor: Actor, account: Account, stored: Wallet, group: RateGroup | None
) -> RateGroup | None:
    """The rate group that was asked for; the one it has stays, whoever may give it by now."""
    if group is None or group.pk == stored.rate_group_id:
        return group
    return permitted_group(actor, [account], group)


def _changes_credit(wallet: Wallet, terms: dict[str, Any]) -> bool:
    return any(name in terms and terms[name] != getattr(wallet, name) for name in CREDIT)


def _pass_gate(gate: Gate, account: Account, was: Decimal, limit: Decimal) -> None:
    if limit > was:
        gate.hand_out({account.pk: limit - was}, field="credit_limit")
        handing_recorded(gate.actor, Handing.Kind.LIMIT, account, limit - was)
    elif limit < was:
        gate.take_back(account, was - limit, field="credit_limit")


def terms_of(wallet: Wallet) -> dict[str, Any]:
    """The terms, for records."""
    values = {name: getattr(wallet, name) for name in TERMS}
    return {
        **{
            name: plain(value) if isinstance(value, Decimal) else value
            for name, value in values.items()
        },
        "rate_group": group_noted(wallet.rate_group),
    }


def _clean(terms: dict[str, Any]) -> dict[str, Any]:
    for name in ("credit_limit", "low_balance_threshold"):
        value = terms.get(name)
        if value is not None and not -MAX_AMOUNT <= value <= MAX_AMOUNT:
            raise Refused(_("This amount is too large."), code="too_large", field=name)
    return terms


def _check(wallet: Wallet) -> None:
    if wallet.payment_mode not in Wallet.PaymentMode.values:
        raise Refused(_("Choose one of the options."), code="unknown_choice", field="payment_mode")
    if wallet.credit_limit is None or wallet.credit_limit < 0:
        raise Refused(
            _("Enter a credit limit of zero or more."), code="negative", field="credit_limit"
        )
    if wallet.is_unlimited and wallet.payment_mode != Wallet.PaymentMode.POSTPAID:
        raise Refused(
            _("Only postpaid accounts can have unlimited credit."),
            code="unlimited_prepaid",
            field="is_unlimited",
        )
