"""Check access: who, which deed, on which account or to which number; one sentence, and the way to
it.
"""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts.authorizations.forms.check_access import CheckAccessForm
from accounts.authorizations.words.access_check import Answer, check, check_call
from accounts.portal.allauth_doors import ratelimit
from accounts.portal.breadcrumbs import Crumb
from accounts.portal.cards import call_trials_of
from accounts.portal.views.base import PortalView


class CheckAccessView(PortalView):
    """The question is in the address, so that it can be sent to somebody."""

    authorization = None

    def get(self, request: HttpRequest) -> HttpResponse:
        own = self.actor.user.username if self.actor.own and self.actor.user else ""
        # Whom it is about alone is no question yet.
        asked = request.GET if request.GET.keys() - {"who"} else None
        who = request.GET.get("who", own)[:64]
        form = CheckAccessForm(asked, actor=self.actor, initial={"who": who})
        answer, is_asked = None, form.is_bound and form.is_valid()
        if is_asked and form.is_call and not _is_within_rate(request):
            return render(request, "429.html", status=429)
        if is_asked:
            answer = self._answer(form)
        context = {
            "crumbs": [Crumb(_("Check access"))],
            "form": form,
            "answer": answer,
            "asked": form.values() if answer else {},
            "trials": call_trials_of(self.actor.own.account_id if self.actor.own else ""),
            "link": f"?{urlencode(form.values())}" if answer else "",
        }
        status = 422 if form.is_bound and form.errors else 200
        return render(request, "accounts/authorizations/check_access.html", context, status=status)

    def _answer(self, form: CheckAccessForm) -> Answer | None:
        asked = form.cleaned_data
        if form.is_call:
            answer = check_call(self.actor, asked["who"], asked["number"])
            if answer is None:
                form.nobody_calls()
            return answer
        return check(self.actor, form.login, form.asked_actor(), asked["deed"], asked["target"])


def _is_within_rate(request: HttpRequest) -> bool:
    """Whether this person may ask about one more number now; it counts as a test of one."""
    app = "allauth.account"
    return bool(ratelimit.consume(request, app=app, action="number_test", limit_get=True))
