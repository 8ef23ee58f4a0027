"""The pages of switches, for administrators: which there are, their keys, who was refused."""

from collections.abc import Collection, Sequence
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.db.models.functions import Lower
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_variables

from accounts.kit.errors import Busy, Clash, Refused
from accounts.kit.moments import asked_now
from accounts.kit.pagination import SortKey
from accounts.kit.proof import Gain
from accounts.portal.breadcrumbs import Crumb
from accounts.portal.forms.base import PortalForm, add_domain_error
from accounts.portal.list_parts import ProductView
from accounts.portal.lists.parts import Button, Empty, Words
from accounts.portal.lists.state import ListState
from accounts.portal.lists.views.export import ListExport
from accounts.portal.lists.views.list import ListPage, ListView
from accounts.portal.views.base import ADMINISTRATORS, PortalView
from accounts.portal.views.responses import SeeOther
from accounts.switches.filters import SwitchFilter
from accounts.switches.forms import KeyForm, SwitchEditForm, SwitchNewForm
from accounts.switches.models import Switch
from accounts.switches.queries import refused_lately, switches_of
from accounts.switches.rules import check_never_heard
from accounts.switches.services.switches import (
    IssuedKey,
    key_made,
    switch_changed,
    switch_new,
    switch_removed,
)
from accounts.switches.tables import COLUMNS, SwitchRow, refused_rows, state_words

# Whoever has more switches than that finds whose an address is by themselves.
_MOST_NAMED = 200


class SwitchesList(ListView):
    """The switches, by name."""

    abstract = True
    what = "switches"
    heading = gettext_lazy("Switches")
    template = "accounts/switches/list.html"
    columns = COLUMNS
    filter_class = SwitchFilter
    views = (
        ProductView(gettext_lazy("Silent"), {"state": "silent"}, is_work=True),
        ProductView(gettext_lazy("Never heard"), {"state": "never"}),
        ProductView(gettext_lazy("Locked"), {"state": "locked"}),
    )
    words = Words(
        search=gettext_lazy("Search and filter these switches"),
        every=gettext_lazy("All switches"),
        find=gettext_lazy("Name, note or address"),
        file=gettext_lazy("%(kind)s, these switches"),
        no_match=gettext_lazy("No switch matches these filters"),
    )
    first_order = ("name", SortKey(Lower("name"), str), False)
    has_asof = True

    def base(self, is_all: bool) -> QuerySet[Switch]:
        return switches_of(self.actor)

    def rows(self, objects: Sequence[Switch], names: Collection[str]) -> Sequence[SwitchRow]:
        now = asked_now()
        return [SwitchRow(one, now) for one in objects]

    def caption(self, state: ListState) -> Any:
        return _("Switches and their keys")

    def title(self, state: ListState) -> Any:
        return self.heading

    def export_url(self) -> str:
        return reverse("switches-export")


class SwitchesView(ListPage, SwitchesList):
    """Which there are and whether they are heard, how to connect one, who was refused."""

    authorization = None
    audience = ADMINISTRATORS

    def head_buttons(self, state: ListState) -> Sequence[Button]:
        return [Button(_("Add switch"), reverse("switch-new"), "plus", is_primary=True)]

    def first_use(self, state: ListState) -> Empty:
        return Empty(
            _("No switches yet"),
            _(
                "A switch is the SIP server that carries calls. It asks the portal about each of"
                " them, with a key of its own."
            ),
            reverse("switch-new"),
            _("Add switch"),
            "plus",
            art=True,
        )

    def more(self, state: ListState) -> dict[str, Any]:
        known = switches_of(self.actor).order_by("pk")[:_MOST_NAMED]
        return {
            "refused": refused_rows(refused_lately(self.actor), known),
            "portal_url": settings.PORTAL_URL,
        }


class SwitchesExportView(ListExport, SwitchesList):
    """The same as a file."""

    authorization = None
    audience = ADMINISTRATORS


class SwitchPage(PortalView):
    """A page about switches, or about the one whose key stands in the address."""

    abstract = True
    audience = ADMINISTRATORS

    def find(self, pk: int) -> Switch:
        """404 for one that is not there."""
        switch: Switch | None = switches_of(self.actor).filter(pk=pk).first()
        if switch is None:
            raise Http404
        return switch

    def shared(self, heading: Any, switch: Switch | None = None) -> dict[str, Any]:
        crumbs = [Crumb(_("Switches"), reverse("switches"))]
        if switch is not None and heading != switch.name:
            crumbs.append(Crumb(switch.name, switch.get_absolute_url()))
        return {
            "page_heading": heading,
            "crumbs": [*crumbs, Crumb(heading)],
            "switch": switch,
            "cancel_url": switch.get_absolute_url() if switch else reverse("switches"),
        }

    @sensitive_variables()
    def key_page(self, issued: IssuedKey) -> HttpResponse:
        """A new key, shown this once: it is in no address, session, log or file."""
        switch = issued.switch
        context = {
            **self.shared(_("The key of %(switch)s") % {"switch": switch.name}, switch),
            "key": issued.key.text,
            "portal_url": settings.PORTAL_URL,
        }
        return render(self.request, "accounts/switches/key.html", context)


