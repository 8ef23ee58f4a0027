"""Try a call: what the switch would be told of it now. Nothing is called, and nothing is held."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.kit.moments import exact_clock_words, zone_words
from accounts.numbers.views.test_box import is_within_rate
from accounts.portal.breadcrumbs import Crumb
from accounts.portal.cards import call_pages_of
from accounts.portal.views.base import PortalView
from vosportal.switch.checking import call_tried_by
from vosportal.switch.forms import TryCallForm
from vosportal.switch.trying import Tried


class TryCallView(PortalView):
    """`?account=&via=&number=&shown=`, so that a question can be sent to somebody. It is about this
    moment: what is up and what is available is known of no other.
    """

    authorization = None

    def get(self, request: HttpRequest) -> HttpResponse:
        if not request.GET.get("number"):
            return self._page(TryCallForm(actor=self.actor, initial=self._first()))
        asked = request.GET.copy()
        for name in TryCallForm.base_fields:
            asked.setdefault(name, "")
        form = TryCallForm(asked, actor=self.actor)
        if not form.is_valid() or form.caller is None:
            return self._page(form, status=422)
        number = form.cleaned_data["number"]
        if not is_within_rate(request, [number]):
            return render(request, "429.html", status=429)
        now = timezone.now()
        tried = call_tried_by(self.actor, form.caller, number, form.cleaned_data["shown"], now)
        return self._page(form, tried=tried, at=exact_clock_words(now))

    def _first(self) -> dict[str, Any]:
        """What stands in the boxes of who has asked nothing yet: the own account of who has none
        below it.
        """
        names = ("account", "via", "shown")
        given = {name: self.request.GET.get(name, "")[:64] for name in names}
        if given["account"] or given["via"]:
            return given
        own = self.accounts.filter(pk=self.actor.account_pk).first()
        return {**given, "account": "" if own is None or own.is_agent else own.account_id}

    def _page(
        self, form: TryCallForm, *, tried: Tried | None = None, at: str = "", status: int = 200
    ) -> HttpResponse:
        context = {
            "page_heading": _("Try a call"),
            "crumbs": [Crumb(_("Try a call"))],
            "call_pages": call_pages_of(self.actor, "try"),
            "form": form,
            "tried": tried,
            "at": at,
            "zone": zone_words(),
        }
        return render(self.request, "switch/try.html", context, status=status)
