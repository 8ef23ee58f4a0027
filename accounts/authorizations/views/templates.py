"""Templates and tiers: the platform's, kept by administrators, and an agent's own."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.authorizations.filters import TemplateFilter
from accounts.authorizations.forms.authorizations import TemplateForm, VersionForm
from accounts.authorizations.queries.templates import TemplateUse, templates_of, uses_of
from accounts.authorizations.rules.templates import belongs_to
from accounts.authorizations.services.templates import (
    template_create,
    template_delete,
    template_edit,
)
from accounts.authorizations.tables.templates import COLUMNS, TemplateRow
from accounts.core.actor import check_allowed
from accounts.core.authorizations import Authorization
from accounts.core.models import AuthorizationTemplate
from accounts.kit.errors import Busy, NotAllowed, Refused
from accounts.portal.breadcrumbs import Crumb
from accounts.portal.forms.base import add_domain_error
from accounts.portal.list_parts import ProductView
from accounts.portal.lists.parts import Button, Empty, Words
from accounts.portal.lists.state import ListState
from accounts.portal.lists.views.list import ListPage
from accounts.portal.lists.views.numbered import NumberedPages
from accounts.portal.views.base import PortalView
from accounts.portal.views.responses import SeeOther

_Kind = AuthorizationTemplate.Kind


class _TemplatesView(PortalView):
    """Administrators, and accounts whose authorization 1 counts, come here."""

    abstract = True

    def check(self) -> None:
        """Raise NotAllowed unless the actor may keep templates."""
        if self.actor.own is None:
            check_allowed(self.actor, Authorization.MANAGE_ACCOUNT, None)
        else:
            own = self.accounts.get(pk=self.actor.own.pk)
            check_allowed(self.actor, Authorization.MANAGE_ACCOUNT, own, is_agent_id=True)

    def find(self, pk: int) -> AuthorizationTemplate:
        """The template of the address: 404 for one the actor cannot see, 403 for one it cannot
        change.
        """
        one = templates_of(self.actor).filter(pk=pk).first()
        if one is None:
            raise Http404
        self.check()
        if not belongs_to(self.actor, one):
            raise NotAllowed(
                _("The platform's templates are kept by administrators."),
                code="administrators_only",
            )
        return one

    def crumbs(self, heading: str) -> list[Crumb]:
        return [Crumb(_("Templates"), reverse("templates")), Crumb(heading)]


class TemplatesView(ListPage, _TemplatesView, NumberedPages):
    """All templates and tiers the actor may start from, and how much each is in use."""

    authorization = None
    what = "templates"
    heading = gettext_lazy("Templates")
    template = "accounts/authorizations/templates.html"
    columns = COLUMNS
    filter_class = TemplateFilter
    views = (
        ProductView(gettext_lazy("Yours"), {"owner": "own"}),
        ProductView(gettext_lazy("Tiers"), {"kind": _Kind.TIER.value}),
        ProductView(gettext_lazy("In use"), {"use": "some"}),
        ProductView(gettext_lazy("Not in use"), {"use": "none"}),
    )
    fixed_size = 100
    table_css = "list-templates"
    has_groups = True
    words = Words(
        search=gettext_lazy("Search and filter these templates"),
        every=gettext_lazy("All templates"),
        find=gettext_lazy("Name or note"),
        no_match=gettext_lazy("No template matches these filters"),
    )

    def get(self, request: HttpRequest, account_id: str = "") -> HttpResponseBase:
        self.check()
        return super().get(request, account_id)

    def base(self, is_all: bool) -> QuerySet[AuthorizationTemplate]:
        return templates_of(self.actor)

    def ordered(self, rows: QuerySet[AuthorizationTemplate]) -> QuerySet[AuthorizationTemplate]:
        """As they are offered."""
        return rows

    def filter_options(self, is_all: bool) -> dict[str, Any]:
        return {"actor": self.actor}

    def rows(
        self, objects: Sequence[AuthorizationTemplate], names: Collection[str]
    ) -> list[TemplateRow]:
        uses = uses_of(self.actor, objects)
        may_write = not self.actor.read_only
        return [
            TemplateRow(
                one, uses.get(one.pk, TemplateUse()), may_write and belongs_to(self.actor, one)
            )
            for one in objects
        ]

    def key(self, row: TemplateRow) -> str:
        return str(row.template.key)

    def attributes(self, row: TemplateRow) -> Mapping[str, str]:
        return {"data-template": row.template.key}

    def group(self, row: TemplateRow) -> str:
        return row.group

    def head_buttons(self, state: ListState) -> Sequence[Button]:
        if self.actor.read_only:
            return ()
        return [Button(_("New template"), reverse("template-new"), "plus", is_primary=True)]

    def title(self, state: ListState) -> Any:
        return self.heading

    def caption(self, state: ListState) -> Any:
        return _("Templates and tiers")

    def first_use(self, state: ListState) -> Empty:
        return Empty(
            _("No templates yet"), _("Named sets of authorizations to start from appear here.")
        )

    def more(self, state: ListState) -> dict[str, Any]:
        return {"below": "accounts/authorizations/_templates_say.html"}


class TemplateNewView(_TemplatesView):
    authorization = None

    def get(self, request: HttpRequest) -> HttpResponse:
        self.check()
        return self._page(TemplateForm(actor=self.actor))

    def post(self, request: HttpRequest) -> HttpResponse:
        self.check()
        form = TemplateForm(request.POST, actor=self.actor)
        if not form.is_valid():
            return self._page(form, status=422)
        try:
            made = template_create(
                actor=self.actor,
                name=form.cleaned_data["name"],
                codes=form.chosen(),
                kind=form.cleaned_data["kind"],
                note=form.cleaned_data["note"],
            )
        except (Refused, Busy) as error:
            add_domain_error(form, error)
            return self._page(form, status=error.status)
        messages.success(request, _("The template %(name)s is made.") % {"name": made.name})
        return SeeOther("templates")

    def _page(self, form: TemplateForm, status: int = 200) -> HttpResponse:
        heading = _("New template")
        context = {
            "form": form,
            "page_heading": heading,
            "crumbs": self.crumbs(heading),
            "submit": _("Make the template"),
            "is_platform": self.actor.own is None,
        }
        return render(self.request, "accounts/authorizations/template.html", context, status=status)


class TemplateEditView(_TemplatesView):
    authorization = None

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        one = self.find(pk)
        values = {name: getattr(one, name) for name in ("name", "kind", "codes", "note", "version")}
        return self._page(one, TemplateForm(actor=self.actor, initial=values))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        one = self.find(pk)
        form = TemplateForm(request.POST, actor=self.actor)
        if not form.is_valid():
            return self._page(one, form, status=422)
        try:
            saved = template_edit(
                actor=self.actor,
                template=one,
                name=form.cleaned_data["name"],
                codes=form.chosen(),
                kind=form.cleaned_data["kind"],
                note=form.cleaned_data["note"],
                expected_version=form.cleaned_data["version"] or 0,
            )
        except (Refused, Busy) as error:
            add_domain_error(form, error)
            return self._page(one, form, status=error.status)
        messages.success(
            request,
            _("The template %(name)s is saved. No account changes by that.") % {"name": saved.name},
        )
        return SeeOther("templates")

    def _page(
        self, one: AuthorizationTemplate, form: TemplateForm, status: int = 200
    ) -> HttpResponse:
        heading = _("Edit %(name)s") % {"name": one.name}
        context = {
            "form": form,
            "template": one,
            "use": uses_of(self.actor, [one]).get(one.pk, TemplateUse()),
            "page_heading": heading,
            "crumbs": self.crumbs(heading),
            "submit": _("Save the template"),
            "is_platform": one.owner_id is None,
        }
        return render(self.request, "accounts/authorizations/template.html", context, status=status)


class TemplateDeleteView(_TemplatesView):
    authorization = None

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        one = self.find(pk)
        return self._page(one, VersionForm(initial={"version": one.version}))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        one = self.find(pk)
        form = VersionForm(request.POST)
        if not form.is_valid():
            again = VersionForm(initial={"version": one.version})
            return self._page(one, again, sent=form, status=422)
        template_delete(
            actor=self.actor, template=one, expected_version=form.cleaned_data["version"]
        )
        messages.success(request, _("The template %(name)s is deleted.") % {"name": one.name})
        return SeeOther("templates")

    def _page(
        self, one: AuthorizationTemplate, form: Any, *, sent: Any = None, status: int = 200
    ) -> HttpResponse:
        heading = _("Delete %(name)s") % {"name": one.name}
        context = {
            "form": form,
            "sent": sent,
            "template": one,
            "use": uses_of(self.actor, [one]).get(one.pk, TemplateUse()),
            "page_heading": heading,
            "crumbs": self.crumbs(heading),
        }
        return render(
            self.request, "accounts/authorizations/template_delete.html", context, status=status
        )
