"""Whom to look as, and why."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.core.models import Account, User
from accounts.portal.forms.base import ReasonForm


class ViewAsForm(ReasonForm):
    """The logins of one account that may sign in."""

    login_name = forms.ChoiceField(
        label=_("Login"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a login.")},
    )

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people = {one.username: one for one in account.logins.filter(is_active=True)}
        field: Any = self.fields["login_name"]
        field.choices = [
            (one.username, f"{one.username} · {one.full_name}" if one.full_name else one.username)
            for one in self.people.values()
        ]
        self.fields["reason"].help_text = _("Kept in the audit log with both names.")
        asked = self.initial.pop("login", "")
        field.initial = asked if asked in self.people else next(iter(self.people), "")
        self.order_fields(["login_name", "reason"])

    @property
    def login(self) -> User:
        """The chosen login of a valid form."""
        return self.people[self.cleaned_data["login_name"]]
