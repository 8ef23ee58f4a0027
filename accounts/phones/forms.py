"""Forms about phones. They ask for the right shape; `services.phones` and its neighbours decide."""

from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.core.actor import Actor
from accounts.core.codecs import CODECS, split_codecs
from accounts.core.models import Account
from accounts.kit.sheets_in import MOST_BYTES, BadSheet, from_text, read_sheet
from accounts.numbers.pasted import MOST_CHARACTERS
from accounts.phones.models import Phone, PhoneLock
from accounts.phones.rules.sheet import MOST_CHARACTERS as MOST_TEXT
from accounts.phones.rules.sheet import MOST_ROWS
from accounts.phones.rules.values import MOST_CALLS
from accounts.portal.forms.base import PortalForm, ReasonForm, add_domain_error
from accounts.portal.forms.counts import CountField
from accounts.portal.forms.picker import picker_attrs

_NUMBER = {"autocomplete": "off", "spellcheck": "false", "inputmode": "tel"}


class CodecsField(forms.CharField):
    """Names of codecs in order of preference, with commas between them, in any system's words."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", gettext_lazy("Codecs"))
        kwargs.setdefault(
            "help_text",
            format_lazy(
                gettext_lazy("In order of preference, with commas: {codecs}"),
                codecs=", ".join(CODECS),
            ),
        )
        super().__init__(required=False, max_length=200, **kwargs)
        self.widget.attrs |= {"autocomplete": "off", "spellcheck": "false"}

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        if isinstance(value, list):
            return value
        # An unknown name stays as it is typed; the service says which it is.
        return split_codecs(super().to_python(value) or "")

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.to_python(initial or []) != self.to_python(data))


class NumbersField(forms.CharField):
    """Several numbers and ranges, a line each or with commas between them, as lines."""

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value) or ""
        return [one.strip() for one in text.splitlines() if one.strip()]

    def validate(self, value: Any) -> None:
        """Any list will do."""


class PhoneFields(PortalForm):
    """What can be entered with a new phone and changed later."""

    display_number = forms.CharField(
        label=gettext_lazy("Display number"),
        max_length=40,
        required=False,
        help_text=gettext_lazy("What the called party sees; empty: the phone's own number."),
        widget=forms.TextInput(attrs=_NUMBER),
    )
    dids = NumbersField(
        label=gettext_lazy("DIDs"),
        required=False,
        max_length=2000,
        help_text=gettext_lazy("Further numbers that ring this phone, one a line."),
        widget=forms.Textarea(attrs={**_NUMBER, "rows": 3, "class": "mono"}),
    )
    max_calls = CountField(
        label=gettext_lazy("Concurrent calls"),
        min_value=1,
        max_value=MOST_CALLS,
        initial=1,
        error_messages={"required": gettext_lazy("Enter how many calls at a time.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )
    codecs = CodecsField()
    memo = forms.CharField(
        label=gettext_lazy("Memo"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def values(self) -> dict[str, Any]:
        """The valid values but the DIDs, as the services take them."""
        names = ("display_number", "max_calls", "codecs", "memo", "lock")
        return {name: self.cleaned_data[name] for name in names if name in self.fields}


class PhoneNewForm(PhoneFields):
    """One phone, a range or a list of them, with the same settings. Without an `account` given it
    asks for one.
    """

    account = forms.CharField(
        label=gettext_lazy("Account ID"),
        max_length=64,
        help_text=gettext_lazy("Whose phones they are. Type an ID or a name."),
        error_messages={"required": gettext_lazy("Enter the Account ID.")},
    )
    numbers = forms.CharField(
        label=gettext_lazy("Numbers"),
        max_length=MOST_CHARACTERS,
        help_text=gettext_lazy(
            "One number a line, with the country code. A range is first – last, such as"
            " 8801711000000 – 8801711000009."
        ),
        error_messages={
            "required": gettext_lazy("Enter at least one number."),
            "max_length": gettext_lazy("This list is too long."),
        },
        widget=forms.Textarea(attrs={**_NUMBER, "rows": 4, "class": "mono", "data-focus": True}),
    )
    lock = forms.ChoiceField(
        label=gettext_lazy("Lock"), choices=PhoneLock.choices, initial=PhoneLock.NONE
    )
    field_order = (
        "account", "numbers", "max_calls", "codecs", "lock", "display_number", "dids", "memo",
    )  # fmt: skip

    # Everything but what has to be entered.
    SETTINGS = ("max_calls", "codecs", "lock", "display_number", "dids", "memo")

    def __init__(self, *args: Any, actor: Actor, account: Account | None, **kwargs: Any) -> None:
        super().__init__(*args, actor=actor, **kwargs)
        self.target = account
        self.fields["dids"].help_text = _(
            "Further numbers that ring this phone, one a line. For a single phone only."
        )
        # What is not sent is as it stands in the form at first.
        self.fields["max_calls"].required = self.fields["lock"].required = False
        if account is not None:
            self.initial["account"] = account.account_id
            self.withhold("account", why=_("These phones are of the account you stand on."))
            self.fields["codecs"].initial = account.detail.codecs
        else:
            self.fields["account"].widget.attrs |= picker_attrs()
            self.fields["codecs"].help_text = _(
                "In order of preference, with commas. Empty: those of the account."
            )

    def clean_max_calls(self) -> int:
        return self.cleaned_data["max_calls"] or 1

    def clean_lock(self) -> str:
        return self.cleaned_data["lock"] or PhoneLock.NONE

    def clean(self) -> dict[str, Any]:
        clean = super().clean() or self.cleaned_data
        if "account" in self.fields:
            self.target = self.account_named("account", _("There is no such account."))
        return clean

    def values(self) -> dict[str, Any]:
        values = super().values()
        if "account" in self.fields and not values["codecs"]:
            del values["codecs"]
        return values

    @property
    def settings(self) -> list[forms.BoundField]:
        return [self[name] for name in self.SETTINGS]

    @property
    def has_wrong_settings(self) -> bool:
        return any(name in self.errors for name in self.SETTINGS)


class PhoneEditForm(PhoneFields):
    """The values of a phone. `version` is the one the person saw."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, required=False)
    field_order = ("max_calls", "codecs", "display_number", "dids", "memo")

    def __init__(self, *args: Any, phone: Phone, **kwargs: Any) -> None:
        kwargs["initial"] = {
            "version": phone.version,
            "display_number": phone.display_number,
            "dids": phone.dids,
            "max_calls": phone.max_calls,
            "codecs": phone.codecs,
            "memo": phone.memo,
        }
        super().__init__(*args, **kwargs)
        self.phone = phone


