"""Files of lists: short ones are made while somebody waits, long ones by a job whose page is the
answer.
"""

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase, QueryDict
from django.urls import Resolver404, resolve
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.core.actor import Actor
from accounts.core.exports import Export, export_recorded
from accounts.jobs.services.exports import export_start
from accounts.kit.errors import NotAllowed, NotInScope
from accounts.kit.moments import as_of
from accounts.kit.sheets_out import IN_REQUEST, file_name, kind_asked, sent, written
from accounts.portal.views.base import OtherCase, PortalView
from accounts.portal.views.responses import SeeOther


class AnswersFiles:
    """A page that has a file as well. What it answers follows from its address, the actor and the
    moment alone, so that a worker can make it (`export_of`).
    """

    # What the file of this address holds, given the request and what the address names, as a page
    # is. Refuses as a page does.
    exported: Callable[..., Export]

    def file_answer(self, request: HttpRequest, **address: Any) -> HttpResponseBase:
        """The file, on record with the rows that are in it; or the page of the job that makes it.
        Raises Refused where it is more than a job makes.
        """
        kind, asked_at = kind_asked(request), timezone.now()
        with as_of(asked_at):
            export = self.exported(request, **address)
        actor: Actor = request.actor  # type: ignore[attr-defined]
        if export.count > IN_REQUEST:
            query = request.META.get("QUERY_STRING", "")
            job = export_start(
                actor=actor,
                address=f"{request.path_info}?{query}",
                kind=kind,
                export=export,
                asked_at=asked_at,
            )
            return SeeOther("job", job.pk)
        with timezone.override(export.zone) if export.zone else nullcontext():
            file, count = written(kind, export.header, export.lines(export.keys()))
            name = file_name(export.name, kind)
        export_recorded(
            actor=actor,
            what=export.what,
            account=export.account,
            filters=export.filters,
            rows=count,
        )
        return sent(file, kind, name)


class ExportView(AnswersFiles, PortalView):
    """An address that is a file and nothing else."""

    abstract = True
    in_view_as = False

    def get(self, request: HttpRequest, **address: Any) -> HttpResponseBase:
        return self.file_answer(request, **address)


def export_of(actor: Actor, address: str) -> Export:
    """What an address of a file answers to this actor, now or `as_of` another moment. Raises
    NotInScope, NotAllowed, Refused.
    """
    path, _mark, query = address.partition("?")
    try:
        match = resolve(path)
    except Resolver404 as error:
        raise NotInScope(_gone()) from error
    view_class: Any = getattr(match.func, "view_class", None)
    if not (isinstance(view_class, type) and issubclass(view_class, AnswersFiles)):
        raise NotInScope(_gone())
    request = HttpRequest()
    request.method, request.path, request.path_info = "GET", path, path
    request.META["QUERY_STRING"] = query
    request.GET = QueryDict(query)
    request.user, request.actor = actor.user, actor  # type: ignore[assignment, attr-defined]
    request.resolver_match = match
    view: Any = view_class()
    view.setup(request, *match.args, **match.kwargs)
    if actor.kind not in view.audience:
        raise NotAllowed(_gone(), code="audience")
    try:
        export: Export = view.exported(request, *match.args, **match.kwargs)
    except (Http404, OtherCase) as error:
        raise NotInScope(_gone()) from error
    return export


def _gone() -> str:
    return _("What this file is about is not there any more, or not for you.")
