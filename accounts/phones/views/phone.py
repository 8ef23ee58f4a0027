"""One phone: what it is, and what those who may manage it do about it."""

from typing import Any

import segno
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.core.authorizations import Authorization
from accounts.kit.errors import Busy, Clash, Refused
from accounts.kit.proof import Gain
from accounts.phones.forms.phones import PhoneEditForm, PhoneLockForm
from accounts.phones.models import Phone, PhoneLock
from accounts.phones.queries import phones_of, with_numbers
from accounts.phones.rules.values import IssuedPhone
from accounts.phones.services.phones import phone_delete, phone_edit, phone_lock, phone_reset
from accounts.phones.tables import menu, state_of, why_not
from accounts.phones.views.handover import RESET, hand_over
from accounts.portal.breadcrumbs import Crumb, breadcrumb, way_to
from accounts.portal.cards import calls_up_of
from accounts.portal.forms.base import PortalForm, ReasonForm, add_domain_error
from accounts.portal.standing import standing
from accounts.portal.views.base import PortalView
from accounts.portal.views.responses import SeeOther
from accounts.switches.queries import registration_of
from accounts.switches.words import online

# More pictures than this make a page that no telephone scans comfortably.
_MOST_PICTURES = 20


class OnePhoneView(PortalView):
    """A page about the phone whose number stands in the address."""

    abstract = True

    def find(self, number: str) -> Phone:
        """404 outside the scope, 403 without the stated authorization on its account."""
        phone = None
        if number.isascii() and number.isdigit():
            phone = with_numbers(phones_of(self.actor)).filter(number=number).first()
        if phone is None:
            raise Http404
        # It came with the phone, out of the actor's scope.
        phone.account.reached_by = self.actor.scope
        self.request.current_account = phone.account  # type: ignore[attr-defined]
        self.require(phone.account)
        return phone

    def shared(self, phone: Phone, heading: str = "") -> dict[str, Any]:
        """What every page of a phone shows; `heading` is its own name."""
        phones = reverse("accounts:phones", args=[phone.account.account_id])
        crumbs = [*breadcrumb(self.request, phone.account, _("Phones"))[:-1]]
        crumbs.append(Crumb(_("Phones"), phones))
        if heading:
            crumbs += [Crumb(phone.number, phone.get_absolute_url()), Crumb(heading)]
        else:
            crumbs.append(Crumb(phone.number))
        return {
            "phone": phone,
            "account": phone.account,
            "crumbs": crumbs,
            "page_heading": heading or phone.number,
        }


class PhoneView(OnePhoneView):
    """What it is, whether it works, and why not."""

    authorization = None

    def get(self, request: HttpRequest, number: str) -> HttpResponse:
        phone = self.find(number)
        way = way_to(request, phone.account_id)
        state, words = state_of(self.actor, phone, way)
        reason = why_not(self.actor, phone.account)
        context = {
            **self.shared(phone),
            "state": state,
            "state_words": words,
            "stopped": standing(self.actor, way).reasons,
            "calls_up": calls_up_of(self.actor, "phone", phone.number),
            "online": online(registration_of(phone), timezone.now()),
            "may_manage": not reason,
            "why_not": reason,
            "menu": [one for one in menu(self.actor, phone) if one["icon"] in ("lock", "trash")],
            "menu_label": _("More actions for %(phone)s") % {"phone": phone.number},
            "dids": [one for one in phone.numbers.all() if one.is_did],
            "codecs": ", ".join(phone.codecs),
            "is_realm_old": phone.realm != settings.SIP_REALM,
            "events_url": reverse("accounts:audit", args=[phone.account.account_id])
            + f"?q={phone.number}",
        }
        return render(request, "accounts/phones/phone.html", context)


class PhoneMenuView(OnePhoneView):
    """What can be done with one phone: the entries of its row's menu."""

    authorization = None
    records_refusals = False

    def get(self, request: HttpRequest, number: str) -> HttpResponse:
        phone = self.find(number)
        context = {"items": menu(self.actor, phone), "uid": f"row-{phone.number}"}
        return render(request, "components/_menu_items.html", context)


class PhoneEditView(OnePhoneView):
    authorization = Authorization.MANAGE_PHONE

    def get(self, request: HttpRequest, number: str) -> HttpResponse:
        phone = self.find(number)
        return self._page(phone, PhoneEditForm(actor=self.actor, phone=phone))

    def post(self, request: HttpRequest, number: str) -> HttpResponse:
        phone = self.find(number)
        form = PhoneEditForm(request.POST, actor=self.actor, phone=phone)
        if not form.is_valid():
            return self._page(phone, form, status=422)
        try:
            phone_edit(
                actor=self.actor,
                phone=phone,
                expected_version=form.cleaned_data["version"],
                dids=form.cleaned_data["dids"],
                **form.values(),
            )
        except Clash as error:
            return self._clash(phone, form, error)
        except (Refused, Busy) as error:
            add_domain_error(form, error)
            return self._page(phone, form, status=error.status)
        messages.success(request, _("Phone %(phone)s is saved.") % {"phone": phone.number})
        return SeeOther(phone)

    def _clash(self, phone: Phone, form: PhoneEditForm, error: Clash) -> HttpResponse:
        """What was typed, beside what is stored by now; saved again, what was typed stays."""
        add_domain_error(form, error)
        form.show_again("version", str(phone.version))
        stored = PhoneEditForm(actor=self.actor, phone=phone)
        differing = [
            (form[name].label, stored.fields[name].prepare_value(stored.initial[name]))
            for name in form.changed_data
            if name != "version"
        ]
        return self._page(phone, form, status=409, differing=differing)

    def _page(
        self, phone: Phone, form: PhoneEditForm, status: int = 200, **more: Any
    ) -> HttpResponse:
        context = {**self.shared(phone, _("Edit")), "form": form, **more}
        return render(self.request, "accounts/phones/edit.html", context, status=status)


