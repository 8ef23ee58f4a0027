"""The review of grants: what is unused or due, kept or revoked with a note, and the evidence."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.authorizations.forms.reviews import ReviewDecisionForm, ReviewFilterForm
from accounts.authorizations.services.grants import grants_below
from accounts.authorizations.services.reviews import (
    MOST,
    Which,
    grants_for_review,
    review_keep,
    review_revoke,
)
from accounts.core.actor import Actor
from accounts.core.authorizations import Authorization, Risk, codes_from
from accounts.core.exports import export_recorded
from accounts.core.models import Account, AccountGrant
from accounts.core.querysets import in_scope
from accounts.core.scope import Scope
from accounts.kit.errors import Busy, NotInScope, Refused
from accounts.kit.object_keys import typed_number
from accounts.kit.sheets_out import MOST_ROWS, download, kind_asked
from accounts.portal.breadcrumbs import Crumb, paths
from accounts.portal.forms.base import add_domain_error
from accounts.portal.views.answers import answer
from accounts.portal.views.base import PortalView
from accounts.portal.views.responses import SeeOther

_PAGE = 50
_ORDER = ("content_object__tree_id", "content_object__lft", "permission__codename")


class ReviewsBase(PortalView):
    """What the pages of the review share."""

    abstract = True

    def which(self) -> Which:
        asked = self.request.GET.get("show", "")
        return Which(asked) if asked in list(Which) else Which.UNUSED

    def listed(self, form: ReviewFilterForm) -> "QuerySet[Any, Any]":
        """The grants of the list, filtered; none while a filter is wrong."""
        grants = grants_for_review(self.actor, self.which()).order_by(*_ORDER)
        if not form.is_valid():
            return grants.none()
        values = form.cleaned_data
        if values["code"]:
            grants = grants.filter(code=values["code"])
        if values["risk"]:
            wanted = [one.value for one in Authorization if one.risk == values["risk"]]
            grants = grants.filter(code__in=wanted)
        if form.branch:
            grants = grants.filter(in_scope(Scope.of(form.branch.pk), "content_object"))
        return grants

    def filter_form(self) -> ReviewFilterForm:
        names = ("code", "risk", "agent")
        data = {name: self.request.GET.get(name, "") for name in names}
        return ReviewFilterForm(data, actor=self.actor)


class ReviewsView(ReviewsBase):
    """GET lists; POST keeps, shows what revoking would do, or revokes."""

    authorization = None

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._list()

    def post(self, request: HttpRequest) -> HttpResponseBase:
        chosen = _numbers(request.POST.getlist("grant")[: MOST + 1])
        back = request.get_full_path()
        if not chosen:
            messages.warning(request, _("Nothing was selected."))
            return SeeOther(back)
        revokes = answer(request, "decision", "keep", "revoke") == "revoke"
        form = ReviewDecisionForm(request.POST, actor=self.actor, must_explain=revokes)
        try:
            if not revokes:
                return self._keep(form, chosen, back)
            if "confirmed" not in request.POST:
                empty = ReviewDecisionForm(actor=self.actor, must_explain=True)
                return self._check(empty, chosen)
            if not form.is_valid():
                return self._check(form, chosen, status=422)
            count = review_revoke(actor=self.actor, grants=chosen, note=form.cleaned_data["note"])
        except NotInScope as error:
            messages.warning(request, str(error.message))
            return SeeOther(back)
        except (Refused, Busy) as error:
            if not revokes or not form.is_bound:
                messages.warning(request, str(error.message))
                return SeeOther(back)
            form.is_valid()
            add_domain_error(form, error)
            return self._check(form, chosen, status=error.status)
        done = ngettext(
            "Revoked from %(count)s account, and from everything below it.",
            "Revoked from %(count)s accounts, and from everything below them.",
            count,
        )
        messages.success(request, done % {"count": count})
        return SeeOther(back)

    def _keep(self, form: ReviewDecisionForm, chosen: list[int], back: str) -> HttpResponseBase:
        if not form.is_valid():
            messages.warning(self.request, " ".join(map(str, form.errors["note"])))
            return self._list(status=422)
        count = review_keep(actor=self.actor, grants=chosen, note=form.cleaned_data["note"])
        done = ngettext("%(count)s grant stays.", "%(count)s grants stay.", count)
        messages.success(self.request, done % {"count": count})
        return SeeOther(back)

    def _list(self, status: int = 200) -> HttpResponse:
        form = self.filter_form()
        pages = Paginator(self.listed(form), _PAGE)
        shown = pages.get_page(self.request.GET.get("page"))
        grants = list(shown)
        ways = paths(self.actor, [one.content_object for one in grants])
        context = {
            "form": form,
            "which": self.which(),
            "tabs": self._tabs(),
            "rows": [_row(self.actor, one, ways) for one in grants],
            "pager": self._pager(pages, shown),
            "is_filtered": any(form.data.values()),
            "clear_url": f"?show={self.which()}",
            "exports": [
                (kind.upper(), f"{reverse('reviews-export')}?{self._query(format=kind)}")
                for kind in ("csv", "xlsx")
            ],
        }
        status = 422 if form.errors else status
        return render(
            self.request, "accounts/authorizations/reviews/list.html", context, status=status
        )

    def _query(self, **changes: Any) -> str:
        values = {**self.request.GET.dict(), **changes}
        return urlencode({name: value for name, value in values.items() if value})

    def _tabs(self) -> list[dict[str, Any]]:
        labels = {
            Which.UNUSED: _("Unused"),
            Which.DUE: _("Due"),
            Which.REVIEWED: _("Reviewed"),
            Which.ALL: _("All"),
        }
        shown = self.which()
        return [
            {
                "label": label,
                "url": f"?{self._query(show=which, page='')}",
                "current": which is shown,
                "count": grants_for_review(self.actor, which).count(),
            }
            for which, label in labels.items()
        ]

    def _pager(self, pages: Paginator, shown: Any) -> dict[str, Any]:
        def address(number: int) -> str:
            return f"?{self._query(page=number)}"

        first, last = shown.start_index(), shown.end_index()
        return {
            "text": _("%(first)s–%(last)s of %(count)s")
            % {"first": first, "last": last, "count": pages.count},
            "newer_url": address(shown.number - 1) if shown.has_previous() else "",
            "older_url": address(shown.number + 1) if shown.has_next() else "",
        }

    def _check(
        self, form: ReviewDecisionForm, chosen: list[int], status: int = 200
    ) -> HttpResponse:
        """What revoking takes: the chosen grants, and everybody below who loses the same."""
        grants = list(
            grants_for_review(self.actor, Which.ALL).filter(pk__in=chosen).order_by(*_ORDER)
        )
        if len(grants) != len(set(chosen)):
            raise NotInScope(_("Some of these grants are gone. Look at the list again."))
        by_account: dict[Account, set[str]] = {}
        for one in grants:
            by_account.setdefault(one.content_object, set()).add(one.code)
        hits = [
            {
                "account": account,
                "labels": [one.label for one in Authorization if one.value in codes],
                "below": grants_below(account, codes_from(codes)).order_by().count(),
            }
            for account, codes in list(by_account.items())[:_PAGE]
        ]
        heading = _("Revoke what was reviewed")
        context = {
            "form": form,
            "hits": hits,
            "not_shown": len(by_account) - len(hits),
            "page_heading": heading,
            "crumbs": [Crumb(_("Reviews"), reverse("reviews")), Crumb(heading)],
            "back": self.request.get_full_path(),
            "hidden": [
                ("decision", "revoke"),
                ("confirmed", "1"),
                *(("grant", one.key) for one in grants),
            ],
            "deed": ngettext("Revoke %(count)s grant", "Revoke %(count)s grants", len(grants))
            % {"count": len(grants)},
        }
        return render(
            self.request, "accounts/authorizations/reviews/check.html", context, status=status
        )


class ReviewsExportView(ReviewsBase):
    """The evidence: every grant of the list with its history, as a file."""

    authorization = None
    in_view_as = False

    def get(self, request: HttpRequest) -> HttpResponseBase:
        kind = kind_asked(request)
        form = self.filter_form()
        grants = self.listed(form)
        export_recorded(
            actor=self.actor,
            what="grants",
            account=None,
            filters={"show": self.which().value, **form.data},
            rows=min(grants.count(), MOST_ROWS),
        )
        header = [
            _("Account ID"), _("Authorization"), _("Risk"), _("Granted"), _("Granted by"),
            _("Reason"), _("Last used"), _("Reviewed"), _("Reviewed by"), _("Note"),
        ]  # fmt: skip
        return download(kind, header, self._rows(grants), "grants")

    def _rows(self, grants: "QuerySet[Any, Any]") -> Iterator[list[Any]]:
        for one in grants[:MOST_ROWS].iterator(chunk_size=500):
            code = Authorization(one.code)
            yield [
                one.content_object.account_id,
                f"{code.number} {code.label}",
                _risk(code),
                one.granted_at,
                _who(self.actor, one.granted_by, one.may_name),
                one.reason if self.actor.is_administrator or one.may_name else "",
                one.last_used_at,
                one.reviewed_at,
                _who(self.actor, one.reviewed_by, one.may_name_reviewer) if one.reviewed_at else "",
                one.review_note if self.actor.is_administrator or one.may_name_reviewer else "",
            ]


def _numbers(keys: list[str]) -> list[int]:
    """The grants behind the keys of a form; what is no key is a grant that is gone."""
    return [typed_number(AccountGrant.key_kind, key) or 0 for key in keys]


def _row(actor: Actor, grant: Any, ways: Any) -> dict[str, Any]:
    code = Authorization(grant.code)
    account = grant.content_object
    may_read = actor.is_administrator or grant.may_name
    return {
        "key": grant.key,
        "account": account.account_id,
        "url": reverse("accounts:authorizations", args=[account.account_id]),
        "path": " › ".join(link.account_id for link in ways.get(account.pk, ())),
        "number": code.number,
        "label": code.label,
        "is_high": code.risk is Risk.HIGH,
        "granted": _day(grant.granted_at),
        "by": _who(actor, grant.granted_by, grant.may_name),
        "reason": grant.reason if may_read else "",
        "used": _day(grant.last_used_at) if grant.last_used_at else _("never"),
        "reviewed": _day(grant.reviewed_at) if grant.reviewed_at else "",
        "note": grant.review_note if actor.is_administrator or grant.may_name_reviewer else "",
    }


def _who(actor: Actor, login: Any, may_name: bool) -> str:
    """Who granted or reviewed, as the viewer may know it."""
    if actor.is_administrator:
        return login.username if login else _("a command of the platform")
    if may_name and login:
        return str(login.username)
    if login is None or login.account_id is None:
        return _("Administrator")
    above = {link.pk for link in actor.chain[:-1]}
    return actor.someone_above if login.account_id in above else _("another account")


def _risk(code: Authorization) -> str:
    return _("High") if code.risk is Risk.HIGH else _("Medium")


def _day(moment: Any) -> str:
    return date_format(timezone.localtime(moment), "Y-m-d")
