"""The list of rate groups; a group that is made, changed, copied or deleted."""

from collections.abc import Collection, Sequence
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.db.models.functions import Lower
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.core.authorizations import Authorization
from accounts.kit.errors import DomainError, NotAllowed, NotInScope
from accounts.kit.moments import asked_now
from accounts.kit.pagination import SortKey
from accounts.portal.breadcrumbs import Crumb
from accounts.portal.forms.base import PortalForm, add_domain_error
from accounts.portal.list_parts import ProductView
from accounts.portal.lists.parts import Button, Empty, Words
from accounts.portal.lists.state import ListState
from accounts.portal.lists.views.export import ListExport
from accounts.portal.lists.views.list import ListPage, ListView
from accounts.portal.views.responses import SeeOther
from billing.rates.filters import GroupFilter
from billing.rates.forms.groups import (
    CopyForm,
    GroupEditForm,
    GroupForm,
    TiersForm,
    tier_lines,
)
from billing.rates.queries import alive_count, figures_of, tiers_of, uses_of
from billing.rates.rules import check_unused
from billing.rates.services.copying import MOST_AT_ONCE, copy_start, group_copy
from billing.rates.services.groups import (
    group_change,
    group_create,
    group_delete,
    tiers_set,
)
from billing.rates.tables import GROUP_COLUMNS, figure, group_row
from billing.rates.views.base import GroupDeedPage, GroupPage
from billing.wallets.models import RateGroup
from billing.wallets.queries import groups_seen


class GroupsList(ListView):
    """The groups whose prices the viewer may know, by name."""

    abstract = True
    what = "rate_groups"
    heading = gettext_lazy("Rate groups")
    columns = GROUP_COLUMNS
    filter_class = GroupFilter
    first_order = ("name", SortKey(Lower("name"), str), False)
    words = Words(
        search=gettext_lazy("Rate groups"),
        every=gettext_lazy("All rate groups"),
        find=gettext_lazy("Name or memo"),
        file=gettext_lazy("%(kind)s, these rate groups"),
        no_match=gettext_lazy("No rate group matches"),
        no_match_text=gettext_lazy("Clear the search to see all of them."),
        clear=gettext_lazy("Clear"),
    )

    def base(self, is_all: bool) -> QuerySet[RateGroup]:
        return groups_seen(self.actor)

    def read_with(self, rows: QuerySet[RateGroup], names: Collection[str]) -> QuerySet[RateGroup]:
        return rows.select_related("owner")

    def product_views(self) -> Sequence[ProductView]:
        # In the words of the filter, which differ by who looks.
        choices = self.filter_class(actor=self.actor).filters["owner"].extra["choices"]
        return [ProductView(label, {"owner": value}) for value, label in choices]

    def filter_options(self, is_all: bool) -> dict[str, Any]:
        return {"actor": self.actor}

    def rows(self, objects: Sequence[RateGroup], names: Collection[str]) -> list[dict[str, Any]]:
        figures = figures_of(self.actor, objects, asked_now())
        return [group_row(self.actor, one, figures[one.pk]) for one in objects]

    def key(self, row: dict[str, Any]) -> str:
        return str(row["name"])

    def export_url(self) -> str:
        return reverse("billing:rate-groups-export")


class GroupsView(ListPage, GroupPage, GroupsList):
    """Rate groups, and the way to a new one."""

    authorization = None

    def head_buttons(self, state: ListState) -> Sequence[Button]:
        buttons = [Button(_("Compare two"), reverse("billing:rate-compare"), "updown")]
        if self.keeping().is_allowed:
            url = reverse("billing:rate-group-new")
            buttons.append(Button(_("New rate group"), url, "plus", is_primary=True))
        return buttons

    def first_use(self, state: ListState) -> Empty:
        title = _("No rate groups yet")
        if not self.keeping().is_allowed:
            return Empty(title, _("Prices you buy at, and those shared with you, appear here."))
        text = _(
            "A rate group is a price list: what numbers cost by their prefix. Accounts buy at one;"
            " without one they cannot call."
        )
        url = reverse("billing:rate-group-new")
        return Empty(title, text, url, _("New rate group"), "plus", art=True)


class GroupsExportView(ListExport, GroupsList):
    """The same as a file."""

    authorization = None


class GroupNewView(GroupPage):
    """A group of one's own."""

    authorization = Authorization.MANAGE_ACCOUNT

    def get(self, request: HttpRequest) -> HttpResponse:
        self._permitted()
        own = self.own_account()
        initial = {"time_zone": own.time_zone if own else "UTC"}
        return self._ask(GroupForm(actor=self.actor, initial=initial))

    def post(self, request: HttpRequest) -> HttpResponse:
        self._permitted()
        form = GroupForm(request.POST, actor=self.actor)
        if not form.is_valid():
            return self._ask(form, status=422)
        try:
            group = group_create(actor=self.actor, **form.values())
        except (NotAllowed, NotInScope):
            raise
        except DomainError as error:
            add_domain_error(form, error)
            return self._ask(form, status=error.status)
        messages.success(request, _("%(name)s is made: add rates to it.") % {"name": group.name})
        return SeeOther(reverse("billing:rate-group", args=[group.pk]))

    def _permitted(self) -> None:
        own = self.own_account()
        self.require(own, is_agent_id=own is not None)

    def _ask(self, form: GroupForm, status: int = 200) -> HttpResponse:
        heading = _("New rate group")
        context = {
            "form": form,
            "page_heading": heading,
            "crumbs": self.crumbs(Crumb(heading)),
            "submit": _("Make the rate group"),
            "cancel_url": reverse("billing:rate-groups"),
        }
        return render(self.request, "billing/rates/form.html", context, status=status)


