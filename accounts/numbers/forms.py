"""Forms about number sections: what changes of an account's rules, and numbers to test."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.core.models import Account
from accounts.kit.errors import Refused
from accounts.numbers.models import NumberRule
from accounts.numbers.named import named_by
from accounts.numbers.pasted import numbers_of
from accounts.numbers.reading import spans
from accounts.numbers.rule_lists import Line, lines_of
from accounts.numbers.rules import MOST_RULES
from accounts.numbers.tables.edits import Edit, edit_of, key_of
from accounts.numbers.verdict import Purpose
from accounts.portal.forms.answers import Choice, Replacement, choice
from accounts.portal.forms.base import PortalForm
from accounts.portal.forms.picker import picker_attrs
from accounts.portal.forms.whole import values_of

# Lines of a pasted list of numbers that are tested at once.
MOST_NUMBERS = 10_000
_SHOWN = 20
_EFFECTS = [
    ("allow", gettext_lazy("Allow: lines that do not say are allowed")),
    ("block", gettext_lazy("Block: lines that do not say are blocked")),
]
_PURPOSES = [
    (Purpose.DESTINATION, gettext_lazy("Destinations: what may be called")),
    (Purpose.ALLOCATION, gettext_lazy("Allocation: which numbers may be assigned to phones")),
]


class RulesForm(PortalForm):
    """Changes of the rules of one level: what is removed, and a list of what is added. `expected`
    is the fingerprint of the rules the person saw.
    """

    # Tried on the page that shows what would change.
    sometimes = ("numbers", "via")

    add = forms.CharField(
        label=gettext_lazy("Rules, one on each line"),
        required=False,
        max_length=400_000,
        strip=False,
        help_text=gettext_lazy(
            "A prefix or a section begin–end, each with allow or block in front if it is to differ "
            "from the choice below. A note follows a #. 00, +, spaces and dashes do not matter. "
            "A section of numbers shorter than seven digits has “numbers” in front."
        ),
        widget=forms.Textarea(
            attrs={
                "rows": 6,
                "autocomplete": "off",
                "spellcheck": "false",
                "class": "mono",
                "data-focus": "",
            }
        ),
    )
    effect = forms.ChoiceField(
        label=gettext_lazy("Effect"),
        choices=_EFFECTS,
        initial="allow",
        widget=forms.RadioSelect,
    )
    purpose = forms.ChoiceField(
        label=gettext_lazy("Purpose"),
        choices=_PURPOSES,
        initial=Purpose.DESTINATION,
        widget=forms.RadioSelect,
    )
    replace = forms.BooleanField(
        label=gettext_lazy("Remove all other rules of this purpose"), required=False
    )
    remove = forms.CharField(required=False, widget=forms.MultipleHiddenInput)
    expected = forms.CharField(max_length=16, required=False, widget=forms.HiddenInput)
    numbers = forms.CharField(required=False, max_length=400_000, strip=False)
    # The way tested numbers come in by.
    via = forms.CharField(required=False, max_length=32)

    lines: list[Line]

    def __init__(self, *args: Any, known: list[NumberRule], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known = known

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        text = cleaned.get("add", "")
        self.lines = lines_of(text, is_allow=cleaned.get("effect") != "block")
        if len(self.lines) > MOST_RULES:
            self.add_error(
                "add",
                _("At most %(max)s rules; these are %(count)s.")
                % {"max": MOST_RULES, "count": len(self.lines)},
            )
            return cleaned
        wrong = [one for one in self.lines if one.problem]
        for line in wrong[:_SHOWN]:
            self.add_error(
                "add",
                _("Line %(at)s, “%(text)s”: %(problem)s")
                % {"at": line.at, "text": line.text[:40], "problem": line.problem},
            )
        if len(wrong) > _SHOWN:
            more = len(wrong) - _SHOWN
            self.add_error(
                "add",
                ngettext(
                    "And %(more)s more line is no rule.",
                    "And %(more)s more lines are no rules.",
                    more,
                )
                % {"more": more},
            )
        return cleaned

    def questions(self) -> list[tuple[Line, list[Choice]]]:
        """The lines that may mean two things, the first of them, with a button for each."""
        asked = [one for one in getattr(self, "lines", ()) if one.answers][:_SHOWN]
        return [
            (
                line,
                [choice(x.label, [Replacement(line.at, line.text, x.text)]) for x in line.answers],
            )
            for line in asked
        ]

    def edit(self) -> Edit:
        """What the rules become."""
        return edit_of(
            self.known,
            purpose=Purpose(self.cleaned_data["purpose"]),
            lines=self.lines,
            removed=self._removed(),
            is_replacing=self.cleaned_data["replace"],
        )

    def _removed(self) -> set[str]:
        """The keys of what is removed; a set stands for its rules."""
        keys = set(values_of(self.data, "remove"))
        named = named_by(keys)
        return keys | {
            key_of(one)
            for one in self.known
            if not one.end and (one.purpose, one.rule.is_allow, one.begin) in named
        }

    def sent(self) -> list[tuple[str, Any]]:
        """What the next page sends again, without the fingerprint."""
        names = ("add", "effect", "purpose", "replace", "remove")
        found = [(name, one) for name in names for one in values_of(self.data, name)]
        return found + self.marks()


class NumberTestForm(PortalForm):
    """Numbers to test as an account would call them, or would have them assigned."""

    is_question = True

    account = forms.CharField(
        label=gettext_lazy("As called by"),
        max_length=32,
        widget=forms.TextInput(attrs=picker_attrs()),
        error_messages={"required": gettext_lazy("Enter an account ID.")},
    )
    purpose = forms.ChoiceField(
        label=gettext_lazy("Purpose"),
        choices=_PURPOSES,
        initial=Purpose.DESTINATION,
        required=False,
        widget=forms.RadioSelect,
    )
    number = forms.CharField(
        label=gettext_lazy("Number, or a list with one on each line"),
        max_length=400_000,
        strip=False,
        help_text=gettext_lazy("At most 10,000 numbers. 00, +, spaces and dashes do not matter."),
        widget=forms.Textarea(
            attrs={
                "rows": 4,
                "autocomplete": "off",
                "spellcheck": "false",
                "class": "mono",
                "inputmode": "tel",
            }
        ),
        error_messages={"required": gettext_lazy("Enter a number.")},
    )

    # The way they come in by; the page offers those of the account once it is known.
    via = forms.CharField(required=False, max_length=32, widget=forms.HiddenInput)

    target: Account | None = None

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        self.target = self.account_named("account")
        return cleaned

    def clean_purpose(self) -> Purpose:
        return Purpose(self.cleaned_data["purpose"] or Purpose.DESTINATION)

    def clean_number(self) -> list[str]:
        numbers = numbers_in(self.cleaned_data["number"])
        if not numbers:
            raise forms.ValidationError(_("Enter a number."))
        if len(numbers) > MOST_NUMBERS:
            raise forms.ValidationError(
                _("At most %(max)s numbers at a time; split the list.") % {"max": MOST_NUMBERS}
            )
        return numbers


def numbers_in(text: str) -> list[str]:
    """The numbers of a pasted list, each number of a range; what is none stays as it was typed, for
    whoever judges it to say so.
    """
    found: list[str] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        try:
            read = spans(line)
            several = [one for span in read for one in numbers_of(span, MOST_NUMBERS)]
        except Refused:
            several = [line]
        found += several if len(several) > 1 else [line]
        if len(found) > MOST_NUMBERS:
            break
    return found