class SwitchNewView(SwitchPage):
    """A switch, and its first key."""

    authorization = None
    gain = Gain.SIP

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._ask(SwitchNewForm(actor=self.actor))

    @sensitive_variables("issued")
    def post(self, request: HttpRequest) -> HttpResponse:
        form = SwitchNewForm(request.POST, actor=self.actor)
        if not form.is_valid():
            return self._ask(form, 422)
        try:
            issued = switch_new(actor=self.actor, **form.values())
        except (Refused, Busy) as error:
            add_domain_error(form, error)
            return self._ask(form, error.status)
        return self.key_page(issued)

    def _ask(self, form: SwitchNewForm, status: int = 200) -> HttpResponse:
        context = {**self.shared(_("Add a switch")), "form": form, "submit": _("Make its key")}
        return render(self.request, "accounts/switches/form.html", context, status=status)


class SwitchView(SwitchPage):
    """What it is, and whether it is locked."""

    authorization = None
    gain = Gain.SIP
    asks_when_opened = False

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        switch = self.find(pk)
        return self._ask(switch, self._form(switch))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        switch = self.find(pk)
        form = self._form(switch, request.POST)
        if not form.is_valid():
            return self._ask(switch, form, 422)
        try:
            switch_changed(actor=self.actor, switch=switch, **form.values())
        except Clash as error:
            add_domain_error(form, error)
            form.show_again("version", str(switch.version))
            return self._ask(switch, form, error.status, stored=switch)
        except (Refused, Busy) as error:
            add_domain_error(form, error)
            return self._ask(switch, form, error.status)
        messages.success(request, _("Switch %(switch)s is saved.") % {"switch": switch.name})
        return SeeOther(reverse("switches"))

    def _form(self, switch: Switch, data: Any = None) -> SwitchEditForm:
        initial = {
            "addresses": "\n".join(switch.addresses),
            "note": switch.note,
            "is_locked": switch.is_locked,
            "version": switch.version,
        }
        return SwitchEditForm(data, actor=self.actor, initial=initial)

    def _ask(
        self, switch: Switch, form: SwitchEditForm, status: int = 200, **more: Any
    ) -> HttpResponse:
        context = {
            **self.shared(switch.name, switch),
            "form": form,
            "submit": _("Save the switch"),
            "cancel_url": reverse("switches"),
            "state": state_words(switch, timezone.now()),
            "may_remove": switch.last_seen_at is None,
            **more,
        }
        return render(self.request, "accounts/switches/form.html", context, status=status)


class SwitchKeyView(SwitchPage):
    """Another key: the question first."""

    authorization = None
    gain = Gain.SIP

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        switch = self.find(pk)
        return self._ask(switch, KeyForm(actor=self.actor, initial={"version": switch.version}))

    @sensitive_variables("issued")
    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        switch = self.find(pk)
        form = KeyForm(request.POST, actor=self.actor)
        if not form.is_valid():
            return self._ask(switch, form, 422)
        try:
            version = form.cleaned_data["version"]
            issued = key_made(actor=self.actor, switch=switch, expected_version=version)
        except (Clash, Busy) as error:
            add_domain_error(form, error)
            form.show_again("version", str(switch.version))
            return self._ask(switch, form, error.status)
        return self.key_page(issued)

    def _ask(self, switch: Switch, form: KeyForm, status: int = 200) -> HttpResponse:
        heading = _("New key for %(switch)s") % {"switch": switch.name}
        context = {**self.shared(heading, switch), "form": form}
        return render(self.request, "accounts/switches/rotate.html", context, status=status)


class SwitchRemoveView(SwitchPage):
    """The end of one that nobody ever heard."""

    authorization = None
    gain = Gain.ENDING

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        switch = self.find(pk)
        check_never_heard(switch)
        return self._ask(switch, PortalForm(actor=self.actor))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        switch = self.find(pk)
        form = PortalForm(request.POST, actor=self.actor)
        if not form.is_valid():
            return self._ask(switch, form, 422)
        switch_removed(actor=self.actor, switch=switch)
        messages.success(request, _("Switch %(switch)s is removed.") % {"switch": switch.name})
        return SeeOther(reverse("switches"))

    def _ask(self, switch: Switch, form: PortalForm, status: int = 200) -> HttpResponse:
        heading = _("Remove %(switch)s") % {"switch": switch.name}
        context = {**self.shared(heading, switch), "form": form}
        return render(self.request, "accounts/switches/remove.html", context, status=status)
