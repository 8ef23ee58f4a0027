"""Beginning and ending to look as somebody else."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts.core.models import Account
from accounts.kit.errors import DomainError
from accounts.logins.forms.view_as import ViewAsForm
from accounts.logins.middleware.viewing import KEY
from accounts.logins.services.view_as import LASTS, view_as_end, view_as_start
from accounts.portal.breadcrumbs import breadcrumb
from accounts.portal.forms.base import add_domain_error
from accounts.portal.views.base import ADMINISTRATORS, PortalView
from accounts.portal.views.responses import SeeOther


class ViewAsView(PortalView):
    """Choose a login of the account and say why; then the portal shows what that login sees."""

    authorization = None
    audience = ADMINISTRATORS

    def get(self, request: HttpRequest, account_id: str) -> HttpResponse:
        account = self.get_account(account_id)
        chosen = {"login": request.GET.get("login", "")[:32]}
        return self._page(account, ViewAsForm(actor=self.actor, account=account, initial=chosen))

    def post(self, request: HttpRequest, account_id: str) -> HttpResponseBase:
        account = self.get_account(account_id)
        form = ViewAsForm(request.POST, actor=self.actor, account=account)
        if not form.is_valid():
            return self._page(account, form, status=422)
        try:
            view = view_as_start(
                actor=self.actor, login=form.login, reason=form.cleaned_data["reason"]
            )
        except DomainError as error:
            add_domain_error(form, error)
            return self._page(account, form, status=error.status)
        request.session[KEY] = view.pk
        return SeeOther("dashboard")

    def _page(self, account: Account, form: ViewAsForm, status: int = 200) -> HttpResponse:
        heading = _("View as a login of %(account)s") % {"account": account.account_id}
        context = {
            "account": account,
            "form": form,
            "page_heading": heading,
            "crumbs": breadcrumb(self.request, account, _("View as")),
            "minutes": int(LASTS.total_seconds() // 60),
        }
        return render(self.request, "accounts/logins/view_as/start.html", context, status=status)


class ViewAsEndView(PortalView):
    """Be oneself again."""

    authorization = None

    def post(self, request: HttpRequest) -> HttpResponse:
        view = getattr(request, "view_as", None)
        if view is None or self.actor.own is None:
            # It has ended by itself meanwhile; the next page says so.
            return SeeOther("dashboard")
        account_id = self.actor.own.account_id
        view_as_end(view=view)
        del request.session[KEY]
        messages.success(request, _("You look as yourself again."))
        return SeeOther("accounts:detail", account_id)
