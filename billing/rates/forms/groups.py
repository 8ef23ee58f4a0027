"""Forms of rate groups: what they are, their copies, their volume tiers."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.portal.forms.base import PortalForm
from accounts.portal.forms.zones import ZoneField, time_zone_choices
from billing.forms import SignedAmountField
from billing.money import plain
from billing.rates.drafts import MarkUp
from billing.rates.rules import MOST_TIERS


def _name(**more: Any) -> forms.CharField:
    return forms.CharField(
        label=_("Name"),
        max_length=64,
        error_messages={"required": _("Give the rate group a name.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        **more,
    )


def _memo() -> forms.CharField:
    return forms.CharField(
        label=_("Memo"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class GroupForm(PortalForm):
    """What a rate group is called, in whose time it counts, and who may sell at it."""

    name = _name()
    time_zone = ZoneField()
    is_shared = forms.BooleanField(
        label=_("Shared with agents below"),
        required=False,
        help_text=_("They see its name and prices, and may give it to their own sub-accounts."),
    )
    memo = _memo()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zone: Any = self.fields["time_zone"]
        zone.choices = time_zone_choices("UTC")
        zone.help_text = _("Hours of the day, and months of volume tiers, are those of this zone.")

    def values(self) -> dict[str, Any]:
        """Of a valid form, as the services take them."""
        clean = self.cleaned_data
        return {
            "name": clean["name"],
            "time_zone": clean["time_zone"] or "UTC",
            "is_shared": clean["is_shared"],
            "memo": clean["memo"],
        }


class GroupEditForm(GroupForm):
    """The same of a group that there is."""

    version = forms.IntegerField(min_value=1, widget=forms.HiddenInput)


class PercentField(SignedAmountField):
    """A percentage, with a sign or without; a percent sign may stand behind it."""

    def clean(self, value: Any) -> Decimal | None:
        text = value.strip().removesuffix("%").strip() if isinstance(value, str) else value
        return super().clean(text)


class MarkUpFields(PortalForm):
    """By how much prices change."""

    percent = PercentField(
        label=_("Percent"),
        required=False,
        max_length=20,
        help_text=_("20 is a fifth more, −10 a tenth less; connection fees change as well."),
    )
    amount = SignedAmountField(
        label=_("Amount per minute"), required=False, help_text=_("Added after the percentage.")
    )
    rounding = forms.ChoiceField(
        label=_("Rounding"),
        choices=[
            ("6", _("6 decimals, half up")),
            ("5", _("5 decimals, half up")),
            ("4", _("4 decimals, half up")),
            ("3", _("3 decimals, half up")),
            ("2", _("2 decimals, half up")),
            ("4up", _("4 decimals, always up")),
            ("3up", _("3 decimals, always up")),
            ("2up", _("2 decimals, always up")),
        ],
        initial="6",
    )

    def mark_up(self) -> MarkUp:
        """Of a valid form."""
        rounding = self.cleaned_data["rounding"]
        return MarkUp(
            self.cleaned_data["percent"] or Decimal(0),
            self.cleaned_data["amount"] or Decimal(0),
            int(rounding[0]),
            rounding.endswith("up"),
        )


class CopyForm(MarkUpFields):
    """A group of one's own out of another one."""

    name = _name()
    memo = _memo()
    field_order = ("name", "percent", "amount", "rounding", "memo")


class TiersForm(PortalForm):
    """Volume tiers, a line each: minutes a month, and the discount in percent."""

    tiers = forms.CharField(
        label=_("Volume tiers"),
        required=False,
        max_length=2000,
        help_text=_(
            "A line each: minutes a month, and the discount in percent: “10000 5” is 5 % from"
            " 10,000 minutes on. Empty: none."
        ),
        widget=forms.Textarea(attrs={"rows": 6, "class": "mono", "spellcheck": "false"}),
    )
    version = forms.IntegerField(min_value=1, widget=forms.HiddenInput)

    def clean_tiers(self) -> list[tuple[int, int]]:
        lines = [one for one in self.cleaned_data["tiers"].splitlines() if one.strip()]
        if len(lines) > MOST_TIERS:
            raise forms.ValidationError(_("There are too many tiers."), code="too_many")
        return [self._tier(at, line) for at, line in enumerate(lines, 1)]

    def _tier(self, at: int, line: str) -> tuple[int, int]:
        words = line.replace("%", " ").replace(";", " ").split()
        try:
            minutes, percent = words
            hundredths = Decimal(percent.replace(",", ".")) * 100
            if not minutes.isascii() or hundredths != int(hundredths):
                raise ValueError
            return int(minutes), int(hundredths)
        except (ValueError, ArithmeticError) as error:
            raise forms.ValidationError(
                _("Line %(at)s is no tier: write minutes and a percentage, such as “10000 5”."),
                params={"at": at},
                code="tier",
            ) from error


def tier_lines(tiers: Any) -> str:
    """Tiers as their form takes them."""
    return "\n".join(f"{one.minutes} {plain(one.percent)}" for one in tiers)
