"""Making a gateway, and changing it: information and capacity are two forms, two addresses, two
authorizations. Information is changed after a page that shows every value before and after.

A password that was typed goes from page to page encrypted, and never waits in a session.
"""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from accounts.core.actor import allows
from accounts.core.authorizations import Authorization
from accounts.core.models import Account, AuditEntry
from accounts.core.reach import refuse_closed
from accounts.gateways.forms import (
    CapacityForm,
    GatewayNewForm,
    InformationForm,
    capacity_initial,
    information_initial,
)
from accounts.gateways.models import Gateway
from accounts.gateways.rules import private_addresses
from accounts.gateways.services.capacity import gateway_capacity_set
from accounts.gateways.services.gateways import (
    InformationChange,
    gateway_create,
    gateway_information_set,
    information_change,
    information_state,
)
from accounts.gateways.tables import differences
from accounts.gateways.views.base import GatewayView, sent_again
from accounts.gateways.views.gateway import CAPACITY, INFORMATION, cards, entries_about
from accounts.kit.errors import Busy, Clash, DomainError, NotInScope, Refused
from accounts.kit.object_keys import typed_number
from accounts.kit.proof import Gain
from accounts.portal.breadcrumbs import Crumb, breadcrumb
from accounts.portal.forms.base import ReasonForm, add_domain_error
from accounts.portal.views.base import PortalView
from accounts.portal.views.reauthentication import is_recently_signed_in
from accounts.portal.views.responses import SeeOther, way_back

_SECRET = method_decorator(
    [never_cache, sensitive_post_parameters("password", "kept")], name="dispatch"
)


class _CopyingView(GatewayView):
    """`?copy=` takes the former values of an entry of the history into the form."""

    abstract = True
    action: str

    def copied(self) -> Mapping[str, Any]:
        """Those values; none where nothing is copied. 404 for an entry of anything else."""
        asked = self.request.GET.get("copy", "")
        if not asked:
            return {}
        pk = typed_number(AuditEntry.key_kind, asked)
        if pk is None:
            raise Http404
        entry = entries_about(self).filter(pk=pk, action=self.action).first()
        if entry is None:
            raise Http404
        found: Mapping[str, Any] = entry.before
        return found


@_SECRET
class GatewayInformationView(_CopyingView):
    authorization = Authorization.MODIFY_GATEWAY_INFORMATION
    action = INFORMATION

    def get(self, request: HttpRequest, name: str) -> HttpResponse:
        self.find(name)
        refuse_closed(self.account)
        copied = self.copied()
        values = {**self._stored(), **{key: copied[key] for key in copied if key in self._stored()}}
        form = InformationForm(actor=self.actor, initial=information_initial(self.gateway, values))
        return self._page(form, is_copied=bool(copied))

    @sensitive_variables()
    def post(self, request: HttpRequest, name: str) -> HttpResponse:
        self.find(name)
        refuse_closed(self.account)
        form = InformationForm(request.POST, actor=self.actor)
        if not form.is_valid():
            return self._page(form, 422)
        if "change" in request.POST:
            return self._page(form)
        information = form.information()
        try:
            change = information_change(
                actor=self.actor, gateway=self.gateway, information=information
            )
        except (Refused, Busy) as error:
            add_domain_error(form, error)
            return self._page(form, error.status)
        if not change.became:
            messages.info(request, _("Nothing changes: these are the values it has."))
            return SeeOther(self.gateway)
        # What is confirmed holds no password in clear, so that it may wait for a new sign-in.
        if "confirmed" not in request.POST or request.POST.get("password"):
            return self._check(form, change, ReasonForm(actor=self.actor))
        self.prove(Gain.SIP)
        asked = ReasonForm(request.POST, actor=self.actor)
        if not asked.is_valid():
            return self._check(form, change, asked, 422)
        try:
            gateway = gateway_information_set(
                actor=self.actor,
                gateway=self.gateway,
                information=information,
                reason=asked.cleaned_data["reason"],
                expected_version=form.cleaned_data["version"],
            )
        except Clash:
            return self._clash(form)
        except (Refused, Busy) as error:
            add_domain_error(form, error)
            return self._page(form, error.status)
        messages.success(
            request,
            _("%(gateway)s is changed. It counts from the next call.") % {"gateway": gateway},
        )
        return SeeOther(gateway)

    def _stored(self) -> dict[str, Any]:
        addresses = [one.text for one in self.gateway.addresses.all()]
        return information_state(self.gateway, addresses)

    def _page(
        self, form: InformationForm, status: int = 200, *, is_copied: bool = False, **more: Any
    ) -> HttpResponse:
        context = {
            **self.shared(
                _("Information of %(gateway)s") % {"gateway": self.gateway}, _("Information")
            ),
            "form": form,
            "has_password": bool(self.gateway.secret),
            "is_copied": is_copied,
            **more,
        }
        return render(self.request, "accounts/gateways/information.html", context, status=status)

    def _check(
        self, form: InformationForm, change: InformationChange, asked: ReasonForm, status: int = 200
    ) -> HttpResponse:
        """Every value before and after, to be confirmed with a reason."""
        names = [one for one in form.fields if one not in ("password", "kept")]
        context = {
            **self.shared(_("Check the change of %(gateway)s") % {"gateway": self.gateway}),
            "differences": differences(change.was, change.became),
            "private": change.private,
            "form": asked,
            "hidden": [*sent_again(form.data, names), *_kept(form)],
        }
        template = "accounts/gateways/information_check.html"
        return render(self.request, template, context, status=status)

    def _clash(self, form: InformationForm) -> HttpResponse:
        """What is stored by now beside what was entered; saving again takes what was entered."""
        self.find(self.gateway.name)
        change = information_change(
            actor=self.actor, gateway=self.gateway, information=form.information()
        )
        data: Any = form.data.copy()  # type: ignore[attr-defined]
        data["version"] = self.gateway.version
        data["kept"] = form.to_be_kept()
        again = InformationForm(data, actor=self.actor)
        again.is_valid()
        return self._page(again, 409, clash=differences(change.was, change.became))


