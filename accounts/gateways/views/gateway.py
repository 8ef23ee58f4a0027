"""The page of one gateway, its history, and its end."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.audit.queries import entries_on
from accounts.audit.words.reader import Reader
from accounts.core.authorizations import Authorization
from accounts.core.models import AuditEntry
from accounts.gateways.forms import (
    CapacityForm,
    InformationForm,
    RoutingForm,
    capacity_initial,
    information_initial,
    routing_initial,
)
from accounts.gateways.models import Gateway
from accounts.gateways.services.gateways import (
    gateway_delete,
    information_state,
)
from accounts.gateways.tables import Known, capacity_facts, facts
from accounts.gateways.views.base import GatewayView
from accounts.kit.errors import Busy, Refused
from accounts.kit.proof import Gain
from accounts.portal.breadcrumbs import ways_to
from accounts.portal.cards import calls_up_of
from accounts.portal.forms.base import ReasonForm, add_domain_error
from accounts.portal.lists.feed import feed_pager, newest_first
from accounts.portal.views.responses import SeeOther
from accounts.switches.queries import registration_of
from accounts.switches.words import Online, online

_PAGE = 25
INFORMATION, CAPACITY = "gateway.information", "gateway.capacity"


def entries_about(view: GatewayView) -> QuerySet[AuditEntry]:
    """What happened to this gateway; not to a former one of the same name."""
    gateway = view.gateway
    return entries_on(view.actor, view.account, with_below=False).filter(
        action__startswith="gateway.",
        subject=gateway.name,
        at__gte=gateway.created_at,
        is_refused=False,
    )


def cards(view: GatewayView) -> dict[str, Any]:
    """What the two cards of a gateway show, and why one of them is for reading only."""
    gateway = view.gateway
    state = information_state(gateway, [one.text for one in gateway.addresses.all()])
    ways = ways_to(view.request, [view.account.pk])
    is_carriers = gateway.direction == Gateway.Direction.ROUTING
    way = "carrier" if is_carriers else "gateway"
    known = Known(view.actor, view.accounts, [gateway], ways)
    return {
        "state": known.state(gateway),
        "ceiling": known.ceiling(gateway),
        "held": known.held_to(gateway),
        "why_not_information": view.why_not(Authorization.MODIFY_GATEWAY_INFORMATION),
        "why_not_capacity": view.why_not(Authorization.MODIFY_GATEWAY_CAPACITY),
        "facts": facts(state, has_password=bool(gateway.secret)),
        "has_password": bool(gateway.secret),
        "online": _online(gateway),
        "now": capacity_facts(gateway, view.account),
        "calls_up": calls_up_of(view.actor, way, gateway.name),
        "information_form": InformationForm(
            actor=view.actor, initial=information_initial(gateway, state)
        ),
        "capacity_form": CapacityForm(actor=view.actor, initial=capacity_initial(gateway, {})),
    }


def _online(gateway: Gateway) -> Online | None:
    """None for one that does not register."""
    does_register = gateway.registration == Gateway.Registration.DYNAMIC
    if gateway.direction != Gateway.Direction.MAPPING or not does_register:
        return None
    return online(registration_of(gateway), timezone.now())


class GatewayPageView(GatewayView):
    """Information and Capacity, each a form for who holds its authorization."""

    authorization = None

    def get(self, request: HttpRequest, name: str) -> HttpResponse:
        gateway = self.find(name)
        context = {
            **self.shared(gateway.name),
            **cards(self),
            "why_not_delete": self.why_not(Authorization.MANAGE_GATEWAY),
            "routing_form": self._routing_form(),
        }
        return render(request, "accounts/gateways/gateway.html", context)

    def _routing_form(self) -> RoutingForm | None:
        """For who may set it: gateways to carriers are there for administrators alone."""
        is_routing = self.gateway.direction == Gateway.Direction.ROUTING
        if not is_routing or self.why_not(Authorization.MODIFY_GATEWAY_INFORMATION):
            return None
        return RoutingForm(actor=self.actor, initial=routing_initial(self.gateway))


class GatewayHistoryView(GatewayView):
    """Every change, the latest first; former values can be taken into a new change."""

    authorization = None

    def get(self, request: HttpRequest, name: str) -> HttpResponse:
        self.find(name)
        found = newest_first(entries_about(self), request.GET.get("cursor", ""), size=_PAGE)
        text = _("%(shown)s shown, newest first") % {"shown": len(found.rows)}
        context = {
            **self.shared(_("History of %(gateway)s") % {"gateway": self.gateway}, _("History")),
            "entries": self._entries(list(found.rows)),
            "pager": feed_pager(found, text),
        }
        return render(request, "accounts/gateways/history.html", context)

    def _entries(self, entries: list[AuditEntry]) -> list[dict[str, Any]]:
        reader = Reader(self.actor, self.accounts, entries)
        pages = {
            INFORMATION: ("gateway-information", Authorization.MODIFY_GATEWAY_INFORMATION),
            CAPACITY: ("gateway-capacity", Authorization.MODIFY_GATEWAY_CAPACITY),
        }
        may = {action for action, (_url, code) in pages.items() if not self.why_not(code)}
        found = []
        for entry in entries:
            icon, kind, text = reader.words_of(entry)
            copy_url = ""
            if entry.action in may and entry.before:
                url = reverse(pages[entry.action][0], args=[self.gateway.name])
                copy_url = f"{url}?copy={entry.key}"
            found.append(
                {
                    "icon": icon,
                    "kind": kind,
                    "text": text,
                    "at": entry.at,
                    "who": reader.actor_of(entry),
                    "reason": reader.reason_of(entry),
                    "changes": reader.changes_of(entry),
                    "copy_url": copy_url,
                }
            )
        return found


class GatewayDeleteView(GatewayView):
    """Asks why and deletes."""

    authorization = Authorization.MANAGE_GATEWAY
    gain = Gain.ENDING

    def get(self, request: HttpRequest, name: str) -> HttpResponse:
        self.find(name)
        return self._page(ReasonForm(actor=self.actor))

    def post(self, request: HttpRequest, name: str) -> HttpResponse:
        gateway = self.find(name)
        form = ReasonForm(request.POST, actor=self.actor)
        if not form.is_valid():
            return self._page(form, 422)
        try:
            gateway_delete(actor=self.actor, gateway=gateway, reason=form.cleaned_data["reason"])
        except (Refused, Busy) as error:
            add_domain_error(form, error)
            return self._page(form, error.status)
        messages.success(request, _("Gateway %(name)s is deleted.") % {"name": gateway.name})
        return SeeOther("accounts:gateways", self.account.account_id)

    def _page(self, form: ReasonForm, status: int = 200) -> HttpResponse:
        heading = _("Delete %(gateway)s") % {"gateway": self.gateway}
        context = {**self.shared(heading, _("Delete")), "form": form}
        return render(self.request, "accounts/gateways/delete.html", context, status=status)
