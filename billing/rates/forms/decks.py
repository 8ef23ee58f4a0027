"""Forms of decks: handing one in, saying how it is to be read, entering it."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.portal.forms.base import PortalForm
from accounts.portal.forms.days import MomentField
from billing.rates.deck_cells import COMMA, DAY_FIRST, MONTH_FIRST, POINT, YEAR_FIRST
from billing.rates.deck_entries import Answers
from billing.rates.forms.fields import BlockField, PeriodField, period_hint
from billing.rates.models import RateImport
from billing.rates.pricing import MAX_BLOCK
from billing.wallets.models import RateGroup

FULL, CHANGES = "full", "changes"
OWN_DATES, ONE_MOMENT = "own", "one"
_DATES = [
    (OWN_DATES, gettext_lazy("At the dates of the file, where it has some")),
    (ONE_MOMENT, gettext_lazy("All at the moment below, whatever the file says")),
]


def _dates(**more: Any) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=gettext_lazy("When the rates begin"),
        choices=_DATES,
        initial=OWN_DATES,
        widget=forms.RadioSelect,
        **more,
    )


def _block() -> BlockField:
    return BlockField(
        label=gettext_lazy("Block, where the file names none"),
        initial="60/60",
        help_text=gettext_lazy("First block and increment in seconds."),
    )


def _check_block(form: forms.Form) -> None:
    pair = form.cleaned_data.get("block")
    if pair is not None and not all(1 <= one <= MAX_BLOCK for one in pair):
        words = _("An interval is 1 to %(most)s seconds.") % {"most": MAX_BLOCK}
        form.add_error("block", forms.ValidationError(words, code="block"))


class DeckForm(PortalForm):
    """A deck for a group."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        allow_empty_file=True,
        error_messages={"required": gettext_lazy("Choose a file.")},
        help_text=gettext_lazy("CSV or XLSX, as the carrier sent it."),
        widget=forms.FileInput(attrs={"accept": ".csv,.xlsx,.txt,.tsv,text/csv"}),
    )
    scope = forms.ChoiceField(
        label=gettext_lazy("What the file holds"),
        choices=[
            (CHANGES, gettext_lazy("Changes only: rates that are not in it stay")),
            (FULL, gettext_lazy("The full deck: rates that are not in it end")),
        ],
        initial=CHANGES,
        widget=forms.RadioSelect,
    )
    dates = _dates()
    block = _block()

    def __init__(self, *args: Any, group: RateGroup, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["effective_at"] = MomentField(
            label=_("Effective from, %(zone)s") % {"zone": group.time_zone},
            zone=group.zone,
            required=False,
            help_text=_("For rates without a date of their own. Empty: when the deck is entered."),
        )

    def clean(self) -> dict[str, Any]:
        clean = super().clean() or self.cleaned_data
        _check_block(self)
        return clean

    def values(self) -> dict[str, Any]:
        """Of a valid form, as the service takes them."""
        clean = self.cleaned_data
        first, step = clean["block"]
        return {
            "file": clean["file"],
            "file_name": clean["file"].name,
            "is_full": clean["scope"] == FULL,
            "effective_at": clean["effective_at"],
            "answers": Answers(
                first_block=first, increment=step, has_own_dates=clean["dates"] == OWN_DATES
            ),
        }


class DeckAnswersForm(PortalForm):
    """How a deck is to be read, where it leaves that open."""

    order = forms.ChoiceField(
        label=gettext_lazy("Its dates"),
        required=False,
        choices=[
            ("", gettext_lazy("As they say themselves")),
            (DAY_FIRST, gettext_lazy("Day first: 01.12.2026, 01/12/26")),
            (MONTH_FIRST, gettext_lazy("Month first: 12/01/2026")),
            (YEAR_FIRST, gettext_lazy("Year first: 26/12/01")),
        ],
    )
    decimal = forms.ChoiceField(
        label=gettext_lazy("Its decimals"),
        required=False,
        choices=[
            ("", gettext_lazy("As they say themselves")),
            (POINT, gettext_lazy("With a point: 0.0125")),
            (COMMA, gettext_lazy("With a comma: 0,0125")),
        ],
    )
    peak = PeriodField(label=gettext_lazy("Its peak hours"))
    dates = _dates()
    block = _block()

    def __init__(self, *args: Any, deck: RateImport, **kwargs: Any) -> None:
        answers = Answers.read(deck.layout["answers"])
        asks = deck.layout.get("asks", [])
        kwargs["initial"] = {
            "order": answers.order,
            "decimal": answers.decimal,
            "peak": str(answers.peak or ""),
            "dates": OWN_DATES if answers.has_own_dates else ONE_MOMENT,
            "block": f"{answers.first_block}/{answers.increment}",
        }
        super().__init__(*args, **kwargs)
        self.fields["peak"].help_text = period_hint(deck.group.time_zone)
        # What was asked is no longer left open.
        for name in asks:
            self.fields[name].required = True
            self.fields[name].error_messages["required"] = _("The file leaves this open: say it.")

    def clean(self) -> dict[str, Any]:
        clean = super().clean() or self.cleaned_data
        _check_block(self)
        if self.fields["peak"].required and not clean.get("peak") and "peak" not in self.errors:
            words = self.fields["peak"].error_messages["required"]
            self.add_error("peak", forms.ValidationError(words, code="required"))
        return clean

    def answers(self) -> Answers:
        """Of a valid form."""
        clean = self.cleaned_data
        first, step = clean["block"]
        return Answers(
            peak=clean["peak"],
            order=clean["order"],
            decimal=clean["decimal"],
            first_block=first,
            increment=step,
            has_own_dates=clean["dates"] == OWN_DATES,
        )


class DeckEnterForm(PortalForm):
    """Whether the rows that are refused are left out; `seen` is what the page has shown."""

    seen = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, refused: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if refused:
            self.fields["leaves_out"] = forms.BooleanField(
                label=ngettext(
                    "Leave out the refused row", "Leave out the %(count)s refused rows", refused
                )
                % {"count": f"{refused:,}"},
                required=False,
            )
