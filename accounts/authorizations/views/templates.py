"""Templates and tiers: the platform's, kept by administrators, and an agent's own."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.authorizations.forms.authorizations import TemplateForm, VersionForm
from accounts.authorizations.queries.templates import TemplateUse, templates_of, uses_of
from accounts.authorizations.rules.templates import belongs_to
from accounts.authorizations.services.templates import (
    template_create,
    template_delete,
    template_edit,
)
from accounts.authorizations.views.boxes import numbers
from accounts.core.actor import check_allowed
from accounts.core.authorizations import Authorization, codes_from, in_order
from accounts.core.models import AuthorizationTemplate
from accounts.kit.errors import Busy, NotAllowed, Refused
from accounts.portal.breadcrumbs import Crumb
from accounts.portal.forms.base import add_domain_error
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


class TemplatesView(_TemplatesView):
    """All templates and tiers the actor may start from, and how much each is in use."""

    authorization = None

    def get(self, request: HttpRequest) -> HttpResponse:
        self.check()
        templates = list(templates_of(self.actor))
        uses = uses_of(self.actor, templates)
        rows = [self._row(one, uses.get(one.pk, TemplateUse())) for one in templates]
        groups = [
            (_("Templates"), [x for x in rows if not x["is_own"] and x["kind"] == _Kind.TEMPLATE]),
            (_("Tiers"), [x for x in rows if not x["is_own"] and x["kind"] == _Kind.TIER]),
        ]
        if self.actor.own is not None:
            groups.append((_("Yours"), [x for x in rows if x["is_own"]]))
        context = {
            "groups": [
                {"name": name, "rows": group, "id": f"group-{at}"}
                for at, (name, group) in enumerate(groups)
            ],
            "may_edit_platform": self.actor.is_administrator,
        }
        return render(request, "accounts/authorizations/templates.html", context)

    def _row(self, one: AuthorizationTemplate, use: TemplateUse) -> dict[str, Any]:
        codes = codes_from(one.codes)
        return {
            "template": one,
            "kind": one.kind,
            "is_own": one.owner_id is not None,
            "may_edit": belongs_to(self.actor, one) and not self.actor.read_only,
            "numbers": numbers(codes),
            "labels": ", ".join(f"{code.number} {code.label}" for code in in_order(codes)),
            "use": use,
        }


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
