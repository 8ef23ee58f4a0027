"""What the pages of one gateway share: how it is found, its heading, and what its cards show."""

from collections.abc import Iterable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.core.actor import decide
from accounts.core.authorizations import Authorization
from accounts.core.models import Account
from accounts.core.reach import refuse_closed
from accounts.gateways.models import Gateway
from accounts.gateways.queries import gateways_of
from accounts.kit.errors import DomainError
from accounts.portal.breadcrumbs import Crumb, breadcrumb, way_to
from accounts.portal.views.base import PortalView


class _OtherCase(Exception):
    """The address names the gateway in other case than it is written."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class GatewayView(PortalView):
    """A page about one gateway. 404 outside the scope, 403 when the stated authorization is
    missing; reading in other case redirects to the name as it is written.
    """

    abstract = True
    gateway: Gateway
    account: Account

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return super().dispatch(request, *args, **kwargs)
        except _OtherCase as other:
            match = request.resolver_match
            assert match is not None
            url = reverse(match.view_name, kwargs={**match.kwargs, "name": other.name})
            query = request.META.get("QUERY_STRING", "")
            return redirect(f"{url}?{query}" if query else url)

    def find(self, name: str) -> Gateway:
        """The gateway of the address; its account is `self.account`."""
        gateway = gateways_of(self.actor).called(name).first()
        if gateway is None:
            raise Http404
        if gateway.name != name and self.request.method in ("GET", "HEAD"):
            raise _OtherCase(gateway.name)
        # Read through the scope: asking for permissions on it needs no query.
        self.account = self.accounts.select_related("detail", "parent").reached(gateway.account_id)
        self.request.current_account = self.account  # type: ignore[attr-defined]
        self.require(self.account)
        self.gateway = gateway
        return gateway

    def why_not(self, code: Authorization) -> str:
        """Why the actor may not use `code` on this gateway; "" = it may."""
        decision = decide(self.actor, code, self.account)
        if not decision.is_allowed:
            return decision.sentence
        try:
            refuse_closed(self.account)
        except DomainError as refused:
            return str(refused.message)
        return ""

    def crumbs(self, page: Any = "") -> list[Crumb]:
        """The way to the account, its gateways, this one, and the page's own name."""
        found = breadcrumb(self.request, self.account, _("Gateways"))
        gateways = reverse("accounts:gateways", args=[self.account.account_id])
        found = [*found[:-1], Crumb(_("Gateways"), gateways)]
        if not page:
            return [*found, Crumb(self.gateway.name)]
        return [*found, Crumb(self.gateway.name, self.gateway.get_absolute_url()), Crumb(page)]

    @property
    def way(self) -> Any:
        return way_to(self.request, self.account.pk)

    def shared(self, heading: Any, page: Any = "") -> dict[str, Any]:
        """Context of every page of a gateway."""
        return {
            "gateway": self.gateway,
            "account": self.account,
            "page_heading": heading,
            "crumbs": self.crumbs(page),
        }


def sent_again(data: Any, names: Iterable[str]) -> list[tuple[str, str]]:
    """What was sent of these fields, to be sent again as hidden ones."""
    return [(name, value) for name in names for value in data.getlist(name)]
