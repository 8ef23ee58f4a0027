"""Forms to change the Agent ID of accounts."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.portal.forms.base import PortalForm
from accounts.portal.forms.mass import MassForm
from accounts.portal.forms.picker import check_top_level, picker_attrs, top_level_field


class TargetForm(PortalForm):
    """Where accounts go. `target` is the account named, None for the top level."""

    parent = forms.CharField(label=_("New Agent ID"), max_length=32, required=False)
    top = top_level_field()
    # Addresses that name an agent say nothing of it.
    sometimes = ("top",)

    def __init__(
        self, *args: Any, actor: Actor, account: Account, is_branch: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, actor=actor, **kwargs)
        self.target: Account | None = None
        purpose = "children" if is_branch else "move"
        field = self.fields["parent"]
        field.help_text = _("Type an ID or a name.")
        field.widget.attrs |= picker_attrs(purpose, account=account.account_id)
        if actor.is_administrator:
            field.widget.attrs["data-clearable"] = ""
        else:
            self.withhold("top", why=_("You move accounts to an agent of yours."))
            field.required = True
            field.error_messages["required"] = _("Enter the new Agent ID.")

    def clean(self) -> dict[str, Any]:
        clean = super().clean() or self.cleaned_data
        self.target = self.account_named("parent")
        if "top" in self.fields:
            check_top_level(self, "parent", self.target)
        return clean


class MoveForm(MassForm):
    """The confirmation of a move whose effects were shown."""

    parent = forms.CharField(max_length=32, required=False, widget=forms.HiddenInput)
    # Only where there is no agent to name.
    top = forms.BooleanField(required=False, widget=forms.HiddenInput)


class BulkAgentForm(PortalForm):
    """Where selected accounts go. `target` is the account named."""

    agent = forms.CharField(
        label=_("New Agent ID"),
        max_length=64,
        help_text=_("The account the selected ones will belong to. Type its ID or name."),
        error_messages={"required": _("Enter the new Agent ID.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.target: Account | None = None
        self.fields["agent"].widget.attrs |= picker_attrs("parent")

    def clean(self) -> dict[str, Any]:
        clean = super().clean() or self.cleaned_data
        self.target = self.account_named("agent")
        return clean


class BulkForm(MassForm):
    """The confirmation of a deed on the selected accounts; few of them need no reason."""

    needs_reason = False
