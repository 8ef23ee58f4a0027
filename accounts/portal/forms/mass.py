"""Confirming a deed that may affect very many accounts."""

import re
from typing import Any

from django import forms
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.portal.forms.base import ReasonForm

# Whoever affects more accounts than this types how many they are.
MASS = 100
# However the number is grouped: 1,234 and 1 234 and 1.234.
_GROUPING = re.compile(r"[\s.,'’]")


class MassForm(ReasonForm):
    """Confirms a deed on `affected` accounts, those below included. More than MASS of them take a
    reason and their number.
    """

    needs_reason = True

    typed = forms.CharField(
        label=gettext_lazy("Number of accounts"),
        max_length=20,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "inputmode": "numeric", "class": "w-s"}
        ),
    )

    def __init__(self, *args: Any, affected: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.affected = affected
        if affected <= MASS:
            del self.fields["typed"]
            self.fields["reason"].required = self.needs_reason
            return
        typed = self.fields["typed"]
        typed.help_text = _(
            "This affects %(count)s accounts, those below included. Type %(count)s to confirm."
        ) % {"count": number_format(affected, force_grouping=True)}
        typed.error_messages["required"] = self._ask

    def clean_typed(self) -> str:
        typed: str = self.cleaned_data["typed"]
        digits = _GROUPING.sub("", typed)
        if not digits.isdecimal() or int(digits) != self.affected:
            raise forms.ValidationError(self._ask)
        return typed

    @property
    def _ask(self) -> str:
        return _("Type the number of accounts, %(count)s, to confirm.") % {
            "count": number_format(self.affected, force_grouping=True)
        }
