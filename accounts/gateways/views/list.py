"""Lists of gateways: of one account, of everything below it, of the whole scope."""

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from typing import Any

from django.middleware.csrf import get_token
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.core.actor import decide
from accounts.core.authorizations import Authorization
from accounts.core.models import Account
from accounts.core.querysets import chains, in_scope
from accounts.core.scope import Scope
from accounts.gateways.filters import GatewayFilter
from accounts.gateways.models import Gateway, GatewayQuerySet
from accounts.gateways.queries import gateways_of
from accounts.gateways.tables import (
    BY_NAME,
    COLUMNS,
    ROUTING_COLUMNS,
    GatewayRow,
    Known,
    ceiling_words,
    gateway_rows,
)
from accounts.kit.counting import count_each
from accounts.portal.breadcrumbs import way_to, ways_to
from accounts.portal.list_parts import ProductView
from accounts.portal.lists.columns import Column
from accounts.portal.lists.parts import Button, Empty, Words
from accounts.portal.lists.state import ListState
from accounts.portal.lists.views.export import ListExport
from accounts.portal.lists.views.list import ListPage, ListView


class GatewaysList(ListView):
    """Gateways, each with its account and the figure of its calls, set where it stands."""

    abstract = True
    what = "gateways"
    heading = gettext_lazy("Gateways")
    tab = "gateways"
    template = "accounts/gateways/list.html"
    columns = COLUMNS
    has_asof = True
    filter_class = GatewayFilter
    views = (
        ProductView(gettext_lazy("Locked"), {"state": "locked"}),
        ProductView(gettext_lazy("Without capacity"), {"state": "empty"}),
        ProductView(gettext_lazy("Dynamic registration"), {"registration": "dynamic"}),
    )
    first_order = ("name", BY_NAME, False)
    table_css = "gateway-list"
    words = Words(
        search=gettext_lazy("Search and filter these gateways"),
        every=gettext_lazy("All gateways"),
        find=gettext_lazy("Name or address"),
        file=gettext_lazy("%(kind)s, these gateways"),
        no_match=gettext_lazy("No gateway matches these filters"),
    )

    def base(self, is_all: bool) -> GatewayQuerySet:
        reached = gateways_of(self.actor)
        if self.subject is None:
            return reached
        if is_all:
            return reached.filter(in_scope(Scope.of(self.subject.pk), "account"))
        return reached.filter(account=self.subject)

    def all_columns(self) -> Sequence[Column]:
        # Routing is nothing that anybody else has.
        return (*self.columns, *ROUTING_COLUMNS) if self.actor.is_administrator else self.columns

    def filter_options(self, is_all: bool) -> dict[str, Any]:
        return {"with_direction": self.actor.is_administrator, "with_account": is_all}

    def rows(self, objects: Sequence[Gateway], names: Collection[str]) -> Sequence[GatewayRow]:
        subjects = [self.subject.pk] if self.subject else []
        ways = ways_to(self.request, {*(one.account_id for one in objects), *subjects})
        self.known = Known(self.actor, self.accounts, objects, ways)
        here = self.request.get_full_path()
        return gateway_rows(objects, self.known, token=get_token(self.request), here=here)

    def file_rows(self, objects: Sequence[Gateway], names: Collection[str]) -> Sequence[GatewayRow]:
        ways = chains(one.account_id for one in objects)
        known = Known(self.actor, self.accounts, objects, ways)
        return [GatewayRow(one, *known.state(one)) for one in objects]

    def key(self, row: GatewayRow) -> str:
        return row.gateway.name

    def attributes(self, row: GatewayRow) -> Mapping[str, str]:
        return {"data-gateway": row.gateway.name}

    def shows(self, state: ListState) -> list[dict[str, Any]]:
        if not super().shows(state):
            return []
        counts = count_each(direct=self.base(is_all=False), whole=self.base(is_all=True))
        return self.both(state, counts["direct"], counts["whole"])

    def may_widen(self, state: ListState, shows: Sequence[Any]) -> bool:
        return False

    @cached_property
    def adding(self) -> Button:
        """Adding a gateway, or why that is not to be done here."""
        asker: Any = self.subject or self.actor.own
        manage = decide(self.actor, Authorization.MANAGE_GATEWAY, asker)
        may_add = manage.is_allowed or (asker is None and self.actor.is_administrator)
        url = reverse("gateway-new")
        if self.subject:
            url = f"{url}?account={self.subject.account_id}"
        reason = "" if may_add else manage.sentence
        return Button(_("Add gateway"), url, "plus", is_primary=True, reason=reason)

    def _adding(self) -> Sequence[Button]:
        return () if self._is_closed() and not self.adding.reason else [self.adding]

    def head_buttons(self, state: ListState) -> Sequence[Button]:
        return self._adding()

    def tools(self, state: ListState) -> Sequence[Button]:
        return self._adding() if self.subject else ()

    def _is_closed(self) -> bool:
        return self.subject is not None and self.subject.status == Account.Status.CLOSED

    def first_use(self, state: ListState) -> Empty:
        title = _("No gateways yet")
        if self.adding.reason or self._is_closed():
            text = _(
                "Accounts that hold authorization 4, “Add/delete gateway”, and administrators add"
                " them."
            )
            return Empty(title, text)
        text = _(
            "A gateway is the equipment calls come from: a PBX or a softswitch with an address of"
            " its own."
        )
        return Empty(title, text, self.adding.url, self.adding.label, "plus")

    def more(self, state: ListState) -> dict[str, Any]:
        above = "accounts/gateways/_ceiling.html"
        return {"why_not": self.adding.reason, "ceiling": self._ceiling(), "above": above}

    def _ceiling(self) -> dict[str, Any] | None:
        """What bounds the gateways of the account, and where it is changed."""
        if self.subject is None:
            return None
        may = (
            decide(self.actor, Authorization.MODIFY_GATEWAY_CAPACITY, self.subject).is_allowed
            and self.subject.pk != self.actor.account_pk
            and not self._is_closed()
        )
        url = reverse("accounts:gateway-ceiling", args=[self.subject.account_id])
        way = way_to(self.request, self.subject.pk)
        words = ceiling_words(self.actor, way, self.known.ceilings)
        return {"words": words, "url": url if may else ""}

    def caption(self, state: ListState) -> str:
        if self.subject is None:
            return _("All gateways")
        if state.is_all:
            return _("Gateways of %(account)s and all below it") % {"account": self.subject}
        return _("Gateways of %(account)s") % {"account": self.subject}

    def export_url(self) -> str:
        if self.subject is None:
            return reverse("gateways-export")
        return reverse("accounts:gateways-export", args=[self.subject.account_id])


class GatewaysView(ListPage, GatewaysList):
    """Every gateway within the viewer's scope; those of one account (Direct), or of it and
    everything below it (All).
    """

    authorization = None


class GatewaysExportView(ListExport, GatewaysList):
    """The same as a file."""

    authorization = None
