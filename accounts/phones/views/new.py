"""Adding phones: one, a range or a pasted list, with the same settings. Several are shown before
they are made; by script, while they are typed.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.core.authorizations import Authorization
from accounts.core.models import Account
from accounts.core.reach import refuse_closed
from accounts.kit.errors import Busy, Refused
from accounts.kit.proof import Gain
from accounts.numbers.pasted import NumberLine
from accounts.phones.forms.phones import PhoneNewForm
from accounts.phones.rules.values import IssuedPhone
from accounts.phones.services.many import PhonesPlan, PhonesRefused, phones_create, phones_preview
from accounts.phones.services.phones import phone_create
from accounts.phones.views.handover import ADDED, hand_over
from accounts.phones.views.phone import left_out_words, passwords_page
from accounts.portal.breadcrumbs import Crumb, breadcrumb
from accounts.portal.forms.answers import Choice, Replacement, answered, choice, is_answer
from accounts.portal.forms.base import add_domain_error
from accounts.portal.views.base import PortalView

_SHOWN = 50


class PhonesNewView(PortalView):
    """The form, the preview of what it would make, and the passwords of what it made.

    `seen` is signed and stands for the numbers a preview showed; several are made only with it. One
    alone needs no preview: it is either made or refused beside its box.
    """

    abstract = True

    def page(self, account: Account | None) -> HttpResponse:
        self.prove(Gain.SIP)
        return self._page(account, PhoneNewForm(actor=self.actor, account=account))

    def sent(self, account: Account | None) -> HttpResponse:
        sent = answered(self.request.POST, "numbers")
        form = PhoneNewForm(sent, actor=self.actor, account=account)
        is_part = "check" in self.request.GET
        if not form.is_valid():
            return self._part(None, form) if is_part else self._page(account, form, status=422)
        target = form.target
        assert target is not None
        self.require(target)
        try:
            refuse_closed(target)
            plan = phones_preview(
                actor=self.actor, account=target, numbers=form.cleaned_data["numbers"]
            )
        except (Refused, Busy) as error:
            error.field = error.field or "account"
            add_domain_error(form, error)
            return self._part(None, form) if is_part else self._page(account, form, status=422)
        if is_part:
            return self._part(plan, form)
        is_seen = constant_time_compare(self.request.POST.get("seen", ""), self._seen(form, plan))
        is_single = len(plan.lines) == 1 and not is_answer(sent)
        if plan.wrong or not plan.ready or not (is_seen or is_single):
            status = 422 if plan.wrong or not plan.ready else 200
            return self._page(account, form, plan=plan, status=status)
        # Previews gain nothing; what is made shows its passwords.
        self.prove(Gain.SIP)
        try:
            issued = self._make(form, target, plan)
        except PhonesRefused as refused:
            return self._page(account, form, plan=refused.plan, status=422)
        except (Refused, Busy) as error:
            error.field = "numbers" if error.field == "number" else error.field
            add_domain_error(form, error)
            return self._page(account, form, plan=plan, status=error.status)
        return self._done(target, issued, len(plan.lines) - len(issued))

    def _make(self, form: PhoneNewForm, target: Account, plan: PhonesPlan) -> list[IssuedPhone]:
        dids = form.cleaned_data["dids"]
        if len(plan.lines) == 1:
            number = plan.lines[0].number
            return [
                phone_create(
                    actor=self.actor, account=target, number=number, dids=dids, **form.values()
                )
            ]
        if dids:
            raise Refused(
                _("DIDs can be given with a single phone only; add them to each phone later."),
                code="dids_of_many",
                field="dids",
            )
        numbers = form.cleaned_data["numbers"]
        return phones_create(
            actor=self.actor,
            account=target,
            numbers=numbers,
            expected=plan.digest,
            **form.values(),
        )

    def _done(self, target: Account, issued: list[IssuedPhone], left_out: int) -> HttpResponse:
        count = len(issued)
        if count == 1 and not left_out:
            return hand_over(self.request, issued[0], ADDED)
        heading = ngettext(
            "Phone %(number)s of %(account)s",
            "%(count)s new phones of %(account)s",
            count,
        ) % {
            "number": issued[0].phone.number,
            "count": number_format(count, force_grouping=True),
            "account": target.account_id,
        }
        context = {
            "page_heading": heading,
            "account": target,
            "crumbs": breadcrumb(self.request, target, heading),
            "is_new": True,
            "lead": left_out_words(left_out) if left_out else "",
            "done_url": reverse("accounts:phones", args=[target.account_id]),
            "more_url": reverse("accounts:phone-new", args=[target.account_id]),
        }
        return passwords_page(self.request, issued, context)

    def _seen(self, form: PhoneNewForm, plan: PhonesPlan) -> str:
        """Signs what a preview shows: to whom, whose phones, which numbers."""
        seen = [self.request.user.pk, form.target.pk if form.target else None, plan.digest]
        return salted_hmac("accounts.phones", repr(seen), algorithm="sha256").hexdigest()

    def _part(self, plan: PhonesPlan | None, form: PhoneNewForm) -> HttpResponse:
        """The preview alone, asked for by script; nothing while the form cannot be read."""
        words = form.errors.get("numbers", [""])[0] if self.request.POST.get("numbers") else ""
        context = {**self._preview(plan, form), "problem": words}
        return render(self.request, "accounts/phones/_preview.html", context)

    def _preview(self, plan: PhonesPlan | None, form: PhoneNewForm) -> dict[str, Any]:
        if plan is None:
            return {"plan": None}
        return {
            "plan": plan,
            "seen": self._seen(form, plan),
            "count": number_format(len(plan.ready), force_grouping=True),
            "wrong_count": number_format(len(plan.wrong), force_grouping=True),
            "wrong": [(one, _choices(one)) for one in plan.wrong[:_SHOWN]],
            "wrong_more": max(0, len(plan.wrong) - _SHOWN),
            "left_out": plan.left_out[:_SHOWN],
            "left_out_more": max(0, len(plan.left_out) - _SHOWN),
            "unnamed": plan.told.more_words,
            # Beside them it would show which ones are not named.
            "ready": [] if plan.told.more else [one.number for one in plan.ready[:_SHOWN]],
            "ready_more": 0 if plan.told.more else max(0, len(plan.ready) - _SHOWN),
        }

    def _page(
        self,
        account: Account | None,
        form: PhoneNewForm,
        *,
        plan: PhonesPlan | None = None,
        status: int = 200,
    ) -> HttpResponse:
        heading = _("Add phones")
        if account is not None:
            here = reverse("accounts:phone-new", args=[account.account_id])
            back = reverse("accounts:phones", args=[account.account_id])
            crumbs = [*breadcrumb(self.request, account, heading)[:-1], Crumb(_("Phones"), back)]
        else:
            here, back = reverse("phone-new"), reverse("phones")
            crumbs = [Crumb(_("Phones"), back)]
        context = {
            "form": form,
            "account": account,
            "crumbs": [*crumbs, Crumb(heading)],
            "page_heading": heading,
            "check_url": f"{here}?check=1",
            "back": back,
            "has_errors": status == 422,
            **self._preview(plan, form),
        }
        return render(self.request, "accounts/phones/new.html", context, status=status)


def _choices(line: NumberLine) -> list[Choice]:
    """Buttons for what a line may mean."""
    return [
        choice(one.label, [Replacement(line.line, line.typed, one.text)]) for one in line.answers
    ]


class AccountPhonesNewView(PhonesNewView):
    """New phones of the account of the address."""

    authorization = Authorization.MANAGE_PHONE

    def get(self, request: HttpRequest, account_id: str) -> HttpResponse:
        account = self.get_account(account_id)
        refuse_closed(account)
        return self.page(account)

    def post(self, request: HttpRequest, account_id: str) -> HttpResponse:
        account = self.get_account(account_id)
        refuse_closed(account)
        return self.sent(account)


class AnyPhonesNewView(PhonesNewView):
    """New phones of an account that is named in the form."""

    authorization = Authorization.MANAGE_PHONE

    def get(self, request: HttpRequest) -> HttpResponse:
        self.check()
        return self.page(None)

    def post(self, request: HttpRequest) -> HttpResponse:
        self.check()
        return self.sent(None)

    def check(self) -> None:
        """Raise NotAllowed unless the actor may manage phones at all: of its own account."""
        own = self.actor.own
        self.require(self.accounts.get(pk=own.pk) if own is not None else None)
