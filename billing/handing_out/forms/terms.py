"""The commercial terms of an account as a section of its form (`accounts.portal.registry`)."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.core.actor import Actor, decide
from accounts.core.authorizations import Authorization
from accounts.core.models import Account
from accounts.kit.proof import Gain
from accounts.portal.registry import Effect, FormSection
from billing.forms import AmountField, SignedAmountField
from billing.handing_out.forms.rate_groups import GroupChoice
from billing.handing_out.queries.terms_effects import (
    TermsEffect,
    new_account_effects,
    terms_effects,
)
from billing.handing_out.services.rate_groups import group_noted
from billing.handing_out.services.terms import CREDIT, TERMS, terms_set
from billing.handing_out.words import agent_cover_shown
from billing.money import shown
from billing.wallets.models import RateGroup, Wallet
from billing.wallets.queries import usual_group

_VERSION = "terms_version"


class TermsSection:
    """What one person may set: 1 is what the form needs, 8 as well for mode and credit limit,
    administrators alone for unlimited credit.
    """

    def __init__(self, actor: Actor, account: Account | None, agent: Account | None) -> None:
        self.actor = actor
        self.account, self.agent = account, agent
        self.wallet = account.wallet if account else Wallet()
        self.groups = GroupChoice(actor, account, agent, self.wallet.rate_group)
        self.fields = _fields(self.wallet, self.groups)
        paying = decide(
            actor, Authorization.PAY_SUB_ACCOUNT, account or agent, is_agent_id=account is None
        )
        if not paying.is_allowed:
            _close(self.fields, paying.sentence, "payment_mode", "credit_limit")
        if not actor.is_administrator:
            _close(
                self.fields, _("Unlimited credit is given by administrators only."), "is_unlimited"
            )

    def apply(self, actor: Actor, account: Account, values: Mapping[str, Any]) -> None:
        """Hand over what may be changed. Raises as `terms_set`."""
        terms = self._open(values)
        if all(value == getattr(self.wallet, name) for name, value in terms.items()):
            return
        terms_set(
            actor=actor,
            account=account,
            expected_version=values[_VERSION] if self.account else None,
            **terms,
        )

    def warnings(self, values: Mapping[str, Any]) -> Sequence[str]:
        """A limit that ends below what is used already, and what only administrators may pass."""
        return [*self._uncovered(values), *self._below_use(values), *self._no_calls(values)]

    def effects(self, values: Mapping[str, Any]) -> Sequence[Effect]:
        """The cover of the agent above, and the account's own."""
        effects = self._terms_effects(values)
        if not self.actor.is_administrator and any(one.is_short for one in effects):
            # Saving it is refused at the field.
            return []
        return [
            Effect(
                "billing/handing_out/terms_effect.html",
                {
                    "account": one.account,
                    "is_own": one.account.pk == self.actor.account_pk,
                    "cover": agent_cover_shown(one.cover, given=one.given, received=one.received),
                },
                must_be_seen=one.cover.is_bound,
            )
            for one in effects
        ]

    def _terms_effects(self, values: Mapping[str, Any]) -> tuple[TermsEffect, ...]:
        terms = self._open(values)
        if not CREDIT & set(terms):
            return ()
        if self.account is None:
            limit = terms.get("credit_limit", Decimal(0))
            return new_account_effects(self.agent, credit_limit=limit) if self.agent else ()
        return terms_effects(
            self.actor,
            self.wallet,
            credit_limit=terms.get("credit_limit", self.wallet.credit_limit),
            is_unlimited=terms.get("is_unlimited", self.wallet.is_unlimited),
        )

    def _uncovered(self, values: Mapping[str, Any]) -> list[str]:
        if not self.actor.is_administrator:
            return []
        words = _(
            "%(account)s is on covered and has %(free)s %(currency)s free to hand out: it is not"
            " covered afterwards."
        )
        return [
            words
            % {
                "account": one.account,
                "free": shown(max(one.cover.cover.free or Decimal(0), Decimal(0))),
                "currency": settings.CURRENCY,
            }
            for one in self._terms_effects(values)
            if one.is_short
        ]

    def _below_use(self, values: Mapping[str, Any]) -> list[str]:
        terms = self._open(values)
        limit = terms.get("credit_limit", self.wallet.credit_limit)
        is_unlimited = terms.get("is_unlimited", self.wallet.is_unlimited)
        was = self.wallet.available
        is_lowered = self.wallet.is_unlimited or limit < self.wallet.credit_limit
        used = self.wallet.held - self.wallet.balance
        if is_unlimited or not is_lowered or limit >= used:
            return []
        words = _(
            "%(account)s uses %(used)s %(currency)s of its credit. With a limit of %(limit)s it is"
            " %(over)s beyond it and can pay for nothing until it is topped up."
        )
        if was is not None and was < 0:
            words = _(
                "%(account)s uses %(used)s %(currency)s of its credit, beyond its limit already."
                " With a limit of %(limit)s it is %(over)s beyond it."
            )
        return [
            words
            % {
                "account": self.account,
                "used": shown(used),
                "limit": shown(limit),
                "over": shown(used - limit),
                "currency": settings.CURRENCY,
            }
        ]

    def _no_calls(self, values: Mapping[str, Any]) -> list[str]:
        if self.wallet.rate_group is None or self._open(values).get("rate_group") is not None:
            return []
        words = _("Without a rate group %(account)s cannot call.")
        if self.account is not None and self.account.is_agent:
            words = _("Without a rate group %(account)s cannot call, nor can any account below it.")
        return [words % {"account": self.account}]

    def held(self, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """The rate group; credit is given once there is an account."""
        return {"rate_group": group_noted(self.groups.chosen(values["rate_group"]))}

    def gain(self, values: Mapping[str, Any]) -> Gain | None:
        """Unlimited credit that the account does not have yet."""
        is_given = self._open(values).get("is_unlimited") and not self.wallet.is_unlimited
        return Gain.UNLIMITED_CREDIT if is_given else None

    def _open(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The terms that may be changed; an empty limit is none."""
        given = (name for name in TERMS if name in values and not self.fields[name].disabled)
        terms = {name: values[name] for name in given}
        if "credit_limit" in terms:
            terms["credit_limit"] = terms["credit_limit"] or Decimal(0)
        if "payment_mode" in terms:
            terms["payment_mode"] = terms["payment_mode"] or self.wallet.payment_mode
        if "rate_group" in terms:
            terms["rate_group"] = self.groups.chosen(terms["rate_group"])
        return terms


def _fields(wallet: Wallet, groups: GroupChoice) -> dict[str, forms.Field]:
    unit = settings.CURRENCY
    fields: dict[str, forms.Field] = {
        "payment_mode": forms.ChoiceField(
            label=_("Payment mode"),
            choices=Wallet.PaymentMode.choices,
            required=False,
            help_text=_("Postpaid accounts are billed later; only they can be unlimited."),
        ),
        "credit_limit": AmountField(
            label=_("Credit limit"),
            required=False,
            help_text=_(
                "The overdraft: how far the balance may fall below zero. Empty: not at all."
            ),
        ),
        "is_unlimited": forms.BooleanField(
            label=_("Unlimited credit"),
            required=False,
            help_text=_("The credit limit then counts for nothing."),
        ),
        "low_balance_threshold": SignedAmountField(
            label=_("Low-balance threshold"),
            required=False,
            help_text=_("Below this balance the account is marked. Empty: never."),
        ),
        "rate_group": groups.field(
            _("What the calls of the account cost. Without one it cannot call.")
        ),
        _VERSION: forms.IntegerField(min_value=1, widget=forms.HiddenInput, initial=wallet.version),
    }
    for name in TERMS:
        if name != "rate_group":
            fields[name].initial = getattr(wallet, name)
    for name in ("credit_limit", "low_balance_threshold"):
        fields[name].unit = unit  # type: ignore[attr-defined]
    return fields


def _close(fields: Mapping[str, forms.Field], reason: str, *names: str) -> None:
    """Show these fields without letting them be changed, and say why."""
    for name in names:
        fields[name].disabled = True
        fields[name].help_text = reason


def _take_up(actor: Actor, account: Account, held: Mapping[str, Any]) -> None:
    """The rate group of a new account as its request kept it, if it may still be given."""
    kept = held.get("rate_group")
    if kept:
        terms_set(actor=actor, account=account, rate_group=RateGroup(pk=kept["group"]))


def _usual(actor: Actor, agent: Account | None) -> tuple[Mapping[str, Any], str]:
    """The rate group that most accounts below the agent buy at. Two queries at most."""
    group = usual_group(actor, agent)
    if group is None:
        return {}, _("no rate group yet, no calls")
    return {"rate_group": group_noted(group)}, _("rate group %(group)s") % {"group": group.name}


TERMS_SECTION = FormSection(
    "terms",
    gettext_lazy("Commercial terms"),
    gettext_lazy("On which terms the account uses its balance, and when it counts as low."),
    TermsSection,
    asked=frozenset({"rate_group"}),
    take_up=_take_up,
    usual=_usual,
)
