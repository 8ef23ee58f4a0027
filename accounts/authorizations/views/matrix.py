"""A branch × the eight authorizations, at a glance."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.core.authorizations import ALL, Authorization, Codes, Level, effective
from accounts.core.exports import Export
from accounts.core.models import Account
from accounts.core.querysets import AccountQuerySet, ChainLink, chains, grants_of
from accounts.kit.sheets_out import offered
from accounts.portal.views.account_head import account_head
from accounts.portal.views.base import PortalView
from accounts.portal.views.exports import ExportView

_PAGE = 50
_CHUNK = 500


class MatrixView(PortalView):
    """Which of the eight each account of a branch holds, which of them count now, and which it
    cannot have because its agent does not hold them.
    """

    authorization = None

    def get(self, request: HttpRequest, account_id: str) -> HttpResponse:
        account = self.get_account(account_id)
        sort = "account_id" if request.GET.get("sort") == "account_id" else "tree"
        pages = Paginator(_branch(self.accounts, account, sort), _PAGE)
        shown = pages.get_page(request.GET.get("page"))
        export = reverse("accounts:authorization-matrix-export", args=[account.account_id])
        context = {
            **account_head(
                request, account, current="authorizations", page=_("Who below holds what")
            ),
            "page_heading": _("Who below holds what"),
            "codes": [{"number": one.number, "label": one.label} for one in Authorization],
            "rows": list(_rows(self.actor.visible_part, list(shown))),
            "sort": sort,
            "exports": offered(lambda kind: f"{export}?format={kind}"),
            "pager": {
                "text": _("%(first)s–%(last)s of %(count)s")
                % {
                    "first": shown.start_index(),
                    "last": shown.end_index(),
                    "count": pages.count,
                },
                "newer_url": f"?sort={sort}&page={shown.number - 1}"
                if shown.has_previous()
                else "",
                "older_url": f"?sort={sort}&page={shown.number + 1}" if shown.has_next() else "",
            },
        }
        return render(request, "accounts/authorizations/reviews/matrix.html", context)


class MatrixExportView(ExportView):
    """The same as a file."""

    authorization = None

    def exported(self, request: HttpRequest, account_id: str) -> Export:
        account = self.get_account(account_id)
        branch = _branch(self.accounts, account, "tree")
        return Export(
            what="matrix",
            account=account,
            filters={},
            name=f"{account.account_id}-authorizations",
            header=[_("Account ID"), *(f"{one.number} {one.label}" for one in Authorization)],
            count=account.sub_account_count + 1,
            keys=lambda: list(branch.values_list("pk", flat=True)),
            lines=lambda keys: self._file(branch, keys),
        )

    def _file(self, branch: AccountQuerySet, keys: Sequence[int]) -> Iterator[list[str]]:
        for start in range(0, len(keys), _CHUNK):
            some = keys[start : start + _CHUNK]
            found = {one.pk: one for one in branch.filter(pk__in=some)}
            yield from self._lines([found[pk] for pk in some if pk in found])

    def _lines(self, some: Sequence[Account]) -> Iterator[list[str]]:
        for row in _rows(self.actor.visible_part, some):
            yield [row["account"], *(str(cell["text"]) for cell in row["cells"])]


def _branch(accounts: AccountQuerySet, account: Account, sort: str) -> AccountQuerySet:
    branch = accounts.filter(tree_id=account.tree_id, lft__gte=account.lft, lft__lt=account.rght)
    return branch.order_by("account_id") if sort == "account_id" else branch.in_tree_order()


def _rows(visible: Any, accounts: Sequence[Account]) -> Iterator[dict[str, Any]]:
    """One row per account; two queries for all of them."""
    ways = chains([one.pk for one in accounts])
    held = grants_of({link.pk for way in ways.values() for link in way})
    for one in accounts:
        way = ways.get(one.pk, ())
        yield {
            "account": one.account_id,
            "name": one.name,
            "url": reverse("accounts:authorizations", args=[one.account_id]),
            "indent": max(len(visible(way)) - 1, 0),
            "cells": _cells(way, held, is_agent_known=len(visible(way)) > 1),
        }


def _cells(
    way: Sequence[ChainLink], held: dict[int, Codes], *, is_agent_known: bool
) -> list[dict[str, Any]]:
    now = timezone.now()
    nothing: Codes = frozenset()
    own = held.get(way[-1].pk, nothing) if way else nothing
    # What a level above the viewer's own holds is not told.
    agent = held.get(way[-2].pk, nothing) if is_agent_known else ALL
    counts = effective(Level(link.is_stopped(now), held.get(link.pk, nothing)) for link in way)
    cells = []
    for code in Authorization:
        if code in counts:
            cells.append({"kind": "on", "text": _("granted")})
        elif code in own:
            cells.append({"kind": "idle", "text": _("granted, does not count now")})
        elif code not in agent:
            cells.append({"kind": "na", "text": _("not available")})
        else:
            cells.append({"kind": "", "text": _("not granted")})
    return cells