class GatewayCapacityView(_CopyingView):
    """The form, and the box of a list, which sends the figure alone and `next`."""

    authorization = Authorization.MODIFY_GATEWAY_CAPACITY
    action = CAPACITY

    def get(self, request: HttpRequest, name: str) -> HttpResponse:
        self.find(name)
        refuse_closed(self.account)
        copied = self.copied()
        values = {key: copied[key] for key in ("capacity", "windows") if key in copied}
        form = CapacityForm(actor=self.actor, initial=capacity_initial(self.gateway, values))
        return self._page(form, is_copied=bool(copied))

    def post(self, request: HttpRequest, name: str) -> HttpResponse:
        self.find(name)
        refuse_closed(self.account)
        form = CapacityForm(
            request.POST, actor=self.actor, initial=capacity_initial(self.gateway, {})
        )
        if not form.is_valid():
            return self._page(form, 422)
        try:
            gateway = gateway_capacity_set(
                actor=self.actor,
                gateway=self.gateway,
                capacity=form.cleaned_data["capacity"],
                windows=form.windows(),
                expected_version=form.cleaned_data["capacity_version"],
            )
        except Clash:
            return self._clash(form)
        except Refused as error:
            form.refuse(error)
            return self._page(form, error.status)
        except Busy as error:
            add_domain_error(form, error)
            return self._page(form, error.status)
        messages.success(
            request,
            _("%(gateway)s: %(calls)s calls at a time.")
            % {"gateway": gateway, "calls": gateway.capacity},
        )
        return self._back(gateway)

    def _back(self, gateway: Gateway) -> HttpResponse:
        asked = self.request.POST.get("next", "")
        return SeeOther(way_back(self.request, asked, gateway.get_absolute_url()))

    def _page(
        self, form: CapacityForm, status: int = 200, *, is_copied: bool = False, **more: Any
    ) -> HttpResponse:
        context = {
            **self.shared(_("Capacity of %(gateway)s") % {"gateway": self.gateway}, _("Capacity")),
            **cards(self),
            "form": form,
            "is_copied": is_copied,
            **more,
        }
        return render(self.request, "accounts/gateways/capacity.html", context, status=status)

    def _clash(self, form: CapacityForm) -> HttpResponse:
        """As for information."""
        self.find(self.gateway.name)
        data: Any = form.data.copy()  # type: ignore[attr-defined]
        data["capacity_version"] = self.gateway.capacity_version
        again = CapacityForm(data, actor=self.actor, initial=capacity_initial(self.gateway, {}))
        again.is_valid()
        was = {"capacity": self.gateway.capacity, "windows": self.gateway.windows}
        became: dict[str, Any] = {"capacity": form.cleaned_data["capacity"]}
        if (windows := form.windows()) is not None:
            became["windows"] = [str(one) for one in windows]
        differing = {key: value for key, value in became.items() if value != was[key]}
        return self._page(again, 409, clash=differences(was, differing))