class _AskingView(OnePhoneView):
    """A question first, then the deed."""

    abstract = True
    template: str

    def get(self, request: HttpRequest, number: str) -> HttpResponse:
        phone = self.find(number)
        return self._ask(phone, self.form(phone))

    def post(self, request: HttpRequest, number: str) -> HttpResponse:
        phone = self.find(number)
        form = self.form(phone, request.POST)
        if not form.is_valid():
            return self._ask(phone, form, status=422)
        try:
            return self.do(phone, form)
        except (Refused, Busy) as error:
            add_domain_error(form, error)
            return self._ask(phone, form, status=error.status)

    def heading(self, phone: Phone) -> str:
        raise NotImplementedError

    def form(self, phone: Phone, data: Any = None) -> PortalForm:
        raise NotImplementedError

    def do(self, phone: Phone, form: Any) -> HttpResponse:
        raise NotImplementedError

    def _ask(self, phone: Phone, form: Any, status: int = 200) -> HttpResponse:
        context = {**self.shared(phone, self.heading(phone)), "form": form}
        return render(self.request, self.template, context, status=status)


class PhoneLockView(_AskingView):
    authorization = Authorization.MANAGE_PHONE
    template = "accounts/phones/lock.html"

    def heading(self, phone: Phone) -> str:
        return _("Lock %(phone)s") % {"phone": phone.number}

    def form(self, phone: Phone, data: Any = None) -> PortalForm:
        # What somebody comes here for: to lock what is open, to open what is locked.
        wanted = PhoneLock.ALL if phone.lock == PhoneLock.NONE else PhoneLock.NONE
        return PhoneLockForm(data, actor=self.actor, initial={"lock": wanted})

    def do(self, phone: Phone, form: Any) -> HttpResponse:
        lock = form.cleaned_data["lock"]
        phone_lock(actor=self.actor, phone=phone, lock=lock, reason=form.cleaned_data["reason"])
        words = {
            PhoneLock.NONE: _("Phone %(phone)s is not locked."),
            PhoneLock.OUT: _("Phone %(phone)s is locked for outgoing calls."),
            PhoneLock.IN: _("Phone %(phone)s is locked for incoming calls."),
            PhoneLock.ALL: _("Phone %(phone)s is locked for all calls."),
        }[PhoneLock(lock)]
        messages.success(self.request, words % {"phone": phone.number})
        return SeeOther(phone)


class PhoneResetView(_AskingView):
    authorization = Authorization.MANAGE_PHONE
    gain = Gain.SIP
    template = "accounts/phones/reset.html"

    def heading(self, phone: Phone) -> str:
        return _("New password for %(phone)s") % {"phone": phone.number}

    def form(self, phone: Phone, data: Any = None) -> PortalForm:
        return PortalForm(data if data is None else {}, actor=self.actor)

    def do(self, phone: Phone, form: Any) -> HttpResponse:
        return hand_over(self.request, phone_reset(actor=self.actor, phone=phone), RESET)


class PhoneDeleteView(_AskingView):
    authorization = Authorization.MANAGE_PHONE
    gain = Gain.ENDING
    template = "accounts/phones/delete.html"

    def heading(self, phone: Phone) -> str:
        return _("Delete %(phone)s") % {"phone": phone.number}

    def form(self, phone: Phone, data: Any = None) -> PortalForm:
        return ReasonForm(data, actor=self.actor)

    def do(self, phone: Phone, form: Any) -> HttpResponse:
        phone_delete(actor=self.actor, phone=phone, reason=form.cleaned_data["reason"])
        messages.success(self.request, _("Phone %(phone)s is deleted.") % {"phone": phone.number})
        return SeeOther("accounts:phones", phone.account.account_id)


def passwords_page(
    request: HttpRequest, issued: list[IssuedPhone], context: dict[str, Any]
) -> HttpResponse:
    """The passwords of new phones, shown this once: they are in no address, session, log or file.
    One of a single phone comes here through `handover`, so that loading it again repeats nothing.

    `context` is what the page shows around them; `done_url` is where it leads.
    """
    with_pictures = len(issued) <= _MOST_PICTURES
    shown = [
        {
            "number": one.phone.number,
            "realm": one.phone.realm,
            "password": one.password,
            "picture": picture(one) if with_pictures else "",
        }
        for one in issued
    ]
    lines = [f"{one['number']},{one['password']},{one['realm']}" for one in shown]
    context = {**context, "issued": shown, "as_text": "\n".join(["number,password,realm", *lines])}
    return render(request, "accounts/phones/passwords.html", context)


def left_out_words(count: int) -> str:
    """How many of a list were not available when it was done."""
    words = ngettext(
        "%(count)s was not available and was left out.",
        "%(count)s were not available and were left out.",
        count,
    )
    return words % {"count": number_format(count, force_grouping=True)}


def picture(issued: IssuedPhone) -> str:
    """The QR code a telephone is set up with, as an address of its own: number, password and realm
    as a SIP URI (RFC 3261, 19.1), on a white ground.
    """
    phone = issued.phone
    text = f"sip:{phone.number}:{issued.password}@{phone.realm}"
    return segno.make(text, error="m", micro=False).svg_data_uri(
        border=4, light="#fff", dark="#000", xmldecl=False, svgclass=None, lineclass=None
    )
