"""The review of grants: what is unused or due, kept or revoked with a note, and the evidence."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.authorizations.filters import ReviewFilter
from accounts.authorizations.forms.reviews import KeepForm, RevokeForm
from accounts.authorizations.queries.reviews import (
    Which,
    grants_for_review,
    grants_lost_below,
    loss_of,
)
from accounts.authorizations.services.reviews import MOST, review_keep, review_revoke
from accounts.authorizations.tables.reviews import COLUMNS, ReviewRow, account_heading
from accounts.core.authorizations import Risk, codes_from, in_order
from accounts.core.models import Account, AccountGrant
from accounts.kit.errors import Busy, NotInScope, Refused
from accounts.kit.object_keys import typed_number
from accounts.portal.breadcrumbs import Crumb, paths
from accounts.portal.forms.base import add_domain_error
from accounts.portal.list_parts import ProductView
from accounts.portal.lists.parts import Empty, Words
from accounts.portal.lists.state import ListState
from accounts.portal.lists.views.export import ListExport
from accounts.portal.lists.views.list import ListPage
from accounts.portal.lists.views.numbered import NumberedPages
from accounts.portal.views.answers import answer
from accounts.portal.views.responses import SeeOther

_SHOWN = 50
_ORDER = ("content_object__tree_id", "content_object__lft", "permission__codename")


class ReviewsList(NumberedPages):
    """Grants as the hierarchy nests: where nobody asks for others, those that were not used."""

    abstract = True
    what = "grants"
    heading = gettext_lazy("Reviews")
    template = "accounts/authorizations/reviews/list.html"
    columns = COLUMNS
    filter_class = ReviewFilter
    views = (
        ProductView(gettext_lazy("Due"), {"show": Which.DUE.value}, is_work=True),
        ProductView(
            gettext_lazy("High risk, due"), {"show": Which.DUE.value, "risk": Risk.HIGH.value}
        ),
        ProductView(gettext_lazy("Reviewed"), {"show": Which.REVIEWED.value}),
        ProductView(gettext_lazy("All grants"), {"show": Which.ALL.value}),
    )
    is_work = True
    fixed_size = 50
    words = Words(
        search=gettext_lazy("Search and filter these grants"),
        every=gettext_lazy("Unused"),
        find=gettext_lazy("Account ID"),
        file=gettext_lazy("%(kind)s, these grants"),
        no_match=gettext_lazy("No grant matches these filters"),
        no_match_text=gettext_lazy("Clear the filters to see what was not used."),
    )

    def base(self, is_all: bool) -> QuerySet[Any, Any]:
        return self.base_for(self.request.GET, is_all)

    def base_for(self, asks: Mapping[str, str], is_all: bool) -> QuerySet[Any, Any]:
        return grants_for_review(self.actor, _which(asks))

    def ordered(self, rows: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
        return rows.order_by(*_ORDER)

    def filter_options(self, is_all: bool) -> dict[str, Any]:
        return {"accounts": self.accounts}

    def rows(self, objects: Sequence[Any], names: Collection[str]) -> Sequence[ReviewRow]:
        ways = paths(self.actor, [one.content_object for one in objects])
        return [ReviewRow(self.actor, one, ways.get(one.content_object.pk, ())) for one in objects]

    def file_rows(self, objects: Sequence[Any], names: Collection[str]) -> Sequence[ReviewRow]:
        return [ReviewRow(self.actor, one) for one in objects]

    has_groups = True

    def group(self, row: ReviewRow) -> Any:
        return account_heading(row, may_choose=not self.actor.read_only)

    def key(self, row: ReviewRow) -> str:
        return str(row.grant.key)

    def title(self, state: ListState) -> Any:
        return self.heading

    def caption(self, state: ListState) -> str:
        return _("Grants, as the hierarchy nests")

    def export_url(self) -> str:
        return reverse("reviews-export")

    def recorded(self, state: ListState) -> dict[str, Any]:
        return {**super().recorded(state), "show": _which(self.request.GET).value}

    def file_name(self) -> str:
        return "grants"

    def first_use(self, state: ListState) -> Empty:
        text = _("Grants appear when they were not used, or not looked at, for a while.")
        return Empty(_("Nothing to review here"), text)


class ReviewsView(ListPage, ReviewsList):
    """GET lists; POST keeps, shows what revoking would do, or revokes."""

    authorization = None

    def post(self, request: HttpRequest) -> HttpResponseBase:
        chosen = _numbers(request.POST.getlist("grant")[: MOST + 1])
        back = request.get_full_path()
        if not chosen:
            messages.warning(request, _("Nothing was selected."))
            return SeeOther(back)
        revokes = answer(request, "decision", "keep", "revoke") == "revoke"
        try:
            return self._revoke(chosen, back) if revokes else self._keep(chosen, back)
        except (NotInScope, Refused, Busy) as error:
            messages.warning(request, str(error.message))
            return SeeOther(back)

    def _keep(self, chosen: list[int], back: str) -> HttpResponseBase:
        form = KeepForm(self.request.POST, actor=self.actor)
        if not form.is_valid():
            messages.warning(self.request, " ".join(map(str, form.errors["note"])))
            return self.list_page(self.request, status=422)
        count = review_keep(actor=self.actor, grants=chosen, note=form.cleaned_data["note"])
        done = ngettext("%(count)s grant stays.", "%(count)s grants stay.", count)
        messages.success(self.request, done % {"count": count})
        return SeeOther(back)

    def _revoke(self, chosen: list[int], back: str) -> HttpResponseBase:
        """First what it takes, then, with "confirmed", the deed."""
        grants = list(
            grants_for_review(self.actor, Which.ALL).filter(pk__in=chosen).order_by(*_ORDER)
        )
        if len(grants) != len(set(chosen)):
            raise NotInScope(_("Some of these grants are gone. Look at the list again."))
        sent = self.request.POST
        is_confirmed = "confirmed" in sent
        loss = loss_of(grants)
        form = RevokeForm(
            sent if is_confirmed else None,
            actor=self.actor,
            accounts=loss.accounts,
            below=loss.below,
            initial={"reason": sent.get("note", "")[:500]},
        )
        self.prove(form.gain)
        if not is_confirmed:
            return self._check_page(form, grants)
        if not form.is_valid():
            return self._check_page(form, grants, status=422)
        try:
            count = review_revoke(actor=self.actor, grants=chosen, note=form.cleaned_data["reason"])
        except (Refused, Busy) as error:
            add_domain_error(form, error)
            return self._check_page(form, grants, status=error.status)
        done = ngettext(
            "Revoked from %(count)s account, and from everything below it.",
            "Revoked from %(count)s accounts, and from everything below them.",
            count,
        )
        messages.success(self.request, done % {"count": count})
        return SeeOther(back)

    def _check_page(
        self, form: RevokeForm, grants: Sequence[Any], status: int = 200
    ) -> HttpResponse:
        """What revoking takes: the chosen grants, and everybody below who loses the same."""
        by_account: dict[Account, list[Any]] = {}
        for one in grants:
            by_account.setdefault(one.content_object, []).append(one)
        shown = list(by_account.items())[:_SHOWN]
        below = grants_lost_below([one for _account, some in shown for one in some])
        hits = [
            {
                "account": account,
                "labels": [one.label for one in in_order(codes_from(g.code for g in some))],
                "below": sum(below.get(one.pk, 0) for one in some),
            }
            for account, some in shown
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


class ReviewsExportView(ListExport, ReviewsList):
    """The evidence: every grant of the list with its history, as a file."""

    authorization = None


def _which(asks: Mapping[str, str]) -> Which:
    asked = asks.get("show", "")
    return Which(asked) if asked in list(Which) else Which.UNUSED


def _numbers(keys: list[str]) -> list[int]:
    """The grants behind the keys of a form; what is no key is a grant that is gone."""
    return [typed_number(AccountGrant.key_kind, key) or 0 for key in keys]
