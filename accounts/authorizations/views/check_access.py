"""Check access: who, which deed, on which account; one sentence, and the way to it."""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.authorizations.forms.check_access import CheckAccessForm
from accounts.authorizations.words.access_check import check
from accounts.portal.views.base import PortalView


class CheckAccessView(PortalView):
    """The question is in the address, so that it can be sent to somebody."""

    authorization = None

    def get(self, request: HttpRequest) -> HttpResponse:
        own = self.actor.user.username if self.actor.own and self.actor.user else ""
        asked = request.GET if request.GET else None
        form = CheckAccessForm(asked, actor=self.actor, initial={"who": own})
        answer = None
        if form.is_bound and form.is_valid():
            answer = check(
                self.actor,
                form.login,
                form.asked_actor(),
                form.cleaned_data["deed"],
                form.cleaned_data["target"],
            )
        context = {
            "form": form,
            "answer": answer,
            "asked": form.values() if answer else {},
            "link": f"?{urlencode(form.values())}" if answer else "",
        }
        status = 422 if form.is_bound and form.errors else 200
        return render(request, "accounts/authorizations/check_access.html", context, status=status)
