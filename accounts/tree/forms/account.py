"""Forms to create and to edit an account. They ask for the right shape; the services decide."""

import re
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.authorizations.advice import RECOMMENDED, Caution, Recommended, all_cautions
from accounts.authorizations.forms.fields import add_grant_fields, grant_boxes, grant_field
from accounts.core.actor import Actor
from accounts.core.authorizations import Authorization
from accounts.core.codecs import CODECS
from accounts.core.models import Account
from accounts.kit.markup import format_html
from accounts.kit.moments import last_day
from accounts.kit.proof import Gain
from accounts.portal.forms.base import PortalForm
from accounts.portal.forms.mail import MailField
from accounts.portal.forms.picker import check_top_level, picker_attrs, top_level_field
from accounts.portal.forms.sections import Sections
from accounts.portal.forms.zones import ZoneField, time_zone_choices
from accounts.tree.forms.last_day import WithLastDay, last_day_field
from accounts.tree.rules.account_types import types_for, types_words

DETAIL = (
    "company", "contact_person", "email", "phone", "address", "is_published", "memo", "codecs",
)  # fmt: skip
_PATTERN = "[Region]-[Type]-[Name]"
_NOT_IN_AN_ID = re.compile(r"[^A-Za-z0-9]+")


def _choice(title: Any, hint: Any) -> Any:
    return format_html("<b>{}</b><span class='hint'>{}</span>", title, hint)


def _text(label: Any, length: int, *, lines: int = 0, **attrs: str) -> forms.CharField:
    widget: Any = forms.Textarea if lines else forms.TextInput
    size = {"rows": str(lines)} if lines else {}
    return forms.CharField(
        label=label,
        max_length=length,
        required=False,
        widget=widget(attrs={"autocomplete": "off", **size, **attrs}),
    )


