"""The eight authorizations on the account form of the Django admin, saved through the services."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.authorizations.advice import cautions
from accounts.authorizations.queries.facts import grants_along
from accounts.authorizations.queries.grants import grants_below
from accounts.authorizations.rules.grants import unavailable
from accounts.authorizations.services.grants import CHANGE_GRANTS, grants_set
from accounts.core.actor import SYSTEM, Actor
from accounts.core.authorizations import Authorization, Codes, Risk, codes_from, in_order
from accounts.core.models import Account, AccountGrant
from accounts.kit.errors import Refused
from accounts.kit.markup import format_html
from accounts.kit.moments import day_of_words
from accounts.logins.queries import opened_by_operators
from accounts.logins.views.operators import after_granting
from accounts.portal.forms.whole import WholeForm

GRANT_FIELDS = (*(code.value for code in Authorization), "grant_reason", "seen_grants")


class GrantBoxes(WholeForm, forms.Form):
    """A box for each of the eight, named by its code. `seen_grants` is what the person saw."""

    manage_account = forms.BooleanField(required=False)
    manage_phone = forms.BooleanField(required=False)
    manage_phone_card = forms.BooleanField(required=False)
    manage_gateway = forms.BooleanField(required=False)
    modify_gateway_information = forms.BooleanField(required=False)
    modify_gateway_capacity = forms.BooleanField(required=False)
    pay_own_account = forms.BooleanField(required=False)
    pay_sub_account = forms.BooleanField(required=False)
    grant_reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        required=False,
        help_text=_(
            "Required for a high risk, for all eight, and where accounts below lose something."
        ),
        widget=forms.TextInput(attrs={"class": "vTextField", "autocomplete": "off"}),
    )
    seen_grants = forms.CharField(max_length=400, widget=forms.HiddenInput, required=False)

    def prepare_boxes(self, actor: Actor, account: Account) -> None:
        """Tick what is held; shut what cannot be granted, with the reason. An account that does not
        exist yet has no boxes.
        """
        if not account.pk:
            why = _("Authorizations are granted once the account is there.")
            self.withhold(*(name for name in GRANT_FIELDS if name in self.fields), why=why)
            return
        grants = grants_of_account(account)
        has = frozenset(grants)
        lacking = unavailable(actor, account)
        may_change = actor.is_administrator or actor.is_permitted(CHANGE_GRANTS)
        boxes = {code.value: code in has for code in Authorization}
        self.initial = {**self.initial, **boxes, "seen_grants": " ".join(in_order(has))}
        for code in Authorization:
            field = self.fields[code.value]
            field.label = format_html("{} {} ({})", code.number, code.label, risk_words(code))
            field.help_text = str(code.when_to_grant)
            if code in grants:
                field.help_text = format_html(
                    "{}<br>{}", code.when_to_grant, grant_words(grants[code])
                )
            if not may_change:
                field.disabled = True
                field.help_text = _("You may not grant authorizations.")
            if code in lacking and code not in has:
                field.help_text = lacking[code]
                # A browser sends no such box; the service refuses one that comes nevertheless.
                field.widget.attrs["disabled"] = True
        self.fields["grant_reason"].disabled = not may_change


def takes_below(account: Account, clean: dict[str, Any]) -> bool:
    """Whether what was ticked differently takes something from accounts below."""
    taken = codes_from(clean.get("seen_grants", "").split()) - _wanted(clean)
    return bool(taken) and grants_below(account, taken).exists()


def grants_of_account(account: Account) -> Mapping[Authorization, AccountGrant]:
    """What the account holds. Who sees accounts in the admin may read all of it."""
    return grants_along(SYSTEM, [account.pk]).get(account.pk, {})


def risk_words(code: Authorization) -> Any:
    """The risk of an authorization."""
    return _("high risk") if code.risk is Risk.HIGH else _("medium risk")


def grant_words(grant: Any) -> str:
    """Who granted it, when and why; `grant` comes from `grants_along`."""
    login = grant.granted_by.get_username() if grant.granted_by else grant.by_name
    words = gettext("Granted by %(who)s on %(day)s") % {
        "who": login or gettext("a former login"),
        "day": day_of_words(grant.granted_at),
    }
    return f"{words}: “{grant.reason}”" if grant.reason else words


def save_grants(
    actor: Actor, account: Account, clean: dict[str, Any], *, is_moved: bool
) -> list[Any]:
    """Grant and take what was ticked differently; return what to be careful about. Raises
    DomainError; a missing reason belongs to `grant_reason`.
    """
    wanted = _wanted(clean)
    seen = codes_from(clean.get("seen_grants", "").split())
    if wanted == seen:
        return []
    try:
        grants_set(
            actor=actor,
            account=account,
            codes=wanted,
            # The move before it may have taken some away.
            expected=None if is_moved else seen,
            reason=clean.get("grant_reason", ""),
        )
    except Refused as error:
        error.field = "grant_reason" if error.field == "reason" else error.field
        raise
    if not wanted - seen:
        return []
    shut = after_granting(opened_by_operators(account))
    return [*cautions(wanted), *([shut] if shut else [])]


def _wanted(clean: dict[str, Any]) -> Codes:
    return frozenset(code for code in Authorization if clean.get(code.value))