class GroupEditView(GroupDeedPage):
    """Its name, zone, memo, and whether it is shared."""

    is_felt = False

    def heading(self, group: RateGroup) -> str:
        return _("Edit %(name)s") % {"name": group.name}

    def submit(self, group: RateGroup) -> str:
        return _("Save")

    def form(self, group: RateGroup, data: Any = None) -> GroupEditForm:
        names = ("name", "time_zone", "is_shared", "memo", "version")
        initial = {name: getattr(group, name) for name in names}
        return GroupEditForm(data, actor=self.actor, initial=initial)

    def act(self, group: RateGroup, form: PortalForm) -> str:
        assert isinstance(form, GroupEditForm)
        group_change(
            actor=self.actor,
            group=group,
            expected_version=form.cleaned_data["version"],
            **form.values(),
        )
        messages.success(self.request, _("The rate group is saved."))
        return self.cancel_url(group)


class GroupCopyView(GroupDeedPage):
    """A group of one's own out of one that is seen, with other prices."""

    is_felt = False
    template = "billing/rates/copy.html"

    def find(self, pk: int) -> RateGroup:
        group = self.seen(pk)
        own = self.own_account()
        self.require(own, is_agent_id=own is not None)
        return group

    def heading(self, group: RateGroup) -> str:
        return _("Copy %(name)s") % {"name": group.name}

    def submit(self, group: RateGroup) -> str:
        return _("Make the copy")

    def form(self, group: RateGroup, data: Any = None) -> CopyForm:
        return CopyForm(data, actor=self.actor)

    def act(self, group: RateGroup, form: PortalForm) -> str:
        assert isinstance(form, CopyForm)
        wanted = {
            "name": form.cleaned_data["name"],
            "mark_up": form.mark_up(),
            "memo": form.cleaned_data["memo"],
        }
        if self._is_long(group):
            job = copy_start(actor=self.actor, group=group, **wanted)
            return reverse("job", args=[job.pk])
        copy = group_copy(actor=self.actor, group=group, **wanted)
        messages.success(self.request, _("%(name)s is made.") % {"name": copy.name})
        return reverse("billing:rate-group", args=[copy.pk])

    def more(self, group: RateGroup) -> dict[str, Any]:
        return {"is_long": self._is_long(group), "most": figure(MOST_AT_ONCE)}

    def _is_long(self, group: RateGroup) -> bool:
        return alive_count(group, timezone.now(), MOST_AT_ONCE) > MOST_AT_ONCE


class GroupDeleteView(GroupDeedPage):
    """Really deleted, with its rates; one that is in use is not."""

    is_felt = False
    template = "billing/rates/delete.html"

    def get(self, request: HttpRequest, pk: int, **more: int) -> HttpResponse:
        group = self.kept(pk)
        check_unused(group, uses_of(group))
        return super().get(request, pk, **more)

    def heading(self, group: RateGroup) -> str:
        return _("Delete %(name)s") % {"name": group.name}

    def submit(self, group: RateGroup) -> str:
        return _("Delete the rate group and its rates")

    def form(self, group: RateGroup, data: Any = None) -> PortalForm:
        return PortalForm(data, actor=self.actor)

    def act(self, group: RateGroup, form: PortalForm) -> str:
        group_delete(actor=self.actor, group=group)
        messages.success(self.request, _("%(name)s is deleted.") % {"name": group.name})
        return reverse("billing:rate-groups")


class TiersView(GroupDeedPage):
    """The volume tiers of a group."""

    def heading(self, group: RateGroup) -> str:
        return _("Volume tiers of %(name)s") % {"name": group.name}

    def submit(self, group: RateGroup) -> str:
        return _("Save the volume tiers")

    def form(self, group: RateGroup, data: Any = None) -> TiersForm:
        initial = {"tiers": tier_lines(tiers_of(group)), "version": group.version}
        return TiersForm(data, actor=self.actor, initial=initial)

    def effects(self, group: RateGroup, form: PortalForm) -> list[tuple[Any, Any]]:
        lines = [
            _("from %(minutes)s minutes: %(percent)s %%")
            % {"minutes": f"{minutes:,}", "percent": f"{hundredths / 100:g}"}
            for minutes, hundredths in form.cleaned_data["tiers"]
        ]
        return [(_("Volume tiers"), ", ".join(lines) or _("none"))]

    def act(self, group: RateGroup, form: PortalForm) -> str:
        tiers_set(
            actor=self.actor,
            group=group,
            tiers=form.cleaned_data["tiers"],
            expected_version=form.cleaned_data["version"],
        )
        messages.success(self.request, _("The volume tiers are saved."))
        return self.cancel_url(group)
