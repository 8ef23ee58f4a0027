"""What the pages of a rate group have in common: how it is found, and its head."""

from typing import Any, ClassVar

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.core.actor import decide
from accounts.core.authorizations import Authorization
from accounts.core.decisions import Decision
from accounts.core.models import Account
from accounts.kit.errors import DomainError, NotAllowed, NotInScope
from accounts.portal.breadcrumbs import Crumb
from accounts.portal.forms.base import PortalForm, add_domain_error
from accounts.portal.forms.whole import MARK
from accounts.portal.views.base import PortalView
from accounts.portal.views.responses import SeeOther
from billing.rates.queries import used_by
from billing.rates.tables import figure
from billing.wallets.models import RateGroup
from billing.wallets.queries import groups_kept, groups_seen


class GroupPage(PortalView):
    """A page about one rate group that the viewer may know."""

    abstract = True
    authorization: ClassVar[Authorization | None] = None

    def seen(self, pk: int) -> RateGroup:
        """A group whose prices the viewer may know: 404 for another one."""
        return _found(groups_seen(self.actor), pk)

    def own_account(self) -> Account | None:
        """The account whose groups the viewer makes; None: the platform."""
        own = self.actor.own
        return self.accounts.filter(pk=own.pk).first() if own else None

    def keeping(self) -> Decision:
        """Whether the viewer may make and change rate groups of its own, and why not."""
        own = self.own_account()
        return decide(self.actor, Authorization.MANAGE_ACCOUNT, own, is_agent_id=own is not None)

    def keeps(self, group: RateGroup) -> bool:
        """Whether this group is the viewer's to change."""
        return self.actor.is_administrator or group.owner_id == self.actor.account_pk

    def crumbs(self, *more: Crumb) -> list[Crumb]:
        return [Crumb(_("Rate groups"), reverse("billing:rate-groups")), *more]

    def group_crumbs(self, group: RateGroup, page: Any) -> list[Crumb]:
        url = reverse("billing:rate-group", args=[group.pk])
        return self.crumbs(Crumb(group.name, url), Crumb(page))


class KeptGroupPage(GroupPage):
    """A page that changes one group of the viewer's own."""

    abstract = True
    authorization = Authorization.MANAGE_ACCOUNT

    def kept(self, pk: int) -> RateGroup:
        """A group the viewer may change: 404 for another one, 403 without authorization 1."""
        own = self.own_account()
        group = _found(groups_kept(self.actor).select_related("owner"), pk)
        self.require(own, is_agent_id=own is not None)
        return group


class GroupDeedPage(KeptGroupPage):
    """A form about a group, or a rate of it. Where accounts buy at the group, what it would change
    is shown first, and done when it is sent again with `confirmed`.
    """

    abstract = True
    template = "billing/rates/form.html"
    # Whether accounts that use the group feel it.
    is_felt = True

    def heading(self, group: RateGroup) -> str:
        raise NotImplementedError

    def submit(self, group: RateGroup) -> str:
        """The deed in words."""
        raise NotImplementedError

    def form(self, group: RateGroup, data: Any = None) -> PortalForm:
        raise NotImplementedError

    def act(self, group: RateGroup, form: PortalForm) -> str:
        """Do it; return where to go on. Raises the errors of the service."""
        raise NotImplementedError

    def effects(self, group: RateGroup, form: PortalForm) -> list[tuple[Any, Any]]:
        """(what, before → after) of a valid form, for the check page."""
        return []

    def more(self, group: RateGroup) -> dict[str, Any]:
        """What the template shows in addition."""
        return {}

    def find(self, pk: int) -> RateGroup:
        """The group it is about; 404 for another one, 403 without the authorization."""
        return self.kept(pk)

    def get(self, request: HttpRequest, pk: int, **_more: int) -> HttpResponse:
        group = self.find(pk)
        return self._ask(group, self.form(group))

    def post(self, request: HttpRequest, pk: int, **_more: int) -> HttpResponse:
        group = self.find(pk)
        form = self.form(group, request.POST)
        if not form.is_valid():
            return self._ask(group, form, status=422)
        if "change" in request.POST:
            return self._ask(group, form)
        accounts, batches = used_by(self.actor, group) if self.is_felt else (0, 0)
        if (accounts or batches) and "confirmed" not in request.POST:
            return self._check(group, form, accounts, batches)
        try:
            url = self.act(group, form)
        except (NotAllowed, NotInScope):
            raise
        except DomainError as error:
            add_domain_error(form, error)
            return self._ask(group, form, status=error.status)
        return SeeOther(url)

    def _check(
        self, group: RateGroup, form: PortalForm, accounts: int, batches: int
    ) -> HttpResponse:
        context = {
            **self._shared(group),
            "effects": self.effects(group, form),
            "users": figure(accounts),
            "count": accounts,
            "batches": batches,
            "hidden": [
                (name, value)
                for name in (*form.fields, MARK)
                for value in form.data.getlist(name)  # type: ignore[attr-defined]
            ],
        }
        return render(self.request, "billing/rates/check.html", context)

    def _ask(self, group: RateGroup, form: PortalForm, status: int = 200) -> HttpResponse:
        context = {**self._shared(group), "form": form, **self.more(group)}
        return render(self.request, self.template, context, status=status)

    def _shared(self, group: RateGroup) -> dict[str, Any]:
        heading = self.heading(group)
        return {
            "group": group,
            "page_heading": heading,
            "crumbs": self.group_crumbs(group, heading),
            "submit": self.submit(group),
            "cancel_url": self.cancel_url(group),
        }

    def cancel_url(self, group: RateGroup) -> str:
        return reverse("billing:rate-group", args=[group.pk])


def _found(groups: Any, pk: int) -> RateGroup:
    group: RateGroup | None = groups.filter(pk=pk).first()
    if group is None:
        raise Http404
    return group
