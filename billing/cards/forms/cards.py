"""Forms about phone cards: a new batch, its PINs, using a card."""

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.core.models import Account
from accounts.core.reach import find_in_scope
from accounts.kit.encryption import Unreadable, decrypted, encrypted
from accounts.kit.errors import NotInScope
from accounts.kit.moments import day_end
from accounts.kit.sheets_out import CSV_NOTE, FORMATS
from accounts.numbers.presets import presets
from accounts.portal.forms.base import PortalForm, ReasonForm
from accounts.portal.forms.counts import CountField
from accounts.portal.forms.days import DayField
from billing.cards import pins
from billing.cards.models import MOST_CARDS
from billing.cards.rules.batches import BatchDraft
from billing.cards.services.secrets import SHEET_MOST
from billing.forms import AmountField, new_key
from billing.handing_out.forms.rate_groups import GroupChoice
from billing.money import plain
from billing.wallets.models import RateGroup

_WHOLE = re.compile(r"-?[0-9]{1,12}")

CODE = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "characters"}


def name_field() -> forms.CharField:
    return forms.CharField(
        label=_("Name"),
        max_length=64,
        help_text=_("How people speak of it, such as SYL-2026-11."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


def memo_field() -> forms.CharField:
    return forms.CharField(
        label=_("Memo"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class OpeningForm(PortalForm):
    """What the accounts have that cards of this account open. `present` is the group of a batch
    that is there.
    """

    def __init__(
        self, *args: Any, account: Account, present: RateGroup | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.groups = GroupChoice(self.actor, None, account, present)
        self.fields["rate_group"] = self.groups.field(
            _(
                "What calls of the accounts cost that cards open. Without one no card of the batch"
                " can be released."
            )
        )
        self.fields["ctd_billing_model"] = forms.ChoiceField(
            label=_("CTD billing model"),
            choices=Account.BillingModel.choices,
            initial=Account.BillingModel.STANDARD,
            help_text=_("Flow is only for callback business."),
        )
        self.fields["number_preset"] = forms.ChoiceField(
            label=_("Number sections"),
            choices=[
                ("", _("None: what the levels above permit")),
                *((one.name, one.label) for one in presets().values()),
            ],
            required=False,
            help_text=_("What accounts may call that cards open."),
        )

    def opening(self) -> dict[str, Any]:
        """The three, as services take them; of a valid form."""
        return {
            "rate_group": self.groups.chosen(self.cleaned_data["rate_group"]),
            "ctd_billing_model": self.cleaned_data["ctd_billing_model"],
            "number_preset": self.cleaned_data["number_preset"],
        }


class BatchForm(OpeningForm):
    """A batch of cards. The key is made with the form: sent twice, it makes one batch. Days are
    those of the account.
    """

    name = name_field()
    count = CountField(label=_("Cards"))
    face_value = AmountField(label=_("Face value of a card"))
    first_serial = forms.CharField(
        label=_("First serial"),
        max_length=32,
        help_text=_("It counts up from here: SYL110001, SYL110002 …"),
        widget=forms.TextInput(attrs={**CODE, "class": "mono"}),
    )
    pin_length = CountField(
        label=_("Digits of the PIN"),
        help_text=_("The more cards, the more digits: nobody may guess one."),
    )
    valid_days = CountField(
        label=_("Days valid after first use"),
        required=False,
        help_text=_("Of an account that a card opens. Empty: without end."),
    )
    expires_on = DayField(
        label=_("Use by"),
        required=False,
    )
    memo = memo_field()
    idempotency_key = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, account=account, **kwargs)
        self.zone = account.zone
        self.fields["expires_on"].help_text = _(
            "The last day on which an unused card counts, in %(zone)s. Empty: without end."
        ) % {"zone": self.zone}
        self.fields["pin_length"].initial = pins.USUAL
        self.fields["idempotency_key"].initial = new_key
        self.fields["count"].help_text = _("At most %(most)s.") % {"most": f"{MOST_CARDS:,}"}
        self.fields["name"].widget.attrs["autofocus"] = True

    def draft(self) -> BatchDraft:
        """What was asked for; of a valid form."""
        values = self.cleaned_data
        day = values["expires_on"]
        return BatchDraft(
            name=values["name"],
            count=values["count"],
            face_value=values["face_value"],
            first_serial=values["first_serial"],
            pin_length=values["pin_length"],
            valid_days=values["valid_days"],
            expires_at=day_end(day, self.zone) if day else None,
            memo=values["memo"],
            **self.opening(),
        )

    def sent(self) -> list[tuple[str, str]]:
        """The fields of a valid form as they are sent again with the confirmation."""
        return [(name, _as_sent(self.cleaned_data[name])) for name in self.fields]


def _as_sent(value: Any) -> str:
    if isinstance(value, Decimal):
        return plain(value)
    return "" if value is None else str(value)


class PinFileForm(ReasonForm):
    """Why the PINs of a batch leave the portal."""

    format = forms.ChoiceField(
        label=_("File"),
        choices=[(one, one.upper()) for one in FORMATS],
        widget=forms.RadioSelect,
        initial=FORMATS[0],
        help_text=CSV_NOTE,
    )


class SheetForm(ReasonForm):
    """Which cards of a batch are printed, and why."""

    first = forms.CharField(
        label=_("From serial"),
        max_length=32,
        widget=forms.TextInput(attrs={**CODE, "class": "mono"}),
    )
    count = CountField(label=_("Cards"))

    field_order = ("first", "count", "reason")

    def clean_count(self) -> int:
        count: int = self.cleaned_data["count"]
        if not 1 <= count <= SHEET_MOST:
            raise forms.ValidationError(
                _("Print 1 to %(most)s cards at a time.") % {"most": SHEET_MOST}, code="count"
            )
        return count


class PinInput(forms.TextInput):
    """A box that never shows again what was typed into it: answers hold no PIN."""

    def format_value(self, value: Any) -> None:
        return None


class RedeemForm(PortalForm):
    """A PIN, and where its value goes."""

    # One or the other, as the page that asks, or the one that checks.
    sometimes = ("pin", "sealed")

    pin = forms.CharField(
        label=_("PIN"),
        max_length=40,
        required=False,
        help_text=_("The whole of it; gaps do not matter."),
        widget=PinInput(
            attrs={"inputmode": "numeric", "autocomplete": "off", "class": "mono",
                   "spellcheck": "false"}
        ),
    )  # fmt: skip
    use = forms.ChoiceField(
        label=_("Use it to"),
        choices=[
            ("recharge", _("Recharge an account")),
            ("open", _("Open an account of its own")),
        ],
        widget=forms.RadioSelect,
        initial="recharge",
    )
    account = forms.CharField(
        label=_("Account ID"),
        max_length=32,
        required=False,
        help_text=_("The account to recharge; of a new account its ID, by default the serial."),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}
        ),
    )
    # The PIN as the check page sends it again: encrypted, and of this login alone.
    sealed = forms.CharField(max_length=400, required=False, widget=forms.HiddenInput)
    idempotency_key = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["idempotency_key"].initial = new_key
        self.fields["pin"].widget.attrs["autofocus"] = True
        self.target: Any = None

    def clean(self) -> dict[str, Any]:
        clean = super().clean() or self.cleaned_data
        if not clean.get("pin"):
            clean["pin"] = self._unsealed(clean.get("sealed", ""))
        if not clean["pin"]:
            self.add_error("pin", _("Enter the PIN."))
        if clean.get("use") == "recharge":
            if not clean.get("account"):
                self.add_error("account", _("Enter the account to recharge."))
            else:
                self.target = self._account(clean["account"])
        return clean

    def _account(self, account_id: str) -> Any:
        try:
            return find_in_scope(self.actor, account_id)
        except NotInScope:
            self.add_error("account", _("There is no such account."))
            return None

    def _unsealed(self, sealed: str) -> str:
        if not sealed:
            return ""
        try:
            who, _colon, pin = decrypted(sealed).partition(":")
        except Unreadable:
            return ""
        return pin if self.actor.user is not None and who == str(self.actor.user.pk) else ""

    def sent(self) -> list[tuple[str, str]]:
        """The fields of a valid form as the check page sends them again; the PIN is encrypted."""
        values = self.cleaned_data
        assert self.actor.user is not None
        return [
            ("sealed", encrypted(f"{self.actor.user.pk}:{values['pin']}")),
            ("use", values["use"]),
            ("account", values["account"]),
            ("idempotency_key", values["idempotency_key"] or new_key()),
        ]


class LookUpForm(PortalForm):
    """A serial or a complete PIN."""

    text = forms.CharField(
        label=_("Serial or complete PIN"),
        max_length=60,
        help_text=_("A part of a PIN finds nothing."),
        error_messages={"required": _("Enter a serial or a PIN.")},
        widget=PinInput(
            attrs={"autocomplete": "off", "class": "mono", "spellcheck": "false", "autofocus": True}
        ),
    )
