"""Forms of gateways: which there are, information, capacity. They ask for the shape; the services
decide. A form holds the fields of held authorizations only: others that come are refused.
"""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_variables

from accounts.core.actor import Actor
from accounts.core.codecs import CODECS, split_codecs
from accounts.core.models import Account
from accounts.gateways.addresses import split_addresses
from accounts.gateways.models import Gateway
from accounts.gateways.rules import ROUTING
from accounts.gateways.signalling import split
from accounts.gateways.windows import DAY_LABELS, MOST_WINDOWS, Window, clock, minute
from accounts.kit import encryption
from accounts.kit.errors import Refused
from accounts.portal.forms.base import PortalForm, ReasonForm, add_domain_error
from accounts.portal.forms.counts import CountField
from accounts.portal.forms.picker import picker_attrs

_PLAIN = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}
_SPARE_WINDOWS = 2
_WHOLE = {"invalid": gettext_lazy("Enter a whole number.")}


def _lines(label: Any, hint: Any, rows: int = 3) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=False,
        max_length=4000,
        help_text=hint,
        widget=forms.Textarea(attrs={"rows": str(rows), "class": "mono", **_PLAIN}),
    )


def _text(label: Any, length: int, hint: Any = "", **attrs: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=False,
        max_length=length,
        help_text=hint,
        widget=forms.TextInput(attrs={**_PLAIN, **attrs}),
    )


