"""The letterhead that the accounts below an account get, and the logo on it."""

import base64

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts.core.authorizations import Authorization
from accounts.core.models import Account
from accounts.core.reach import refuse_closed
from accounts.kit.errors import Busy, Refused
from accounts.portal.breadcrumbs import breadcrumb
from accounts.portal.forms.base import add_domain_error
from accounts.portal.views.base import PortalView
from accounts.portal.views.responses import SeeOther
from accounts.tree.forms.letterhead import LogoForm
from accounts.tree.queries.letterhead import letterhead_of, logo_image, own_letterhead
from accounts.tree.services.letterheads import logo_set

# A day; another picture has another address.
_KEPT = "private, max-age=86400, immutable"


class LetterheadView(PortalView):
    """Shows it as it stands on paper, and takes a logo or lets it go."""

    authorization = Authorization.MANAGE_ACCOUNT

    def get(self, request: HttpRequest, account_id: str) -> HttpResponse:
        account = self.get_account(account_id)
        refuse_closed(account)
        return self._page(account, LogoForm(actor=self.actor))

    def post(self, request: HttpRequest, account_id: str) -> HttpResponse:
        account = self.get_account(account_id)
        refuse_closed(account)
        is_removed = "remove" in request.POST
        form = LogoForm(request.POST, request.FILES, actor=self.actor)
        if not (is_removed or form.is_valid()):
            return self._page(account, form, status=422)
        picture = None if is_removed else form.picture
        try:
            logo_set(actor=self.actor, account=account, picture=picture)
        except (Refused, Busy) as error:
            add_domain_error(form, error)
            return self._page(account, form, status=error.status)
        done = (
            _("The logo of %(account)s is removed.")
            if is_removed
            else _("%(account)s has a new logo.")
        )
        messages.success(request, done % {"account": account.account_id})
        return SeeOther("accounts:letterhead", account.account_id)

    def _page(self, account: Account, form: LogoForm, status: int = 200) -> HttpResponse:
        heading = _("Letterhead")
        own = own_letterhead(account)
        image = base64.b64encode(logo_image(account.pk)).decode() if own.logo else ""
        context = {
            "account": account,
            "form": form,
            "page_heading": heading,
            "crumbs": breadcrumb(self.request, account, heading),
            "own": own,
            "image": image,
            "is_published": account.detail.is_published and own.name,
        }
        return render(self.request, "accounts/tree/forms/letterhead.html", context, status=status)


class LogoView(PortalView):
    """The logo of the letterhead that documents of this account carry; nothing (204) where there is
    none.
    """

    authorization = None

    def get(self, request: HttpRequest, account_id: str) -> HttpResponse:
        sender = letterhead_of(self.get_account(account_id))
        image = logo_image(sender.level) if sender.logo else b""
        if not image:
            return HttpResponse(status=204)
        answer = HttpResponse(image, content_type="image/png")
        if request.GET.get("v") == sender.logo:
            answer["Cache-Control"] = _KEPT
        return answer
