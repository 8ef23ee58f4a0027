"""What the DIDs of a phone are for."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts.core.authorizations import Authorization
from accounts.kit.errors import Busy, Clash, Refused
from accounts.kit.proof import Gain
from accounts.phones.forms.dids import DidUsesForm
from accounts.phones.models import Phone
from accounts.phones.services.uses import dids_used
from accounts.phones.views.phone import OnePhoneView
from accounts.portal.forms.base import add_domain_error
from accounts.portal.views.responses import SeeOther


class PhoneDidsView(OnePhoneView):
    """They ring at the phone, lead in for phone cards, or call back."""

    authorization = Authorization.MANAGE_PHONE
    gain = Gain.SIP

    def get(self, request: HttpRequest, number: str) -> HttpResponse:
        phone = self.find(number)
        return self._page(phone, DidUsesForm(actor=self.actor, phone=phone))

    def post(self, request: HttpRequest, number: str) -> HttpResponse:
        phone = self.find(number)
        form = DidUsesForm(request.POST, actor=self.actor, phone=phone)
        if not form.is_valid():
            return self._page(phone, form, status=422)
        try:
            dids_used(
                actor=self.actor,
                phone=phone,
                uses=form.uses(),
                expected_version=form.cleaned_data["version"],
            )
        except (Refused, Busy, Clash) as error:
            add_domain_error(form, error)
            return self._page(phone, form, status=error.status)
        messages.success(
            request, _("The DIDs of phone %(phone)s are saved.") % {"phone": phone.number}
        )
        return SeeOther(phone)

    def _page(self, phone: Phone, form: DidUsesForm, status: int = 200) -> HttpResponse:
        context = {**self.shared(phone, _("Use of DIDs")), "form": form}
        return render(self.request, "accounts/phones/dids.html", context, status=status)
