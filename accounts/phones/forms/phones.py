"""Forms about phones. They ask for the right shape; `services.phones` and its neighbours decide."""

from string import ascii_uppercase
from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.core.actor import Actor
from accounts.core.codecs import CODECS, split_codecs
from accounts.core.models import Account
from accounts.kit.headings import MOST_ABOVE
from accounts.kit.sheets_in import MOST_BYTES, BadSheet, from_text, read_book
from accounts.numbers.pasted import MOST_CHARACTERS
from accounts.phones.models import Phone, PhoneLock
from accounts.phones.rules.sheet import MOST_CHARACTERS as MOST_TEXT
from accounts.phones.rules.sheet import MOST_ROWS
from accounts.phones.rules.sheet_columns import COLUMNS, Layout, answered, layout_from, layout_of
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
        widget=forms.Textarea(attrs={**_NUMBER, "rows": 4, "class": "mono"}),
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
    """A sheet of phones: `rows` are those of the file, or of the text of one that was read before,
    without passwords; `layout` is what its columns hold, `reading` what is to be known of how it
    was read.
    """

    # They take the file's place on the pages that come after it.
    sometimes = ("text", "columns", "said")

    file = forms.FileField(
        label=gettext_lazy("File"),
        required=False,
        allow_empty_file=True,
        help_text=gettext_lazy("XLSX or CSV, with or without headings."),
        widget=forms.FileInput(attrs={"accept": ".csv,.xlsx,.txt,.tsv,text/csv"}),
    )
    account = forms.CharField(
        label=gettext_lazy("Account ID"),
        max_length=64,
        required=False,
        help_text=gettext_lazy("For new phones of rows that name no account."),
    )
    text = forms.CharField(
        required=False,
        strip=False,
        max_length=MOST_TEXT,
        widget=forms.HiddenInput,
        error_messages={"max_length": gettext_lazy("This sheet holds too much text; split it.")},
    )
    columns = forms.CharField(required=False, max_length=1000, widget=forms.HiddenInput)
    said = forms.CharField(required=False, max_length=2000, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.target: Account | None = None
        self.rows: list[list[str]] = []
        self.layout = Layout(0, {})
        self.reading = ""
        self.fields["account"].widget.attrs |= picker_attrs()

    def clean(self) -> dict[str, Any]:
        clean = super().clean() or self.cleaned_data
        self.target = self.account_named("account", _("There is no such account."))
        file, text = clean.get("file"), clean.get("text") or ""
        if {"file", "text", "columns"} & set(self.errors):
            return clean
        if file is None and not text:
            self.add_error("file", _("Choose a file."))
            return clean
        try:
            self._read(file, text, clean.get("columns") or "")
        except BadSheet as error:
            add_domain_error(self, error)
        return clean

    def _read(self, file: Any, text: str, columns: str) -> None:
        """Raises BadSheet."""
        above = MOST_ABOVE + 2
        if file is not None:
            sheet = read_book(file.read(MOST_BYTES + 1), MOST_ROWS, above)
            self.rows, self.reading = sheet.rows, sheet.said
        else:
            self.rows = from_text(text, MOST_ROWS, above)
            self.reading = self.cleaned_data.get("said") or ""
        self.layout = (
            answered(self.rows, *layout_from(columns)) if columns else layout_of(self.rows)
        )
        self.rows = self.layout.without_secrets(self.rows)


class PhoneColumnsForm(PortalForm):
    """Which column of a sheet holds what, and where its phones begin; `layout` is what is proposed
    and then what was chosen.
    """

    first = forms.TypedChoiceField(label=gettext_lazy("The phones begin in row"), coerce=int)

    def __init__(self, *args: Any, rows: list[list[str]], layout: Layout, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rows, self.layout = rows, layout
        begins = range(min(len(rows), MOST_ABOVE + 2))
        first = self.fields["first"]
        assert isinstance(first, forms.TypedChoiceField)
        first.choices = [(at, _begin_of(at + 1, rows[at])) for at in begins]
        first.initial = layout.first
        self.positions = range(max(map(len, rows)))
        for at in self.positions:
            self.fields[f"column_{at}"] = forms.ChoiceField(
                label=_("Column %(letter)s holds") % {"letter": letter_of(at)},
                choices=[("", _("– not read –")), *COLUMNS.items()],
                required=False,
                initial=layout.columns.get(at, ""),
            )

    def clean(self) -> dict[str, Any]:
        clean = super().clean() or self.cleaned_data
        chosen: dict[int, str] = {}
        for at in self.positions:
            name = clean.get(f"column_{at}")
            if name and name in chosen.values():
                self.add_error(
                    f"column_{at}",
                    _("Another column is “%(column)s” already.") % {"column": COLUMNS[name]},
                )
            elif name:
                chosen[at] = name
        if not self.errors and "number" not in chosen.values():
            self.add_error(None, _("Say which column holds the number of the phone."))
        if not self.errors:
            self.layout = answered(self.rows, clean["first"], chosen)
        return clean

    @property
    def choices(self) -> list[forms.BoundField]:
        """The boxes above the columns, from the left."""
        return [self[f"column_{at}"] for at in self.positions]


class PhonePasswordsForm(PortalForm):
    """Takes the passwords of imported phones down. Where none waits for it (`waiting`), new ones
    are meant only when it is said so: phones that are set up already stop working.
    """

    again = forms.BooleanField(
        label=gettext_lazy("Yes, replace the passwords that were shown before"),
        error_messages={"required": gettext_lazy("Tick that you mean to replace them, if you do.")},
    )

    def __init__(self, *args: Any, waiting: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.waiting = waiting
        if waiting:
            del self.fields["again"]


def letter_of(at: int) -> str:
    """What spreadsheets call the column at this position."""
    before, last = divmod(at, len(ascii_uppercase))
    return (letter_of(before - 1) if before else "") + ascii_uppercase[last]


def _begin_of(line: int, row: list[str]) -> str:
    shown = ", ".join(one for one in row if one)
    return f"{line}: {shown[:60]}" if shown else str(line)