class AccountFields(PortalForm, WithLastDay):
    """What can be entered at creation and changed later."""

    # Made by the forms that inherit this.
    sections: Sections

    name = forms.CharField(
        label=_("Name"),
        max_length=100,
        error_messages={"required": _("Enter the account name.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    type = forms.ChoiceField(
        label=_("Type"),
        initial=Account.Type.GENERAL,
    )
    ctd_billing_model = forms.ChoiceField(
        label=_("CTD billing model"),
        widget=forms.RadioSelect,
        initial=Account.BillingModel.STANDARD,
        error_messages={"required": _("Choose the CTD billing model.")},
        help_text=_("CTD: call type definition. Callback is Flow."),
    )
    valid_until = last_day_field()
    time_zone = ZoneField()
    company = _text(_("Company"), 100)
    contact_person = _text(_("Contact person"), 100)
    email = MailField(
        label=_("E-mail"),
        max_length=254,
        required=False,
        error_messages={"invalid": _("Enter an e-mail address such as name@example.com.")},
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    phone = _text(_("Telephone"), 32, inputmode="tel")
    address = _text(_("Address"), 500, lines=3)
    is_published = forms.BooleanField(
        label=_("Publish it as a letterhead"),
        required=False,
        help_text=_(
            "Company, address, telephone and e-mail stand at the head of statements and receipts"
            " of the accounts below. Without it they carry the letterhead of the next level above."
        ),
    )
    memo = _text(_("Memo"), 1000, lines=3)
    codecs = forms.MultipleChoiceField(
        label=_("Default codecs"),
        required=False,
        choices=[(one, one) for one in CODECS],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("New phones and gateways of the account start with these."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._offer_types(None)
        self.fields["memo"].help_text = _(
            "For you and whoever stands above; the account never sees it."
        )
        self.fields["ctd_billing_model"].choices = [  # type: ignore[attr-defined]
            (
                Account.BillingModel.STANDARD,
                _choice(
                    _("Standard"),
                    _("One record per call. Choose this unless the customer runs callback."),
                ),
            ),
            (
                Account.BillingModel.FLOW,
                _choice(
                    _("Flow"),
                    _("Only for callback business: two legs, two records, both charged."),
                ),
            ),
        ]

    def clean(self) -> dict[str, Any]:
        clean: dict[str, Any] = super().clean() or self.cleaned_data
        self.check_last_day(clean)
        return clean

    def unfolded(self) -> set[str]:
        """The sections that stand open: something in them is wrong, or not as it comes."""
        return {
            name
            for name, fields in self._folded().items()
            if any(one in self.errors or not self._is_plain(one) for one in fields)
        }

    def _folded(self) -> dict[str, list[str]]:
        """The fields of each section that is folded, as far as the form has them."""
        folded = {
            "validity": ["valid_until", "time_zone"],
            "contact": [one for one in DETAIL if one != "codecs"],
            "codecs": ["codecs"],
            **{one["name"]: [box.name for box in one["fields"]] for one in self.sections.shown()},
        }
        return {name: [one for one in of if one in self.fields] for name, of in folded.items()}

    def _is_plain(self, name: str) -> bool:
        """Whether a field says what it says of an account that nobody changed."""
        box = self[name]
        value, choices = box.value(), list(getattr(box.field, "choices", ()))
        if not value or (name == "time_zone" and value == self.zone_default):
            return True
        is_one = choices and not isinstance(value, list | tuple)
        return bool(is_one) and str(value) == str(choices[0][0])

    def detail(self) -> dict[str, Any]:
        """Contact, memo and codecs, as the services take them."""
        return {name: self.cleaned_data[name] for name in DETAIL}

    def _offer_types(self, account: Account | None) -> None:
        field: Any = self.fields["type"]
        field.choices = types_for(self.actor, account)
        field.help_text = types_words(self.actor, account)

    def _offer_zones(self, empty: Any, stored: str = "") -> None:
        first, *zones = time_zone_choices(empty)
        offered = [("UTC", "UTC"), *zones]
        if stored and stored not in dict(offered):
            offered.insert(0, (stored, stored))
        field: Any = self.fields["time_zone"]
        field.choices = offered if stored else [first, *offered]


class AccountNewForm(AccountFields):
    """A new account, and its first login where wanted. `agent` is the account one stands on."""

    account_id = forms.CharField(
        label=_("Account ID"),
        max_length=32,
        required=False,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}
        ),
    )
    parent = forms.CharField(label=_("Agent ID"), max_length=32, required=False)
    top = top_level_field()
    login_username = _text(_("User name"), 32, spellcheck="false", autocapitalize="none")
    login_full_name = _text(_("Full name"), 120)
    login_email = MailField(
        label=_("E-mail of the login"),
        required=False,
        help_text=_("Gets the invitation. Without it you see a one-time code to pass on."),
        error_messages={"invalid": _("Enter an e-mail address such as name@example.com.")},
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )

    reason = _text(_("Reason"), 500)

    recommended: ClassVar[tuple[Recommended, ...]] = RECOMMENDED
    LOGIN: ClassVar = ("login_username", "login_full_name", "login_email")

    def __init__(
        self,
        *args: Any,
        actor: Actor,
        agent: Account | None,
        is_request: bool = False,
        **kwargs: Any,
    ) -> None:
        """`is_request`: nothing is made before an approval, which most fields of packages await."""
        kwargs["initial"] = {"parent": agent.account_id if agent else ""}
        super().__init__(*args, actor=actor, **kwargs)
        self.agent = agent
        self.sections = Sections(self, actor, None, agent)
        if is_request:
            waiting = self.sections.after_approval()
            self.withhold(*waiting, why=_("It is set after the approval."))
        self.may_grant = add_grant_fields(self, actor, agent)
        # Only what is granted or asked for takes a reason.
        self.sometimes = () if self.may_grant or is_request else ("reason",)
        self.fields["reason"].help_text = _(
            "Required with a high risk, and for all eight. It is kept with what is granted."
        )
        self.zone_default = agent.time_zone if agent else "UTC"
        self._offer_zones(_("As its agent") if agent else "UTC")
        self.fields["valid_until"].help_text = _(
            "Until the end of this day in the account's time zone, %(zone)s unless you choose "
            "another one below. Afterwards it counts as locked."
        ) % {"zone": self.zone_default}
        attrs = self.fields["parent"].widget.attrs
        if actor.is_administrator:
            self.fields["parent"].help_text = _("The account it belongs to. Type an ID or a name.")
            attrs |= picker_attrs("parent", is_clearable=True)
        else:
            self.fields["parent"].help_text = _("The account it belongs to.")
            attrs |= {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}
            attrs["readonly"] = "readonly"
            self.shut("parent", _("You add accounts where you stand. Move it afterwards."))
            self.withhold("top", why=_("You add accounts where you stand."))
        self.fields["account_id"].help_text = format_html(
            "{} <span class='mono'>{}</span>, {} <span class='mono'>BD-Wholesale-AcmeTel</span>",
            _("Cannot change later. Pattern:"),
            _PATTERN,
            _("for example"),
        )
        self.fields["account_id"].widget.attrs["data-id-prefix"] = prefix_below(self.agent)

    def clean(self) -> dict[str, Any]:
        # An agent creates where it stands, and the form came with that.
        self.agent = self.account_named("parent") if self.actor.is_administrator else self.agent
        self.zone_default = self.agent.time_zone if self.agent else "UTC"
        clean = super().clean()
        if self.actor.is_administrator:
            check_top_level(self, "parent", self.agent)
        if not clean.get("account_id") and "account_id" not in self.errors:
            self._suggest(clean.get("name", ""))
        wants_login = any(clean.get(name) for name in self.LOGIN)
        if wants_login and not clean.get("login_username"):
            self.add_error("login_username", _("Enter a user name for the first login."))
        return clean

    def _is_plain(self, name: str) -> bool:
        box = self[name]
        if not self.is_bound or not box.field.has_changed(box.initial, box.data):
            return True
        # An amount is shown shorter than it is kept.
        as_it_came = box.field.prepare_value(box.initial)
        return super()._is_plain(name) or str(box.value()) == str(as_it_came)

    def _folded(self) -> dict[str, list[str]]:
        granted = [one.name for one in self.grants()] if self.may_grant else []
        return {
            **super()._folded(),
            "login": list(self.LOGIN),
            "authorizations": [*granted, "reason"],
        }

    def gain(self) -> Gain | None:
        """What takes a fresh proof before the account of the valid form is made."""
        if self.cleaned_data["login_username"]:
            return Gain.LOGIN
        return self.sections.gain()

    def grants(self) -> list[forms.BoundField]:
        """The boxes of what the new account may be granted."""
        return grant_boxes(self)

    def cautions(self) -> list[tuple[Caution, bool]]:
        """The warnings about the boxes as they are ticked."""
        return all_cautions(
            frozenset(code for code in Authorization if self[grant_field(code)].value())
            if self.may_grant
            else frozenset()
        )

    def _suggest(self, name: str) -> None:
        suggestion = suggested_id(self.agent, name)
        if not suggestion:
            self.add_error("account_id", _("Enter an Account ID."))
            return
        # A copy: what came with the request is not ours to change.
        data: Any = self.data.copy()  # type: ignore[attr-defined]
        data["account_id"] = suggestion
        self.data = data
        self.add_error(
            "account_id", _("This Account ID is suggested; it cannot change later. Check it.")
        )


def suggested_id(agent: Account | None, name: str) -> str:
    """An Account ID after the pattern, from the agent's region and type and the name."""
    words = _NOT_IN_AN_ID.sub("", name.title() if name.islower() else name)
    return (prefix_below(agent) + words)[:32] if words else ""


def prefix_below(agent: Account | None) -> str:
    """How an Account ID begins below an agent whose own follows the pattern."""
    parts = agent.account_id.split("-") if agent else []
    return "-".join(parts[:2]) + "-" if len(parts) >= 3 else ""


class AccountEditForm(AccountFields):
    """The values of an account. `version` is the one the person saw."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, required=False)

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        kwargs["initial"] = initial_of(account)
        super().__init__(*args, **kwargs)
        self.account = account
        self.sections = Sections(self, self.actor, account, None)
        self._offer_types(account)
        self.zone_default = account.time_zone
        self._offer_zones("", stored=account.time_zone)
        self.fields["time_zone"].required = True
        self.fields["valid_until"].help_text = _(
            "Until the end of this day in the account's time zone, now %(zone)s. "
            "Afterwards it counts as locked."
        ) % {"zone": account.time_zone}

    def _is_plain(self, name: str) -> bool:
        if name != "time_zone":
            return super()._is_plain(name)
        parent = self.account.parent
        return self[name].value() == (parent.time_zone if parent else "UTC")

    def stored(self) -> dict[str, Any]:
        """The values as they are stored now, by field."""
        return {**initial_of(self.account), **self.sections.stored()}

    def fields_to_save(self) -> dict[str, Any]:
        """The account's own fields, as the service takes them."""
        clean = self.cleaned_data
        unchanged = not {"valid_until", "time_zone"} & set(self.changed_data)
        return {
            "name": clean["name"],
            "type": clean["type"],
            "ctd_billing_model": clean["ctd_billing_model"],
            "time_zone": clean["time_zone"],
            # An expiry set to the second elsewhere stays if nobody touches it here.
            "valid_until": self.account.valid_until if unchanged else self.expiry(),
        }

    def detail(self) -> dict[str, Any]:
        """As above; the order of the codecs that stay is the order of preference, kept."""
        values = super().detail()
        stored: list[str] = self.account.detail.codecs
        chosen = values["codecs"]
        kept = [one for one in stored if one in chosen]
        values["codecs"] = [*kept, *(one for one in chosen if one not in kept)]
        return values


def initial_of(account: Account) -> dict[str, Any]:
    """The stored values as the edit form shows them."""
    about = account.detail
    until = account.valid_until
    return {
        "version": account.version,
        "name": account.name,
        "type": account.type,
        "ctd_billing_model": account.ctd_billing_model,
        "time_zone": account.time_zone,
        "valid_until": last_day(until, account.zone) if until else None,
        **{name: getattr(about, name) for name in DETAIL},
    }
