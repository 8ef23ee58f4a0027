"""Forms of a distribution: handing in a list or a table of amounts, and confirming what was
checked.
"""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.portal.forms.base import PortalForm, add_domain_error
from accounts.portal.forms.mass import MassForm
from billing.distributions.lines import MOST_BYTES, ListLine, handed_in, read, total, written
from billing.distributions.list_form import BadList
from billing.distributions.models import Distribution
from billing.forms import AmountField
from billing.ledger.models import Transaction
from billing.money import plain


class DistributionForm(PortalForm):
    """A list, pasted or as a file. The key is made with the form: it becomes the distribution's."""

    lines = forms.CharField(
        label=gettext_lazy("List"),
        required=False,
        strip=False,
        max_length=MOST_BYTES,
        help_text=gettext_lazy(
            "A line each: account, amount, reference, with commas, semicolons or tabs between them."
            " The reference may be left out. Under headings the columns may stand in any order."
        ),
        widget=forms.Textarea(
            attrs={"rows": 10, "spellcheck": "false", "autocomplete": "off", "class": "mono"}
        ),
        error_messages={"max_length": gettext_lazy("This list is too long.")},
    )
    file = forms.FileField(
        label=gettext_lazy("Or a file"),
        required=False,
        allow_empty_file=True,
        help_text=gettext_lazy(
            "XLSX or CSV, with the same columns or under headings such as Customer, Top up, Note."
        ),
        widget=forms.FileInput(attrs={"accept": ".csv,.xlsx,.txt,.tsv,text/csv,text/plain"}),
    )
    each = AmountField(
        label=gettext_lazy("Amount for every account"),
        required=False,
        help_text=gettext_lazy("For the lines that name none."),
    )
    control_sum = AmountField(
        label=gettext_lazy("Control sum"),
        help_text=gettext_lazy(
            "What you added up yourself. Nothing goes on unless the list comes to exactly this."
        ),
    )
    method = forms.ChoiceField(
        label=gettext_lazy("Method"),
        required=False,
        choices=[("", "–"), *Transaction.Method.choices],
    )
    memo = forms.CharField(
        label=gettext_lazy("Memo"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("On every payment; both sides can read it."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    idempotency_key = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # What is to be known of how a file was read.
        self.said = ""
        self.fields["idempotency_key"].initial = uuid4
        self.fields["each"].error_messages["zero"] = _("Enter an amount above zero.")

    @classmethod
    def again(cls, draft: Distribution, **more: Any) -> "DistributionForm":
        """The form of a draft as it was handed in, to be corrected."""
        initial = {
            "lines": draft.text,
            "each": draft.each,
            "control_sum": draft.control_sum,
            "method": draft.method,
            "memo": draft.memo,
            "idempotency_key": draft.pk,
        }
        return cls(initial=initial, **more)

    def clean_each(self) -> Any:
        each = self.cleaned_data["each"]
        if each == 0:
            raise forms.ValidationError(self.fields["each"].error_messages["zero"])
        return each

    def clean_idempotency_key(self) -> UUID:
        key = self.cleaned_data["idempotency_key"] or uuid4()
        assert isinstance(key, UUID)
        return key

    def clean(self) -> dict[str, Any]:
        clean = super().clean() or self.cleaned_data
        file, text = clean.get("file"), clean.get("lines", "")
        if file is None:
            if not text.strip() and not self.errors:
                self.add_error("lines", _("Paste a list, or choose a file."))
            return clean
        if text.strip():
            self.add_error("file", _("Either paste a list or choose a file, not both."))
            return clean
        try:
            clean["lines"], self.said = handed_in(file.read(MOST_BYTES + 1))
        except BadList as error:
            add_domain_error(self, error)
            return clean
        # What comes back with an error holds the file's text: no browser sends the file again.
        self.show_again("lines", clean["lines"])
        return clean

    def handed_in(self) -> dict[str, Any]:
        """What `distribution_draft` takes; of a valid form."""
        names = ("control_sum", "each", "method", "memo")
        values = {name: self.cleaned_data[name] for name in names}
        return {
            **values,
            "text": self.cleaned_data["lines"],
            "key": self.cleaned_data["idempotency_key"],
        }

    def renew_key(self) -> None:
        """Give a form that was sent a key of its own: the one it came with is used up."""
        self.show_again("idempotency_key", str(uuid4()))


# So many accounts stand in a table; more are a list.
MOST_ROWS = 200
_ACCOUNT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")


class DistributionTableForm(PortalForm):
    """An amount beside each of a few accounts. A row that is left empty is not paid.

    `amounts` is what the rows come to, by the account as the page named it, as far as they can be
    read: an amount for all counts where no row has one of its own.
    """

    accounts = forms.CharField(max_length=MOST_ROWS * 33, widget=forms.HiddenInput)
    same = AmountField(label=gettext_lazy("Same amount for all"), required=False)
    method = forms.ChoiceField(
        label=gettext_lazy("Method"),
        required=False,
        choices=[("", "–"), *Transaction.Method.choices],
    )
    reference = forms.CharField(
        label=gettext_lazy("Reference for all"),
        max_length=64,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    memo = forms.CharField(
        label=gettext_lazy("Memo"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("On every payment; both sides can read it."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    idempotency_key = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, names: Sequence[str] = (), **kwargs: Any) -> None:
        if data is not None:
            names = data.get("accounts", "").split()
        # As many rows as a page may have: whether more came is asked when the form is read.
        self.names = list(dict.fromkeys(names))[: MOST_ROWS + 1]
        self.amounts: dict[str, Decimal] = {}
        initial = {"accounts": " ".join(self.names), **kwargs.pop("initial", {})}
        super().__init__(data, initial=initial, **kwargs)
        self.fields["idempotency_key"].initial = uuid4
        for name in self.names:
            label = _("Amount for %(account)s") % {"account": name}
            self.fields[row_field(name)] = AmountField(label=label, required=False)
        for name in ("same", *map(row_field, self.names)):
            self.fields[name].widget.attrs["class"] = "num form-control form-control-sm amt-in"

    @classmethod
    def again(cls, draft: Distribution, **more: Any) -> "DistributionTableForm":
        """The table of a draft as it was handed in, to be corrected."""
        # Each row has an account beside it: none adds the others up, whatever it is called.
        lines = read(draft.text, is_account=lambda _row: True)
        form = cls(
            names=[one.account for one in lines],
            initial={
                "method": draft.method,
                "memo": draft.memo,
                "reference": lines[0].reference,
                "idempotency_key": draft.pk,
                **{row_field(one.account): one.amount for one in lines},
            },
            **more,
        )
        form.amounts = {one.account: one.amount for one in lines if one.amount is not None}
        return form

    def filled(self, amounts: Mapping[str, Decimal]) -> "DistributionTableForm":
        """A form that was sent, with these amounts in its rows and in no others."""
        # A copy: what came with the request is not ours to change.
        data: Any = self.data.copy()  # type: ignore[attr-defined]
        data["same"] = ""
        for name in self.names:
            data[row_field(name)] = plain(amounts[name]) if name in amounts else ""
        form = type(self)(data, actor=self.actor)
        form.full_clean()
        return form

    def clean_accounts(self) -> str:
        if len(self.names) > MOST_ROWS or not all(map(_ACCOUNT_ID.fullmatch, self.names)):
            raise forms.ValidationError(
                _("These are no accounts that a table can hold. Select them in the list again."),
                code="no_accounts",
            )
        return " ".join(self.names)

    def clean(self) -> dict[str, Any]:
        clean = super().clean() or self.cleaned_data
        typed = {name: clean.get(row_field(name)) for name in self.names}
        self.amounts = {name: one for name, one in typed.items() if one}
        for name in (one for one, amount in typed.items() if amount == 0):
            self.add_error(
                row_field(name),
                forms.ValidationError(
                    _("Enter an amount above zero, or leave the row empty."), code="zero"
                ),
            )
        same = clean.get("same")
        is_untouched = not any(self[row_field(name)].value() for name in self.names)
        if same is not None and is_untouched:
            if same == 0:
                self.add_error("same", forms.ValidationError(_("Enter an amount above zero.")))
            else:
                self.amounts = dict.fromkeys(self.names, same)
        elif same is not None:
            words = _("Press “Fill” to write this amount into every row, or empty this box.")
            self.add_error("same", forms.ValidationError(words, code="same_not_filled"))
        if not self.amounts and not self.errors:
            words = _("Enter an amount for at least one account.")
            self.add_error(None, forms.ValidationError(words, code="no_amount"))
        return clean

    def clean_idempotency_key(self) -> UUID:
        key = self.cleaned_data["idempotency_key"] or uuid4()
        assert isinstance(key, UUID)
        return key

    def handed_in(self) -> dict[str, Any]:
        """What `distribution_draft` takes; of a valid form."""
        reference = self.cleaned_data["reference"]
        lines = [
            ListLine(number, name, amount, reference)
            for number, (name, amount) in enumerate(self.amounts.items(), 1)
        ]
        return {
            "text": written(lines),
            "control_sum": total(lines),
            "each": None,
            "method": self.cleaned_data["method"],
            "memo": self.cleaned_data["memo"],
            "is_table": True,
            "key": self.cleaned_data["idempotency_key"],
        }

    def renew_key(self) -> None:
        """Give a form that was sent a key of its own: the one it came with is used up."""
        self.show_again("idempotency_key", str(uuid4()))


def row_field(account: str) -> str:
    """The name of an account's box in a table."""
    return f"amount-{account}"


class DistributionConfirmForm(MassForm):
    """Pays what was checked. More than a hundred accounts take their number, typed; amounts that
    went to the same account a moment ago are meant only when it is said so.
    """

    again = forms.BooleanField(
        label=gettext_lazy("Yes, pay the same amounts again"),
        error_messages={
            "required": gettext_lazy("Tick that you mean to pay the same again, if you do.")
        },
    )
    field_order = ("again", "typed")

    def __init__(self, *args: Any, affected: int, repeats: bool, **kwargs: Any) -> None:
        super().__init__(*args, affected=affected, **kwargs)
        # The memo says why, to both sides.
        del self.fields["reason"]
        if not repeats:
            del self.fields["again"]
        if "typed" in self.fields:
            self.fields["typed"].help_text = _(
                "This pays %(count)s accounts. Type %(count)s to confirm."
            ) % {"count": number_format(affected, force_grouping=True)}
