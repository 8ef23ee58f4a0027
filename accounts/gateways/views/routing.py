"""How calls go out by a gateway to a carrier."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts.core.reach import refuse_closed
from accounts.gateways.forms import RoutingForm, routing_initial
from accounts.gateways.models import Gateway
from accounts.gateways.rules import ROUTING
from accounts.gateways.services.gateways import routing_state
from accounts.gateways.services.routing import gateway_routing_set
from accounts.gateways.tables import differences
from accounts.gateways.views.base import GatewayView
from accounts.kit.errors import Busy, Clash, Refused
from accounts.kit.proof import Gain
from accounts.portal.forms.base import add_domain_error
from accounts.portal.views.base import ADMINISTRATORS
from accounts.portal.views.responses import SeeOther


class GatewayRoutingView(GatewayView):
    """Where calls go out, and when: of routing gateways alone."""

    authorization = None
    audience = ADMINISTRATORS
    gain = Gain.SIP
    asks_when_opened = False

    def find(self, name: str) -> Gateway:
        gateway = super().find(name)
        if gateway.direction != Gateway.Direction.ROUTING:
            raise Http404
        refuse_closed(self.account)
        return gateway

    def get(self, request: HttpRequest, name: str) -> HttpResponse:
        gateway = self.find(name)
        return self._page(RoutingForm(actor=self.actor, initial=routing_initial(gateway)))

    def post(self, request: HttpRequest, name: str) -> HttpResponse:
        gateway = self.find(name)
        form = RoutingForm(request.POST, actor=self.actor)
        if not form.is_valid():
            return self._page(form, 422)
        clean = form.cleaned_data
        try:
            gateway = gateway_routing_set(
                actor=self.actor,
                gateway=gateway,
                routing={one: clean[one] for one in ROUTING},
                reason=clean["reason"],
                expected_version=clean["routing_version"],
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

    def _clash(self, form: RoutingForm) -> HttpResponse:
        """What is stored by now beside what was entered; saving again takes what was entered."""
        gateway = self.find(self.gateway.name)
        was = routing_state(gateway)
        wanted = {one: form.cleaned_data[one] for one in ROUTING}
        differing = {one: value for one, value in wanted.items() if value != was[one]}
        data: Any = form.data.copy()  # type: ignore[attr-defined]
        data["routing_version"] = gateway.routing_version
        again = RoutingForm(data, actor=self.actor)
        again.is_valid()
        return self._page(again, 409, clash=differences(was, differing))

    def _page(self, form: RoutingForm, status: int = 200, **more: Any) -> HttpResponse:
        heading = _("Routing of %(gateway)s") % {"gateway": self.gateway}
        context = {**self.shared(heading, _("Routing")), "form": form, **more}
        return render(self.request, "accounts/gateways/routing.html", context, status=status)
