"""What an account was told of things that others have, and its release by an administrator."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.availability.queries import askings_today
from accounts.availability.services import availability_release
from accounts.core.availability import MOST_NAMED
from accounts.core.models import Account
from accounts.core.reach import refuse_closed
from accounts.kit.errors import Busy, Refused
from accounts.portal.breadcrumbs import breadcrumb, way_to
from accounts.portal.forms.base import ReasonForm, add_domain_error
from accounts.portal.views.base import ADMINISTRATORS, PortalView
from accounts.portal.views.responses import SeeOther


class AvailabilityView(PortalView):
    """Today's counts from the top level down to the account, and the release."""

    authorization = None
    audience = ADMINISTRATORS

    def get(self, request: HttpRequest, account_id: str) -> HttpResponse:
        account = self.get_account(account_id)
        refuse_closed(account)
        return self._page(account, ReasonForm(actor=self.actor))

    def post(self, request: HttpRequest, account_id: str) -> HttpResponse:
        account = self.get_account(account_id)
        form = ReasonForm(request.POST, actor=self.actor)
        if not form.is_valid():
            return self._page(account, form, status=422)
        try:
            availability_release(
                actor=self.actor, account=account, reason=form.cleaned_data["reason"]
            )
        except (Refused, Busy) as error:
            add_domain_error(form, error)
            return self._page(account, form, status=error.status)
        messages.success(
            request, _("%(account)s is released for 24 hours.") % {"account": account.account_id}
        )
        return SeeOther("accounts:availability", account.account_id)

    def _page(self, account: Account, form: ReasonForm, status: int = 200) -> HttpResponse:
        heading = _("“Not available” answers: %(account)s") % {"account": account.account_id}
        found = askings_today([link.pk for link in way_to(self.request, account.pk)])
        audit_url = reverse("accounts:audit", args=[account.account_id])
        context: dict[str, Any] = {
            "account": account,
            "form": form,
            "rows": [found[link.pk] for link in way_to(self.request, account.pk)],
            "most": MOST_NAMED,
            "audit_url": f"{audit_url}?show=all&group=refused",
            "zone": timezone.get_current_timezone_name(),
            "page_heading": heading,
            "crumbs": breadcrumb(self.request, account, heading),
        }
        return render(self.request, "accounts/availability/release.html", context, status=status)