class PhoneLockForm(ReasonForm):
    """Which calls a phone may not have any more."""

    lock = forms.ChoiceField(
        label=gettext_lazy("Lock"), choices=PhoneLock.choices, widget=forms.RadioSelect
    )
    field_order = ("lock", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = False


class PhoneTargetForm(PortalForm):
    """The account that gets phones."""

    account = forms.CharField(
        label=gettext_lazy("New Account ID"),
        max_length=64,
        help_text=gettext_lazy("The account the phones will belong to. Type an ID or a name."),
        error_messages={"required": gettext_lazy("Enter the Account ID.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.target: Account | None = None
        self.fields["account"].widget.attrs |= picker_attrs()

    def clean(self) -> dict[str, Any]:
        clean = super().clean() or self.cleaned_data
        self.target = self.account_named("account", _("There is no such account."))
        return clean


class OptionalReasonForm(ReasonForm):
    """A reason where one is at hand."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = False


class PhoneImportForm(PortalForm):
    """A sheet of phones: `rows` are those of the file, or of the text of one that was checked."""

    # It takes the file's place on the page that shows what would happen.
    sometimes = ("text",)

    file = forms.FileField(
        label=gettext_lazy("File"),
        required=False,
        allow_empty_file=True,
        help_text=gettext_lazy("CSV in UTF-8 or XLSX, headings in the first row."),
        widget=forms.FileInput(attrs={"accept": ".csv,.xlsx,.txt,text/csv"}),
    )
    account = forms.CharField(
        label=gettext_lazy("Account ID"),
        max_length=64,
        required=False,
        help_text=gettext_lazy("For new phones of rows that name no account."),
    )
    text = forms.CharField(
        required=False, strip=False, max_length=MOST_TEXT, widget=forms.HiddenInput
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.target: Account | None = None
        self.rows: list[list[str]] = []
        self.fields["account"].widget.attrs |= picker_attrs()

    def clean(self) -> dict[str, Any]:
        clean = super().clean() or self.cleaned_data
        self.target = self.account_named("account", _("There is no such account."))
        file, text = clean.get("file"), clean.get("text") or ""
        if "file" in self.errors or "text" in self.errors:
            return clean
        if file is None and not text:
            self.add_error("file", _("Choose a file."))
            return clean
        try:
            if file is not None:
                self.rows = read_sheet(file.read(MOST_BYTES + 1), MOST_ROWS)
            else:
                self.rows = from_text(text, MOST_ROWS)
        except BadSheet as error:
            add_domain_error(self, error)
        return clean
