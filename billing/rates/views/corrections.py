"""Corrections of past prices: those there are, a new one, one that is taken back."""

from typing import Any

from django.contrib import messages
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.core.actor import Actor
from accounts.core.authorizations import Authorization
from accounts.portal.forms.base import PortalForm, ReasonForm
from accounts.portal.registry import registry
from billing.rates.forms.rates import CorrectionForm
from billing.rates.models import RateCorrection
from billing.rates.queries import corrections_of
from billing.rates.services.corrections import correction_add, correction_remove
from billing.rates.tables import correction_row
from billing.rates.views.base import GroupDeedPage
from billing.wallets.models import RateGroup

_SHOWN = 200


class CorrectionsView(GroupDeedPage):
    """The corrections of a group, and the form of a new one."""

    authorization = Authorization.MANAGE_ACCOUNT
    template = "billing/rates/corrections.html"
    is_felt = False

    def heading(self, group: RateGroup) -> str:
        return _("Corrections of %(name)s") % {"name": group.name}

    def submit(self, group: RateGroup) -> str:
        return _("Correct the past price")

    def form(self, group: RateGroup, data: Any = None) -> CorrectionForm:
        return CorrectionForm(data, actor=self.actor, group=group)

    def more(self, group: RateGroup) -> dict[str, Any]:
        rows = corrections_of(group)[:_SHOWN]
        logins = {one.pk: one.login.get_username() if one.login else "" for one in rows}
        return {
            "rows": [
                {
                    **correction_row(one, group, logins[one.pk]),
                    "ways": ways_on(self.actor, one),
                }
                for one in rows
            ]
        }

    def act(self, group: RateGroup, form: PortalForm) -> str:
        assert isinstance(form, CorrectionForm)
        correction_add(actor=self.actor, group=group, **form.values())
        messages.success(
            self.request,
            _(
                "The correction is kept. Calls that were charged cost what they did until they are "
                "rated anew."
            ),
        )
        return reverse("billing:rate-corrections", args=[group.pk])


def ways_on(actor: Actor, one: RateCorrection) -> list[tuple[str, str]]:
    """What others offer to do about what was charged before the correction."""
    asked = (actor, one.group_id, one.prefix, one.begins_at, one.ends_at)
    return [way for ask in registry.correction_ways if (way := ask(*asked)) is not None]


class CorrectionRemoveView(GroupDeedPage):
    """Takes a correction back."""

    authorization = Authorization.MANAGE_ACCOUNT
    is_felt = False

    def heading(self, group: RateGroup) -> str:
        return _("Take back a correction of %(name)s") % {"name": group.name}

    def submit(self, group: RateGroup) -> str:
        return _("Take the correction back")

    def cancel_url(self, group: RateGroup) -> str:
        return reverse("billing:rate-corrections", args=[group.pk])

    def form(self, group: RateGroup, data: Any = None) -> ReasonForm:
        if not corrections_of(group).filter(pk=self.kwargs["correction"]).exists():
            raise Http404
        return ReasonForm(data, actor=self.actor)

    def act(self, group: RateGroup, form: PortalForm) -> str:
        correction = corrections_of(group).get(pk=self.kwargs["correction"])
        correction_remove(
            actor=self.actor, correction=correction, reason=form.cleaned_data["reason"]
        )
        messages.success(self.request, _("The correction is taken back."))
        return self.cancel_url(group)
