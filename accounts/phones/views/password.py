"""The page that shows a phone's new password and its QR code, to who made it, once."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.core.authorizations import Authorization
from accounts.phones.models import Phone
from accounts.phones.rules.values import IssuedPhone
from accounts.phones.views.handover import ADDED, NEW_CUSTOMER, handed_over, take_back
from accounts.phones.views.phone import OnePhoneView, passwords_page
from accounts.portal.actions import quick_actions
from accounts.portal.breadcrumbs import breadcrumb


class PhonePasswordView(OnePhoneView):
    """Led to by the deed that made it. Opened again it says that it was shown, and how to come by
    another.
    """

    authorization = Authorization.MANAGE_PHONE

    def get(self, request: HttpRequest, number: str) -> HttpResponse:
        phone = self.find(number)
        handed = handed_over(request, phone)
        if handed is None:
            context = self.shared(phone, _("Password of %(phone)s") % {"phone": phone.number})
            return render(request, "accounts/phones/password_shown.html", context)
        context = self._around(phone, handed.deed)
        answer = passwords_page(request, [IssuedPhone(phone, handed.password)], context)
        take_back(answer, phone)
        return answer

    def _around(self, phone: Phone, deed: str) -> dict[str, Any]:
        """What stands around the password, after the deed that made it."""
        account = phone.account
        values = {"phone": phone.number, "number": phone.number, "account": account.account_id}
        if deed == NEW_CUSTOMER:
            heading = _("%(account)s and its phone") % values
            more = {
                "done_url": account.get_absolute_url(),
                "links": quick_actions(self.actor, account),
            }
        elif deed == ADDED:
            heading = _("Phone %(number)s of %(account)s") % values
            more = {
                "done_url": reverse("accounts:phones", args=[account.account_id]),
                "more_url": reverse("accounts:phone-new", args=[account.account_id]),
            }
        else:
            heading = _("New password of %(phone)s") % values
            return {**self.shared(phone, heading), "done_url": phone}
        return {
            "page_heading": heading,
            "account": account,
            "crumbs": breadcrumb(self.request, account, heading),
            "is_new": True,
            **more,
        }
