"""What is filled in to mend a record that waits, and to rate calls anew."""

import re
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.core.models import Account
from accounts.core.reach import find_in_scope
from accounts.kit.errors import NotInScope
from accounts.kit.object_keys import object_number
from accounts.portal.forms.base import PortalForm, ReasonForm
from accounts.portal.forms.days import MomentField
from accounts.portal.forms.picker import picker_attrs
from billing.calls.models import CallRecord
from billing.calls.records import COLUMNS
from billing.charging.queries.legs import Wanted
from billing.charging.services.queue import EDITABLE
from billing.charging.services.reratings import MOST_DAYS
from billing.charging.words import COLUMN_WORDS
from billing.wallets.models import RateGroup
from billing.wallets.queries import groups_kept

_MOST_ACCOUNTS, _MOST_PREFIXES = 20, 100
_PREFIX = re.compile(r"[0-9]{1,15}")
_APART = re.compile(r"[\s,;]+")


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


class ReratingForm(ReasonForm):
    """Which calls are rated anew: of a time, and of accounts, to prefixes, or charged at a group.
    The period is read by the clocks of whoever fills it in.
    """

    field_order = ("since", "until", "accounts", "reach", "prefixes", "group", "reason")
    accounts = forms.CharField(
        label=_("Accounts"),
        required=False,
        max_length=700,
        help_text=format_lazy(
            _("Up to {most}, apart by commas. None: all accounts."), most=_MOST_ACCOUNTS
        ),
        widget=forms.TextInput(attrs={**picker_attrs(), "data-many": _MOST_ACCOUNTS}),
    )
    reach = forms.ChoiceField(
        label=_("Calls of"),
        choices=[("below", _("these accounts and all below them")), ("alone", _("these alone"))],
        widget=forms.RadioSelect,
        initial="below",
    )
    prefixes = forms.CharField(
        label=_("Prefixes of the number called"),
        required=False,
        max_length=2000,
        help_text=_("For example 8801, 4420. None: all numbers."),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "spellcheck": "false", "inputmode": "numeric"}
        ),
    )
    group = forms.ChoiceField(
        label=_("Charged at the rate group"),
        required=False,
        help_text=_("Every level of such a call is looked at."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zone: Any = timezone.get_current_timezone()
        hint = gettext("The call was answered then, by the clocks of %(zone)s.") % {"zone": zone}
        most = gettext("Without this moment. At most %(days)s days.") % {"days": MOST_DAYS}
        self.fields["since"] = MomentField(label=_("From"), zone=zone, help_text=hint)
        self.fields["until"] = MomentField(label=_("Until"), zone=zone, help_text=most)
        self.order_fields(self.field_order)
        groups = groups_kept(self.actor).select_related("owner").order_by("name", "pk")
        self.groups: dict[int, RateGroup] = {one.pk: one for one in groups}
        field: Any = self.fields["group"]
        field.choices = [("", _("Any")), *((one.key, _named(one)) for one in groups)]

    def clean_accounts(self) -> tuple[int, ...]:
        names = [one for one in _APART.split(self.cleaned_data["accounts"]) if one]
        if len(names) > _MOST_ACCOUNTS:
            words = gettext("At most %(most)s accounts.") % {"most": _MOST_ACCOUNTS}
            raise forms.ValidationError(words, code="too_many_accounts")
        return tuple(dict.fromkeys(self._account(one) for one in names))

    def clean_prefixes(self) -> tuple[str, ...]:
        found = [one for one in _APART.split(self.cleaned_data["prefixes"]) if one]
        wrong = next((one for one in found if not _PREFIX.fullmatch(one)), None)
        if wrong is not None:
            words = gettext("%(text)s is no prefix: enter 1 to 15 digits.") % {"text": wrong[:20]}
            raise forms.ValidationError(words, code="prefix")
        if len(found) > _MOST_PREFIXES:
            words = gettext("At most %(most)s prefixes.") % {"most": _MOST_PREFIXES}
            raise forms.ValidationError(words, code="too_many_prefixes")
        return tuple(sorted(set(found)))

    def values(self) -> dict[str, Any]:
        """Of a valid form, as the service takes them."""
        clean = self.cleaned_data
        number = object_number(RateGroup.key_kind, clean["group"]) if clean["group"] else None
        group = self.groups[number] if number is not None else None
        wanted = Wanted(
            clean["since"],
            clean["until"],
            clean["accounts"],
            clean["prefixes"],
            is_alone=clean["reach"] == "alone",
            group=group.pk if group else None,
        )
        zone = timezone.get_current_timezone_name()
        return {"wanted": wanted, "zone": zone, "group": group, "reason": clean["reason"]}

    def _account(self, name: str) -> int:
        try:
            return find_in_scope(self.actor, name, field="accounts").pk
        except NotInScope as error:
            words = gettext("There is no account %(name)s.") % {"name": name[:32]}
            raise forms.ValidationError(words, code="not_in_scope") from error


class ReratingPostForm(PortalForm):
    """Confirms what a preview has shown."""

    seen = forms.CharField(max_length=64, widget=forms.HiddenInput)


def _named(group: RateGroup) -> str:
    return f"{group.name} ({group.owner.account_id})" if group.owner else group.name