@_SECRET
class GatewayNewView(PortalView):
    """`?account=` is the account it will belong to; without it the own one, and for administrators
    none yet. Sections whose authorization is not held are not there.
    """

    authorization = Authorization.MANAGE_GATEWAY

    def get(self, request: HttpRequest) -> HttpResponse:
        account = self._account()
        form = self._form(account)
        if form.with_information:
            self.prove(Gain.SIP)
        return self._page(form, account)

    @sensitive_variables()
    def post(self, request: HttpRequest) -> HttpResponse:
        account = self._account()
        form = self._form(account, request.POST)
        if not form.is_valid():
            return self._page(form, account, 422)
        owner = form.account_named("account", _("There is no such account."))
        if owner is None or "change" in request.POST:
            return self._page(form, account, 422 if owner is None else 200)
        try:
            if form.with_information and (answer := self._check(form, account)):
                return answer
            gateway = self._create(form, owner)
        except NotInScope as error:
            add_domain_error(form, error)
            return self._page(form, account, 422)
        except (Refused, Busy) as error:
            self._refuse(form, error)
            return self._page(form, account, error.status)
        messages.success(request, _("Gateway %(name)s is made.") % {"name": gateway.name})
        if gateway.is_locked:
            messages.info(
                request, _("It stands locked until somebody gives it an address and unlocks it.")
            )
        return SeeOther(gateway)

    def _account(self) -> Account | None:
        asked = self.request.GET.get("account", "").strip()
        account = None
        with_detail = self.accounts.select_related("detail")
        if asked:
            account = with_detail.called(asked).first()
            if account is None:
                raise Http404
        elif self.actor.own:
            account = with_detail.get(pk=self.actor.own.pk)
        self.require(account)
        if account:
            refuse_closed(account)
            self.request.current_account = account  # type: ignore[attr-defined]
        return account

    def _form(self, account: Account | None, data: Any = None) -> GatewayNewForm:
        def holds(code: Authorization) -> bool:
            return allows(self.actor, code, account)

        return GatewayNewForm(
            data,
            actor=self.actor,
            account=account,
            with_information=holds(Authorization.MODIFY_GATEWAY_INFORMATION),
            with_capacity=holds(Authorization.MODIFY_GATEWAY_CAPACITY),
        )

    @sensitive_variables()
    def _check(self, form: GatewayNewForm, account: Account | None) -> HttpResponse | None:
        """A page between, where something has to be confirmed: private addresses, or that it is
        still the same person who signed in long ago.
        """
        private = private_addresses(form.information())
        is_confirmed = "confirmed" in self.request.POST
        if is_confirmed and not self.request.POST.get("password"):
            self.prove(Gain.SIP)
            return None
        if not private and is_recently_signed_in():
            return None
        names = [one for one in form.fields if one not in ("password", "kept")]
        context = {
            **self._shared(account),
            "private": private,
            "name": form.cleaned_data["name"],
            "hidden": [*sent_again(form.data, names), *_kept(form)],
        }
        return render(self.request, "accounts/gateways/new_check.html", context)

    @sensitive_variables()
    def _create(self, form: GatewayNewForm, owner: Account) -> Gateway:
        clean = form.cleaned_data
        return gateway_create(
            actor=self.actor,
            account=owner,
            name=clean["name"],
            direction=clean.get("direction", Gateway.Direction.MAPPING),
            information=form.information() if form.with_information else None,
            capacity=clean["capacity"] if form.with_capacity else None,
            windows=clean["windows"] if form.with_capacity else (),
        )

    def _refuse(self, form: GatewayNewForm, error: DomainError) -> None:
        if isinstance(error, Refused):
            form.refuse(error)
        else:
            add_domain_error(form, error)

    def _shared(self, account: Account | None) -> dict[str, Any]:
        heading = _("Add a gateway")
        crumbs = [Crumb(_("Gateways"), reverse("gateways")), Crumb(heading)]
        cancel = reverse("gateways")
        if account:
            crumbs = breadcrumb(self.request, account, heading)
            cancel = reverse("accounts:gateways", args=[account.account_id])
        return {"page_heading": heading, "crumbs": crumbs, "cancel_url": cancel}

    def _page(
        self, form: GatewayNewForm, account: Account | None, status: int = 200
    ) -> HttpResponse:
        context = {**self._shared(account), "form": form}
        return render(self.request, "accounts/gateways/new.html", context, status=status)


@sensitive_variables()
def _kept(form: InformationForm) -> list[tuple[str, str]]:
    """What a page in between carries besides the fields: no password in clear."""
    return [*form.marks(), ("password", ""), ("kept", form.to_be_kept())]
