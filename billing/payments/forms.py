"""Forms about payments: paying, and taking one back."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.core.models import Account
from accounts.portal.forms.base import PortalForm
from accounts.portal.forms.picker import picker_attrs
from billing.forms import AmountField, MemoReasonForm, new_key
from billing.ledger.models import Transaction
from billing.money import plain
from billing.payments.rules import choices_for
from billing.payments.services.paying import Payment

# Of what an address fills in.
LONGEST_AMOUNT, LONGEST_REFERENCE = 32, 64
# What is typed before the account is chosen stays in its box when the account's form comes.
_KEPT = {"hx-preserve": "true"}
_AMOUNT_TYPED = {**AmountField.widget.attrs, **_KEPT, "data-focus": ""}


def _method_field() -> forms.ChoiceField:
    return forms.ChoiceField(
        label=_("Method"),
        required=False,
        choices=[("", "–"), *Transaction.Method.choices],
        widget=forms.Select(attrs=_KEPT),
    )


def _reference_field() -> forms.CharField:
    return forms.CharField(
        label=_("Reference"),
        max_length=LONGEST_REFERENCE,
        required=False,
        help_text=_("The number on the slip or the transfer."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", **_KEPT}),
    )


class PaymentForm(PortalForm):
    """One payment to `account`. The key is made with the form: sent twice, it is paid once."""

    amount = AmountField(
        label=_("Amount"), required=False, widget=forms.TextInput(attrs=_AMOUNT_TYPED)
    )
    kind = forms.ChoiceField(label=_("Type"), initial=Transaction.Kind.RECHARGE)
    source = forms.CharField(
        label=_("From account"),
        max_length=32,
        required=False,
        help_text=_(
            "A transfer corrects a payment that went to the wrong account: name that one, and say"
            " why in the memo."
        ),
        widget=forms.TextInput(attrs=picker_attrs(is_clearable=True)),
    )
    method = _method_field()
    reference = _reference_field()
    memo = forms.CharField(
        label=_("Memo"),
        max_length=200,
        required=False,
        help_text=_("Both sides can read it."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    idempotency_key = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)
    # The page that led here: the receipt leads there again.
    back = forms.CharField(max_length=2000, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = choices_for(self.actor, account)
        kind, amount = self.fields["kind"], self.fields["amount"]
        assert isinstance(kind, forms.ChoiceField)
        kind.choices = list(choices.items())
        self.fields["idempotency_key"].initial = new_key
        amount.widget.attrs["autofocus"] = True
        self.payer: Account | None = None
        self.is_own = account.pk == self.actor.account_pk
        if Transaction.Kind.TRANSFER not in choices:
            self.withhold("source", why=_("Only a transfer takes money from another account."))
        if self.is_own:
            kind.widget = forms.HiddenInput()
            self.fields["reference"].required = True
            self.fields["reference"].error_messages["required"] = _(
                "Give the reference of the payment to your own account."
            )
        else:
            kind.help_text = _("“Make zero” takes no amount.")

    def clean(self) -> dict[str, Any]:
        clean = super().clean() or self.cleaned_data
        self.payer = self.account_named("source", _("There is no such account."))
        if self.payer is not None and not self.is_transfer:
            self.add_error("source", _("Only a transfer takes money from another account."))
        return clean

    @property
    def is_transfer(self) -> bool:
        """Whether a correction of administrators is asked for; of a form that was sent."""
        return self.cleaned_data.get("kind") == Transaction.Kind.TRANSFER

    def payment(self) -> Payment:
        """What was asked for; of a valid form."""
        names = ("kind", "amount", "method", "reference", "memo")
        return Payment(**{name: self.cleaned_data[name] for name in names}, source=self.payer)

    def sent(self) -> list[tuple[str, str]]:
        """The fields of a valid form as they are sent again with the confirmation."""
        values = {**self.cleaned_data}
        amount = values["amount"]
        values["amount"] = "" if amount is None else plain(amount)
        values["idempotency_key"] = values["idempotency_key"] or new_key()
        return [(name, values[name]) for name in self.fields]

    def renew_key(self) -> None:
        """Give a form that was sent a key of its own: the one it came with is used up."""
        self.show_again("idempotency_key", new_key())


class ReversalForm(MemoReasonForm):
    """Why a payment is taken back."""

    idempotency_key = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["idempotency_key"].initial = new_key


class WhomForm(PortalForm):
    """Who is to be paid, where no account is named yet. What else is typed is handed on as it is to
    the form of that account.
    """

    is_question = True

    account = forms.CharField(
        label=_("Account"),
        max_length=32,
        error_messages={"required": _("Name the account to pay.")},
        widget=forms.TextInput(
            attrs={**picker_attrs(), "data-submit": "", "data-focus": "", "autofocus": True}
        ),
    )
    amount = forms.CharField(
        label=_("Amount"),
        max_length=LONGEST_AMOUNT,
        required=False,
        widget=forms.TextInput(attrs=_AMOUNT_TYPED),
    )
    method = _method_field()
    reference = _reference_field()

    def clean(self) -> dict[str, Any]:
        clean = super().clean() or self.cleaned_data
        self.named = self.account_named("account", _("There is no such account."))
        return clean

    def typed(self) -> dict[str, str]:
        """What was typed beside the account; of a valid form."""
        names = ("amount", "method", "reference")
        return {name: self.cleaned_data[name] for name in names if self.cleaned_data[name]}
