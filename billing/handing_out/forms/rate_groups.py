"""Which rate group, as a form asks for it: those the person may give, and the one that is there."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.portal.forms.base import PortalForm
from accounts.portal.forms.mass import MassForm
from billing.wallets.models import RateGroup
from billing.wallets.queries import group_above, group_names, groups_to_sell
from billing.wallets.rules import group_not_yours

# The present group in the place of its key, where the person may not know it.
_KEPT = "present"


class GroupChoice:
    """The rate groups that somebody may give to an account, or to new ones below an `agent`.

    The `present` one is offered as well, whoever may give it by now, and named to whom may know it.
    """

    def __init__(
        self,
        actor: Actor,
        account: Account | None,
        agent: Account | None,
        present: RateGroup | None = None,
    ) -> None:
        self._actor = actor
        offered = groups_to_sell(actor, account, agent=agent).select_related("owner")
        self._groups: dict[str, RateGroup | None] = {"": None}
        self.choices: list[tuple[str, Any]] = [("", _("None: no calls"))]
        for one in sorted(offered, key=lambda one: (one.name.lower(), one.pk)):
            self._groups[one.key] = one
            self.choices.append((one.key, _label(actor, one)))
        self.initial = self._with(actor, present) if present else ""

    def field(self, help_text: Any) -> forms.ChoiceField:
        return forms.ChoiceField(
            label=_("Rate group"),
            choices=self.choices,
            required=False,
            initial=self.initial,
            help_text=help_text,
            error_messages={"invalid_choice": group_not_yours(self._actor).message},
        )

    def chosen(self, value: str) -> RateGroup | None:
        """The group behind a value of the field."""
        return self._groups[value]

    def _with(self, actor: Actor, present: RateGroup) -> str:
        if present.key in self._groups:
            return present.key
        name = group_names(actor, [present.pk]).get(present.pk)
        value = present.key if name else _KEPT
        self._groups[value] = present
        self.choices.append((value, name or group_above(actor)))
        return value


def _label(actor: Actor, group: RateGroup) -> str:
    """The name, and whose it is where that is not plain."""
    if actor.is_administrator and group.owner is not None:
        return f"{group.name} ({group.owner.account_id})"
    if not actor.is_administrator and group.owner_id != actor.account_pk:
        return _("%(name)s (shared with you)") % {"name": group.name}
    return group.name


class SelectionGroupForm(PortalForm):
    """Which rate group selected accounts get, all of them below the `agent`."""

    def __init__(self, *args: Any, actor: Actor, agent: Account | None, **kwargs: Any) -> None:
        super().__init__(*args, actor=actor, **kwargs)
        self.groups = GroupChoice(actor, None, agent)
        self.fields["rate_group"] = self.groups.field(
            _("What the calls of these accounts cost. Without one they cannot call.")
        )

    def group(self) -> RateGroup | None:
        """What was chosen; of a valid form."""
        return self.groups.chosen(self.cleaned_data["rate_group"])


class GroupDeedForm(MassForm):
    """The confirmation for as many accounts as change; few of them need no reason."""

    needs_reason = False
