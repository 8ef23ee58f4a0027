"""What is filled in to mend a record that waits."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.core.models import Account
from accounts.portal.forms.base import ReasonForm
from accounts.portal.forms.picker import picker_attrs
from billing.calls.models import CallRecord
from billing.calls.records import COLUMNS
from billing.charging.services.queue import EDITABLE
from billing.charging.words import COLUMN_WORDS


class RecordForm(ReasonForm):
    """A deed on one record, as it was when the form was opened."""

    version = forms.IntegerField(min_value=1, widget=forms.HiddenInput)

    def __init__(self, *args: Any, record: CallRecord, **kwargs: Any) -> None:
        kwargs["initial"] = {"version": record.version, **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)


class AssignForm(RecordForm):
    """Whose call it was."""

    field_order = ("account", "reason")
    account = forms.CharField(
        label=_("Account"),
        max_length=32,
        help_text=_("It and every level above it are charged, as they stood at that moment."),
        error_messages={"required": _("Name the account.")},
        widget=forms.TextInput(attrs=picker_attrs()),
    )

    def clean(self) -> dict[str, Any]:
        clean = super().clean() or self.cleaned_data
        self.found: Account | None = self.account_named("account", _("There is no such account."))
        return clean


class CorrectForm(RecordForm):
    """The columns of a record; of a carrier's cost the routing gateway alone."""

    def __init__(self, *args: Any, record: CallRecord, **kwargs: Any) -> None:
        is_cost = record.part == CallRecord.Part.COST
        names = ["routing_gateway"] if is_cost else list(EDITABLE)
        counts = record.columns
        super().__init__(*args, record=record, initial={n: counts.get(n, "") for n in names},
                         **kwargs)  # fmt: skip
        for name in names:
            self.fields[name] = forms.CharField(
                label=COLUMN_WORDS[name],
                max_length=COLUMNS[name],
                required=False,
                widget=forms.TextInput(
                    attrs={"autocomplete": "off", "spellcheck": "false", "class": "mono"}
                ),
            )
        self.order_fields((*names, "reason"))
        self.names = names

    def columns(self) -> dict[str, str]:
        """Of a valid form."""
        return {name: self.cleaned_data[name] for name in self.names}
