"""Forms of a distribution: handing the list in, and confirming what was checked."""

from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.portal.forms.base import PortalForm, add_domain_error
from accounts.portal.forms.mass import MassForm
from billing.distributions.lines import MOST_BYTES, handed_in
from billing.distributions.list_form import BadList
from billing.distributions.models import Distribution
from billing.forms import AmountField
from billing.ledger.models import Transaction


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


class DistributionConfirmForm(MassForm):
    """Pays what was checked. More than a hundred accounts take their number, typed; amounts that
    went to the same account a moment ago are meant only when it is said so.
    """

    again = forms.BooleanField(
        label=gettext_lazy("Yes, pay the same amounts again"),
        widget=forms.CheckboxInput(attrs={"data-focus": True}),
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
