"""The views of lists that people save for themselves: saving one, and putting them in order."""

from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.core.models import User
from accounts.kit.errors import Refused
from accounts.kit.object_keys import object_number
from accounts.logins.forms.saved_views import ViewForm
from accounts.logins.models import SavedView
from accounts.logins.queries import opening_view_of, saved_view_of, saved_views_of
from accounts.logins.services.saved_views import (
    LONGEST_NAME,
    view_delete,
    view_move,
    view_open_with,
    view_rename,
    view_save,
)
from accounts.portal.breadcrumbs import Crumb
from accounts.portal.forms.base import add_domain_error
from accounts.portal.lists.state import PLAIN
from accounts.portal.lists.views.declared import lists_named
from accounts.portal.views.answers import answer, check_answered
from accounts.portal.views.base import PortalView
from accounts.portal.views.responses import SeeOther, way_back

_MOVES = {"left": -1, "right": 1}
# Whether the list opens with the view from then on.
_OPENS = {"open": True, "leave": False}


class _ViewsPage(PortalView):
    """What the pages of saved views share."""

    abstract = True

    @property
    def login(self) -> User:
        return cast(User, self.request.user)

    def heading_of(self, of_list: str) -> Any:
        """What the list of this name is called; there is no page where there is no list."""
        if of_list not in lists_named:
            raise Http404
        return lists_named[of_list].heading

    def list_path(self, asked: str) -> str:
        """The list that led here; "" where none is named."""
        return way_back(self.request, asked, "").partition("?")[0]


class ViewSaveView(_ViewsPage):
    """Keep what a list shows under a name, and go back to it."""

    authorization = None
    http_method_names = ["post"]

    def post(self, request: HttpRequest, of_list: str) -> HttpResponse:
        heading = self.heading_of(of_list)
        path = self.list_path(request.POST.get("next", "")) or reverse("dashboard")
        form = ViewForm(request.POST, actor=self.actor)
        if form.is_valid():
            asks = form.asked()
            try:
                view = view_save(
                    actor=self.actor,
                    of_list=of_list,
                    name=form.cleaned_data["name"],
                    asks=asks,
                    replaces="replaces" in request.POST,
                )
            except Refused as error:
                add_domain_error(form, error)
            else:
                messages.success(request, _("The view “%(view)s” is saved.") % {"view": view.name})
                return SeeOther(f"{path}?{urlencode(asks) or PLAIN}")
        words = _("Save a view")
        context = {
            "form": form,
            "page_heading": words,
            "crumbs": [Crumb(heading, path), Crumb(words)],
            "list_path": path,
            "cancel_url": f"{path}?{form.data.get('asks', '')}",
            "may_replace": form.has_error("name", code="name_taken"),
        }
        template = "accounts/logins/saved_views/save.html"
        return render(request, template, context, status=422)


class ViewsView(_ViewsPage):
    """One's own views of a list, in the order of their tabs; posted to, one of them gets another
    name or place, or is deleted.
    """

    authorization = None

    def get(self, request: HttpRequest, of_list: str) -> HttpResponse:
        return self.page(of_list, request.GET.get("next", ""))

    def post(self, request: HttpRequest, of_list: str) -> HttpResponse:
        check_answered(request, "view")
        deed = answer(request, "deed", "rename", "delete", *_MOVES, *_OPENS)
        view = self.find(of_list, request.POST["view"])
        came = request.POST.get("next", "")
        if deed == "rename":
            check_answered(request, "name")
            try:
                view_rename(actor=self.actor, view=view, name=request.POST["name"])
            except Refused as error:
                return self.page(of_list, came, view, error.message)
        elif deed == "delete":
            view_delete(actor=self.actor, view=view)
            messages.success(request, _("The view “%(view)s” is deleted.") % {"view": view.name})
        elif deed in _OPENS:
            view_open_with(actor=self.actor, view=view, opens=_OPENS[deed])
        else:
            view_move(actor=self.actor, view=view, by=_MOVES[deed])
        query = urlencode({"next": self.list_path(came)})
        return SeeOther(f"{reverse('views', args=[of_list])}?{query}")

    def find(self, of_list: str, key: str) -> SavedView:
        number = object_number(SavedView.key_kind, key)
        view = None if number is None else saved_view_of(self.login, number, of_list)
        if view is None:
            raise Http404
        return view

    def page(
        self, of_list: str, asked: str, wrong: SavedView | None = None, error: Any = ""
    ) -> HttpResponse:
        """`wrong`: the view whose new name was refused, and why."""
        heading = self.heading_of(of_list)
        path = self.list_path(asked)
        # Nobody has any while looking as somebody else.
        views = [] if self.actor.read_only else saved_views_of(self.login, of_list)
        opening = opening_view_of(self.login, of_list)
        last = len(views) - 1
        context = {
            "page_heading": _("Your views: %(list)s") % {"list": heading},
            "crumbs": [Crumb(heading, path), Crumb(_("Your views"))],
            "list_path": path,
            "longest": LONGEST_NAME,
            "rows": [
                {
                    "view": one,
                    "is_first": at == 0,
                    "is_last": at == last,
                    "opens": one.pk == opening,
                    "error": error if wrong is not None and one.pk == wrong.pk else "",
                }
                for at, one in enumerate(views)
            ],
        }
        template = "accounts/logins/saved_views/views.html"
        return render(self.request, template, context, status=422 if wrong else 200)
