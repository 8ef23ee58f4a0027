"""Which PINs were taken out of the portal, of batches that are no more as well."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.kit.pagination import BY_KEY, BadCursor, page
from accounts.logins.services import preferences
from accounts.portal.breadcrumbs import Crumb
from accounts.portal.views.base import PortalView
from billing.cards.models import PinsTaken
from billing.cards.services.secrets import pins_taken_in
from billing.cards.tables import figure
from billing.cards.views.batches import batch_url
from billing.ledger.words import People


class PinsTakenView(PortalView):
    """Within the scope, the newest first."""

    authorization = None

    def get(self, request: HttpRequest) -> HttpResponse:
        taken = pins_taken_in(self.actor)
        size = preferences.page_size(request.user)  # type: ignore[arg-type]
        try:
            cursor = request.GET.get("cursor", "")[:400]
            some = page(taken, BY_KEY, descending=True, size=size, cursor=cursor)
        except BadCursor:
            some = page(taken, BY_KEY, descending=True, size=size)
        people = People(self.actor, self.accounts, some.rows)
        context = {
            "crumbs": [Crumb(_("Phone cards"), reverse("billing:cards")), Crumb(_("PINs taken"))],
            "rows": [_row(one, people) for one in some.rows],
            "pager": {
                "text": _("%(count)s shown, newest first") % {"count": len(some.rows)},
                "newer_url": f"?cursor={some.before}" if some.before else "",
                "older_url": f"?cursor={some.after}" if some.after else "",
                "newer_label": _("Newer"),
                "older_label": _("Older"),
                "first_url": "?",
            },
        }
        return render(request, "billing/cards/pins_taken.html", context)


def _row(one: PinsTaken, people: People) -> dict[str, Any]:
    account = one.account
    return {
        "at": one.at,
        "what": one.get_kind_display(),
        "batch": one.batch_name,
        "batch_url": batch_url(one.batch) if one.batch else "",
        "account": account.account_id if account else "",
        "account_url": account.get_absolute_url() if account else "",
        "count": figure(one.count),
        "first": one.first_serial,
        "who": people.who(one),
        "reason": one.reason,
    }
