"""Money in the lists of accounts: columns, filters, and a word beside each search hit."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import django_filters
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.db.models import (
    BigIntegerField,
    Case,
    ExpressionWrapper,
    F,
    IntegerField,
    Q,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.core.querysets import AccountQuerySet
from accounts.kit.choices import choice_words
from accounts.kit.markup import format_html
from accounts.kit.object_keys import typed_number
from accounts.portal.list_parts import ProductView
from accounts.portal.registry import AccountColumn, ListFilter
from billing.forms import SignedAmountField
from billing.money import shown
from billing.wallets.models import RateGroup, Wallet
from billing.wallets.queries import (
    LOW,
    WITHOUT_GROUP,
    groups_named,
    is_low,
    wallets_of,
    wallets_with_today,
)

_UNLIMITED_SORTS_AS = 2**61


def wallets_prepared(actor: Actor, accounts: Sequence[Account]) -> Mapping[int, Wallet]:
    """What the columns of money are written from; those of cards share it. One query."""
    return wallets_with_today(actor, accounts)


def _micros(expression: Any) -> Any:
    """An amount as the integer that sorts it; an account without a wallet would have none."""
    integer = ExpressionWrapper(expression, output_field=BigIntegerField())
    return Coalesce(integer, Value(0), output_field=BigIntegerField())


def low_mark() -> str:
    """That a balance is low: a word and a shape, never a colour alone."""
    icons = staticfiles_storage.url("vendor/bootstrap-icons/icons.svg")
    return format_html(
        '<span class="status"><svg class="i warn wide" aria-hidden="true"><use href="{}#warn"/>'
        "</svg>{}</span>",
        icons,
        _("Low balance"),
    )


def _balance(wallet: Wallet) -> str:
    if is_low(wallet):
        return format_html("{} {}", low_mark(), shown(wallet.balance))
    return shown(wallet.balance)


def _group(wallet: Any) -> str:
    return wallet.group_words or format_html('<span class="muted">{}</span>', _("none: no calls"))


def _available(wallet: Wallet) -> Any:
    return _("unlimited") if wallet.available is None else wallet.available


def _limit(wallet: Wallet) -> Any:
    return _("unlimited") if wallet.is_unlimited else wallet.credit_limit


def _today(wallet: Any) -> Decimal:
    consumed: Decimal = wallet.consumed_today
    return consumed


def _as_shown(value: Callable[[Wallet], Any]) -> Callable[[Wallet], str]:
    def cell(wallet: Wallet) -> str:
        amount = value(wallet)
        return shown(amount) if isinstance(amount, Decimal) else str(amount)

    return cell


def _amount(name: str, label: Any, value: Callable[[Wallet], Any], **more: Any) -> AccountColumn:
    # The label says the currency once for the whole column.
    label = format_lazy("{}, {}", label, settings.CURRENCY)
    more.setdefault("cell", _as_shown(value))
    return AccountColumn(name, label, wallets_prepared, value, is_number=True, **more)


COLUMNS = [
    _amount(
        "balance",
        gettext_lazy("Balance"),
        lambda wallet: wallet.balance,
        cell=_balance,
        sort=_micros(F("wallet__balance")),
        card="nowrap card-right",
    ),
    _amount(
        "credit_limit",
        gettext_lazy("Credit limit"),
        _limit,
        sort=_micros(F("wallet__credit_limit")),
        is_default=False,
        hint=gettext_lazy("The overdraft: how far the balance may fall below zero."),
    ),
    _amount(
        "available",
        gettext_lazy("Available"),
        _available,
        sort=Case(
            When(wallet__is_unlimited=True, then=Value(_UNLIMITED_SORTS_AS)),
            default=_micros(F("wallet__balance") + F("wallet__credit_limit")),
            output_field=BigIntegerField(),
        ),
        yields=1,
    ),
    _amount("today", gettext_lazy("Today"), _today, yields=2),
    AccountColumn(
        "payment_mode",
        gettext_lazy("Payment mode"),
        wallets_prepared,
        lambda wallet: choice_words(Wallet.PaymentMode, wallet.payment_mode),
        is_default=False,
    ),
    AccountColumn(
        "rate_group",
        gettext_lazy("Rate group"),
        wallets_prepared,
        lambda wallet: wallet.group_words,
        cell=_group,
        is_default=False,
        hint=gettext_lazy("What its calls cost; without one it cannot call"),
    ),
    AccountColumn(
        "low_balance",
        gettext_lazy("Low balance"),
        wallets_prepared,
        lambda wallet: _("Low balance") if is_low(wallet) else "",
        cell=lambda wallet: low_mark() if is_low(wallet) else "",
        sort=Case(When(LOW, then=Value(0)), default=Value(1), output_field=IntegerField()),
        is_default=False,
    ),
]


class _GroupFilter(django_filters.CharFilter):
    """By a part of the name, as far as the viewer may know names, or by the whole key."""

    parent: Any

    def filter(self, rows: Any, value: str) -> Any:
        if not value:
            return rows
        named = Q(name__icontains=value)
        number = typed_number(RateGroup.key_kind, value)
        groups = groups_named(self.parent.actor).filter(
            named if number is None else named | Q(pk=number)
        )
        return rows.filter(wallet__rate_group__in=groups)


class _AmountFilter(django_filters.Filter):
    field_class: Any = SignedAmountField


def _narrow(rows: AccountQuerySet, _name: str, value: str) -> AccountQuerySet:
    if value == "low":
        return rows.filter(LOW)
    return rows.filter(wallet__balance__lt=0)


LIST_VIEWS = [
    ProductView(
        gettext_lazy("Runs dry"), {"balance": "low"}, order=10, is_work=True, is_steady=True
    )
]

LIST_FILTERS = [
    ListFilter(
        "balance",
        lambda: django_filters.ChoiceFilter(
            field_name="balance",
            choices=[("low", _("Below its threshold")), ("negative", _("Below zero"))],
            method=_narrow,
            label=gettext_lazy("Balance"),
            empty_label=gettext_lazy("Any"),
        ),
    ),
    ListFilter(
        "rate_group",
        lambda: _GroupFilter(label=gettext_lazy("Rate group"), max_length=64),
    ),
    ListFilter(
        "calls_at",
        lambda: django_filters.ChoiceFilter(
            field_name="calls_at",
            choices=[("none", _("Without a rate group"))],
            method=lambda rows, _name, _value: rows.filter(WITHOUT_GROUP),
            label=gettext_lazy("Calls"),
            empty_label=gettext_lazy("Any"),
        ),
    ),
    ListFilter(
        "balance_from",
        lambda: _AmountFilter(
            field_name="wallet__balance", lookup_expr="gte", label=gettext_lazy("Balance from")
        ),
    ),
    ListFilter(
        "balance_to",
        lambda: _AmountFilter(
            field_name="wallet__balance", lookup_expr="lte", label=gettext_lazy("Balance up to")
        ),
    ),
    ListFilter(
        "payment_mode",
        lambda: django_filters.ChoiceFilter(
            field_name="wallet__payment_mode",
            choices=Wallet.PaymentMode.choices,
            label=gettext_lazy("Payment mode"),
            empty_label=gettext_lazy("Any"),
        ),
    ),
]


def hit_notes(actor: Actor, accounts: Sequence[Account]) -> Mapping[int, str]:
    """The balance of each hit. One query."""
    words = _("Balance %(balance)s %(currency)s")
    low = _("Low balance: %(balance)s %(currency)s")
    return {
        pk: (low if is_low(wallet) else words)
        % {"balance": shown(wallet.balance), "currency": settings.CURRENCY}
        for pk, wallet in wallets_of(accounts).items()
    }