class InformationForm(PortalForm):
    """Everything but the capacity: authorization 5. `version` is the one the person saw, `kept` a
    password of the form before, encrypted: it never stands in a page.
    """

    protocol = forms.ChoiceField(label=gettext_lazy("Protocol"), choices=Gateway.Protocol.choices)
    port = CountField(
        label=gettext_lazy("Signalling port"),
        error_messages={**_WHOLE, "required": gettext_lazy("Enter the signalling port.")},
        widget=forms.TextInput(attrs={"inputmode": "numeric", **_PLAIN}),
    )
    addresses = _lines(
        gettext_lazy("IP addresses and networks"),
        gettext_lazy("One a line: 203.0.113.22, or a network such as 203.0.113.16/28."),
    )
    registration = forms.ChoiceField(
        label=gettext_lazy("Registration"),
        choices=[
            (Gateway.Registration.STATIC, gettext_lazy("Static: known by its address")),
            (Gateway.Registration.DYNAMIC, gettext_lazy("Dynamic: registers with a password")),
        ],
    )
    user_name = _text(gettext_lazy("User name"), 64)
    password = forms.CharField(
        label=gettext_lazy("Password"),
        max_length=1000,
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    codecs = _text(
        gettext_lazy("Codecs"), 200, gettext_lazy("In order of preference, separated by commas.")
    )
    prefixes = _text(
        gettext_lazy("Dial prefixes"),
        1000,
        gettext_lazy("Only numbers that begin with one of these; empty means any number."),
    )
    caller_rewrites = _lines(
        gettext_lazy("Rewriting of callers"),
        gettext_lazy("One rule a line: 00>880 puts 880 in the place of a leading 00."),
        2,
    )
    callee_rewrites = _lines(
        gettext_lazy("Rewriting of callees"), gettext_lazy("The same for the number dialled."), 2
    )
    note = _text(gettext_lazy("Note"), 500)
    is_locked = forms.BooleanField(
        label=gettext_lazy("Locked"),
        required=False,
        help_text=gettext_lazy("A locked gateway takes and makes no calls."),
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    kept = forms.CharField(widget=forms.HiddenInput, required=False, max_length=2000)

    INFORMATION = (
        "protocol", "port", "addresses", "registration", "user_name", "password", "codecs",
        "prefixes", "caller_rewrites", "callee_rewrites", "note", "is_locked",
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "codecs" in self.fields:
            self.fields["codecs"].help_text = _(
                "In order of preference, separated by commas: %(codecs)s."
            ) % {"codecs": ", ".join(CODECS)}

    @sensitive_variables()
    def clean(self) -> dict[str, Any]:
        clean = super().clean() or self.cleaned_data
        if clean.get("kept") and not clean.get("password"):
            clean["password"] = self._password_kept(clean["kept"])
            if not clean["password"]:
                self.add_error("password", _("Enter the password again."))
        return clean

    @sensitive_variables()
    def _password_kept(self, kept: str) -> str:
        """The password that this login has typed before; "" for anything else."""
        try:
            text = encryption.decrypted(kept)
        except encryption.Unreadable:
            return ""
        return text.removeprefix(self._mine()) if text.startswith(self._mine()) else ""

    def _mine(self) -> str:
        return f"gateway:{self.actor.user.pk if self.actor.user else 0}:"

    @sensitive_variables()
    def information(self) -> dict[str, Any]:
        """The values as the services take them."""
        clean = self.cleaned_data
        return {
            **{name: clean[name] for name in self.INFORMATION},
            "addresses": split_addresses(clean["addresses"]),
            "codecs": split_codecs(clean["codecs"]),
            "prefixes": split(clean["prefixes"]),
            "caller_rewrites": clean["caller_rewrites"].splitlines(),
            "callee_rewrites": clean["callee_rewrites"].splitlines(),
        }

    @sensitive_variables()
    def to_be_kept(self) -> str:
        """The password of this form as the next one may carry it."""
        password: str = self.cleaned_data["password"]
        return encryption.encrypted(self._mine() + password) if password else ""


def information_initial(gateway: Gateway, state: Mapping[str, Any]) -> dict[str, Any]:
    """The values of `state` as the form shows them."""
    shown = dict(state)
    for name, between in (
        ("addresses", "\n"), ("codecs", ", "), ("prefixes", ", "), ("caller_rewrites", "\n"),
        ("callee_rewrites", "\n"),
    ):  # fmt: skip
        if name in shown:
            shown[name] = between.join(shown[name])
    return {**shown, "version": gateway.version}


class CapacityForm(PortalForm):
    """How many calls at a time, and when another figure counts: authorization 6."""

    capacity = CountField(
        label=gettext_lazy("Calls at a time"),
        error_messages={**_WHOLE, "required": gettext_lazy("Enter how many calls at a time.")},
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    capacity_version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    # The windows that the page showed; none: the box of a list sends the figure alone.
    windows_shown = forms.IntegerField(
        widget=forms.HiddenInput, min_value=0, max_value=MOST_WINDOWS
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rows = 0
        if "capacity" in self.fields:
            self._add_windows()

    def _add_windows(self) -> None:
        stored: list[str] = (self.initial or {}).get("windows", [])
        self.rows = min(len(stored) + _SPARE_WINDOWS, MOST_WINDOWS)
        self.fields["windows_shown"].initial = self.rows
        sent = self.data.get("windows_shown", "")
        if sent.isascii() and sent.isdecimal() and len(sent) < 3:
            self.rows = min(int(sent), MOST_WINDOWS)
        for at in range(self.rows):
            number = {"number": at + 1}
            window = Window.read(stored[at]) if at < len(stored) else None
            self.fields[f"w{at}_days"] = forms.ChoiceField(
                label=_("Window %(number)s: days") % number,
                choices=list(DAY_LABELS.items()),
                required=False,
                initial=window.days if window else "daily",
                widget=forms.Select(attrs={"class": "form-select"}),
            )
            for name, label, value in (
                ("begins", _("Window %(number)s: from"), clock(window.begins) if window else ""),
                ("ends", _("Window %(number)s: until"), clock(window.ends) if window else ""),
                ("calls", _("Window %(number)s: calls"), window.calls if window else ""),
            ):
                self.fields[f"w{at}_{name}"] = _window_field(name, label % number, value)

    def window_rows(self) -> list[dict[str, Any]]:
        """The boxes of each window, for templates."""
        return [
            {name: self[f"w{at}_{name}"] for name in ("days", "begins", "ends", "calls")}
            for at in range(self.rows)
        ]

    def window_errors(self) -> list[str]:
        """Everything that is wrong with a window, each once."""
        found = [
            error for row in self.window_rows() for field in row.values() for error in field.errors
        ]
        return list(dict.fromkeys(found))

    def clean(self) -> dict[str, Any]:
        clean = super().clean() or self.cleaned_data
        windows = []
        for at in range(self.rows):
            parts = ("begins", "ends", "calls")
            if any(f"w{at}_{name}" in self.errors for name in parts):
                continue
            given = {name: clean.get(f"w{at}_{name}") for name in parts}
            if all(value in (None, "") for value in given.values()):
                continue
            try:
                windows.append(self._window(at, given))
            except Refused as error:
                self.add_error(f"w{at}_begins", str(error.message))
        clean["windows"] = windows
        return clean

    def _window(self, at: int, given: Mapping[str, Any]) -> Window:
        if given["calls"] is None:
            raise Refused(
                _("Enter how many calls in window %(number)s.") % {"number": at + 1},
                code="window",
                field="windows",
            )
        return Window(
            self.cleaned_data.get(f"w{at}_days") or "daily",
            minute(given["begins"]),
            minute(given["ends"]),
            given["calls"],
        )

    def windows(self) -> list[Window] | None:
        """The windows sent; None where the form was the box of a list."""
        return self.cleaned_data["windows"] if self.cleaned_data["windows_shown"] else None

    def refuse(self, error: Refused) -> None:
        """Show a refusal beside its field; of windows beside the first."""
        if error.field == "windows" and self.rows:
            self.add_error("w0_begins", str(error.message))
        else:
            add_domain_error(self, error)


def _window_field(name: str, label: str, value: Any) -> forms.Field:
    if name == "calls":
        return CountField(
            label=label,
            required=False,
            initial=value,
            error_messages=_WHOLE,
            widget=forms.TextInput(
                attrs={"inputmode": "numeric", "autocomplete": "off", "class": "form-control"}
            ),
        )
    return forms.CharField(
        label=label,
        required=False,
        initial=value,
        max_length=20,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "placeholder": "00:00", "class": "form-control"}
        ),
    )


def capacity_initial(gateway: Gateway, state: Mapping[str, Any]) -> dict[str, Any]:
    """The values of `state` as the form shows them."""
    return {
        "capacity": gateway.capacity,
        "windows": gateway.windows,
        **state,
        "capacity_version": gateway.capacity_version,
    }


def _count(label: Any, hint: Any) -> CountField:
    box = forms.TextInput(attrs={"inputmode": "numeric", **_PLAIN})
    return CountField(label=label, help_text=hint, error_messages=_WHOLE, widget=box)


class RoutingForm(ReasonForm):
    """How calls go out by a routing gateway. `routing_version` is the one the person saw."""

    host = _text(gettext_lazy("Host"), 300, gettext_lazy("Empty: the first of its addresses."))
    transport = forms.ChoiceField(
        label=gettext_lazy("Transport"), choices=Gateway.Transport.choices
    )
    priority = _count(gettext_lazy("Priority"), gettext_lazy("1 to 999, the lowest first."))
    weight = _count(gettext_lazy("Weight"), gettext_lazy("1 to 1000, among equals."))
    routing_version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    field_order = ("host", "transport", "priority", "weight", "reason")


def routing_initial(gateway: Gateway) -> dict[str, Any]:
    """What is stored, as the form shows it."""
    return {one: getattr(gateway, one) for one in (*ROUTING, "routing_version")}


class GatewayNewForm(InformationForm, CapacityForm):
    """A new gateway. The sections whose authorization is not held are not there."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=32,
        help_text=gettext_lazy("Unique on the whole platform; cannot change later."),
        error_messages={"required": gettext_lazy("Enter the name of the gateway.")},
        widget=forms.TextInput(attrs=_PLAIN),
    )
    account = forms.CharField(
        label=gettext_lazy("Account ID"),
        max_length=32,
        error_messages={"required": gettext_lazy("Enter the account it belongs to.")},
        widget=forms.TextInput(attrs=_PLAIN),
    )
    direction = forms.ChoiceField(
        label=gettext_lazy("Direction"),
        choices=[
            (Gateway.Direction.MAPPING, gettext_lazy("Mapping: calls of a customer come in")),
            (Gateway.Direction.ROUTING, gettext_lazy("Routing: calls go out to a carrier")),
        ],
    )

    def __init__(
        self,
        *args: Any,
        actor: Actor,
        account: Account | None,
        with_information: bool,
        with_capacity: bool,
        **kwargs: Any,
    ) -> None:
        codecs = ", ".join(account.detail.codecs) if account else ""
        routes = account is not None and account.type == Account.Type.CLEARING
        kwargs["initial"] = {
            "account": account.account_id if account else "",
            "direction": Gateway.Direction.ROUTING if routes else Gateway.Direction.MAPPING,
            "port": 5060,
            "codecs": codecs,
            "capacity": 0,
        }
        # Taken off before anything is added to them.
        self.with_information, self.with_capacity = with_information, with_capacity
        super().__init__(*args, actor=actor, **kwargs)
        self.fields["account"].widget.attrs |= picker_attrs()
        if not actor.is_administrator:
            self.initial["direction"] = Gateway.Direction.MAPPING
            self.withhold("direction", why=_("Gateways to carriers are administrators' business."))
        if not with_information:
            names = (*InformationForm.INFORMATION, "kept")
            self.withhold(*names, why=_("It takes authorization 5."))
        if not with_capacity:
            rows = [one for one in self.fields if one[0] == "w" and one[1:2].isdigit()]
            self.withhold("capacity", "windows_shown", *rows, why=_("It takes authorization 6."))
            self.rows = 0
        for name in ("version", "capacity_version"):
            del self.fields[name]


class CeilingForm(PortalForm):
    """The most calls at a time of one gateway of an account or below it; empty: no ceiling here."""

    calls = CountField(
        label=gettext_lazy("Ceiling"),
        required=False,
        error_messages=_WHOLE,
        help_text=gettext_lazy(
            "For each gateway of this account and of all below it. Empty: none."
        ),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    reason = _text(gettext_lazy("Reason"), 500)
