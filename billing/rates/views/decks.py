"""A deck of rates: handed in, looked at, entered, taken back."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.core.authorizations import Authorization
from accounts.jobs.words import following, shown_job
from accounts.kit.errors import DomainError, NotAllowed, NotInScope
from accounts.kit.moments import moment_words
from accounts.kit.sheet_stream import MOST_BYTES
from accounts.kit.sheets_out import offered
from accounts.portal.breadcrumbs import Crumb
from accounts.portal.forms.base import add_domain_error
from accounts.portal.lists.parts import Empty, Words
from accounts.portal.lists.state import ListState
from accounts.portal.lists.views.list import ListView
from accounts.portal.views.responses import SeeOther
from billing.rates.columns import BY_CHANGE, COLUMN_WORDS, DECK_COLUMNS, deck_row
from billing.rates.deck_reading import MOST_ROWS
from billing.rates.filters import DeckRowFilter
from billing.rates.forms.decks import DeckAnswersForm, DeckEnterForm, DeckForm
from billing.rates.models import DeckRow, RateImport
from billing.rates.queries import beginnings_of, imports_into, imports_of, rows_of, used_by
from billing.rates.services.deck_entering import begun_by, deck_enter
from billing.rates.services.decks import deck_check_again, deck_hand_in, is_busy
from billing.rates.tables import figure
from billing.rates.views.base import KeptGroupPage

State, Kind = RateImport.State, DeckRow.Kind
_LATEST = 5
_REMARKS = 10


class DeckNewView(KeptGroupPage):
    """A file for a group, and how it is meant; a worker looks at it."""

    authorization = Authorization.MANAGE_ACCOUNT

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        self.group_kept = self.kept(pk)
        return self._ask(DeckForm(actor=self.actor, group=self.group_kept))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        self.group_kept = self.kept(pk)
        form = DeckForm(request.POST, request.FILES, actor=self.actor, group=self.group_kept)
        if not form.is_valid():
            return self._ask(form, 422)
        try:
            deck = deck_hand_in(actor=self.actor, group=self.group_kept, **form.values())
        except (NotAllowed, NotInScope):
            raise
        except DomainError as error:
            add_domain_error(form, error)
            return self._ask(form, error.status)
        return SeeOther("billing:rate-import", deck.pk)

    def _ask(self, form: DeckForm, status: int = 200) -> HttpResponse:
        heading = _("Import a deck")
        context = {
            "group": self.group_kept,
            "form": form,
            "page_heading": heading,
            "crumbs": self.group_crumbs(self.group_kept, heading),
            "most": figure(MOST_ROWS),
            "megabytes": MOST_BYTES // 2**20,
            "currency": settings.CURRENCY,
            "latest": [
                {
                    "name": one.file_name,
                    "url": reverse("billing:rate-import", args=[one.pk]),
                    "state": one.get_state_display(),
                    "at": moment_words(one.created_at),
                }
                for one in imports_into(self.group_kept)[:_LATEST]
            ],
            "back": reverse("billing:rate-group", args=[self.group_kept.pk]),
        }
        return render(self.request, "billing/rates/import.html", context, status=status)


class OneDeckPage(KeptGroupPage):
    """A page about one deck of a group of the viewer's own: 404 for another one."""

    abstract = True

    def find(self, pk: int) -> RateImport:
        deck = imports_of(self.actor).filter(pk=pk).first()
        if deck is None:
            raise Http404
        self.group_kept = self.kept(deck.group_id)
        return deck

    def following(self, deck: RateImport) -> dict[str, Any]:
        """What the page shows of the job that is at a deck, or did not finish; {} where there is
        none. Who may change the group need not be who had it done.
        """
        job = deck.commit_job if deck.state == State.COMMITTING else deck.check_job
        if job is None or deck.state not in (State.CHECKING, State.COMMITTING):
            return {}
        shown = shown_job(self.actor, job)
        return {
            **following(
                shown,
                page=reverse("billing:rate-import", args=[deck.pk]),
                asks=reverse("billing:rate-import-state", args=[deck.pk]),
                seen=deck.state,
                title=deck.file_name,
            ),
            "links": [(_("Follow the job"), shown.url)],
            "may_see_job": job.login_id == self.request.user.pk or self.actor.is_administrator,
        }

    def deck_crumbs(self, deck: RateImport, page: Any = "") -> list[Crumb]:
        group = Crumb(
            self.group_kept.name, reverse("billing:rate-group", args=[self.group_kept.pk])
        )
        own = Crumb(deck.file_name, reverse("billing:rate-import", args=[deck.pk]) if page else "")
        return self.crumbs(group, own, *([Crumb(page)] if page else []))


class DeckView(OneDeckPage, ListView):
    """What a deck would do, the biggest changes first; posted to, it is entered, or looked at
    again.
    """

    authorization = Authorization.MANAGE_ACCOUNT
    heading = gettext_lazy("Changes")
    columns = DECK_COLUMNS
    filter_class = DeckRowFilter
    first_order = ("-change", BY_CHANGE, True)
    template = "billing/rates/deck.html"
    words = Words(
        search=gettext_lazy("Changes"),
        find=gettext_lazy("Prefix or destination"),
        file=gettext_lazy("%(kind)s, refused rows"),
        no_match=gettext_lazy("No row matches"),
        no_match_text=gettext_lazy("Clear the search to see all of them."),
        clear=gettext_lazy("Clear"),
    )

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        self.deck = self.find(pk)
        return self._page(self._enter_form(), self._answers_form())

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        self.deck = self.find(pk)
        if "again" in request.POST:
            return self._again(request)
        form = self._enter_form(request.POST)
        if not form.is_valid():
            return self._page(form, self._answers_form(), 422)
        leaves_out = bool(form.cleaned_data.get("leaves_out"))
        seen = form.cleaned_data["seen"]
        try:
            deck = deck_enter(
                actor=self.actor, deck=self.deck, leaves_out=leaves_out, expected=seen
            )
        except (NotAllowed, NotInScope):
            raise
        except DomainError as error:
            self.deck = self.find(pk)
            add_domain_error(form, error)
            return self._page(form, self._answers_form(), error.status)
        return SeeOther("billing:rate-import", deck.pk)

    def _again(self, request: HttpRequest) -> HttpResponseBase:
        form = self._answers_form(request.POST)
        if not form.is_valid():
            return self._page(self._enter_form(), form, 422)
        try:
            deck = deck_check_again(actor=self.actor, deck=self.deck, answers=form.answers())
        except (NotAllowed, NotInScope):
            raise
        except DomainError as error:
            add_domain_error(form, error)
            return self._page(self._enter_form(), form, error.status)
        return SeeOther("billing:rate-import", deck.pk)

    def _enter_form(self, data: Any = None) -> DeckEnterForm:
        refused = self.deck.counts.get(Kind.REFUSED, 0)
        return DeckEnterForm(
            data,
            actor=self.actor,
            refused=refused,
            initial={"seen": self.deck.layout.get("digest", "")},
        )

    def _answers_form(self, data: Any = None) -> DeckAnswersForm:
        return DeckAnswersForm(data, actor=self.actor, deck=self.deck)

    def _page(
        self, enter: DeckEnterForm, answers: DeckAnswersForm, status: int = 200
    ) -> HttpResponseBase:
        self.enter_form, self.answers_form = enter, answers
        return self.list_page(self.request, status)

    def base(self, is_all: bool) -> "QuerySet[DeckRow]":
        return rows_of(self.deck)

    def rows(self, objects: Sequence[DeckRow], names: Collection[str]) -> list[dict[str, Any]]:
        is_open = self.deck.state not in (State.COMMITTED, State.UNDONE)
        moment = self.deck.layout.get("moment", "")
        at = datetime.fromisoformat(moment) if moment and is_open else None
        return [deck_row(one, self.group_kept.zone, at) for one in objects]

    def key(self, row: dict[str, Any]) -> str:
        return str(row["key"])

    def page_head(self, request: HttpRequest, state: ListState) -> dict[str, Any]:
        return {"account": None, "crumbs": self.deck_crumbs(self.deck)}

    def caption(self, state: ListState) -> Any:
        return _("What becomes of the rates of %(name)s") % {"name": self.group_kept.name}

    def title(self, state: ListState) -> Any:
        return self.deck.file_name

    def first_use(self, state: ListState) -> Empty:
        return Empty(_("Nothing is in this deck"))

    def export_url(self) -> str:
        if not self.deck.counts.get(Kind.REFUSED):
            return ""
        return reverse("billing:rate-import-refused-export", args=[self.deck.pk])

    def exports(self, state: ListState, url: str) -> list[tuple[str, str]]:
        return offered(lambda kind: f"{url}?format={kind}", self.words.file)

    def more(self, state: ListState) -> dict[str, Any]:
        """The deck as a whole."""
        deck, layout = self.deck, self.deck.layout
        busy, followed = is_busy(deck), self.following(deck)
        is_stuck = deck.state in (State.CHECKING, State.COMMITTING) and not busy
        is_ready = deck.state == State.CHECKED or (deck.state == State.COMMITTING and is_stuck)
        return {
            "deck": deck,
            "group": self.group_kept,
            **followed,
            "news": self._news(followed),
            "busy": busy,
            "is_stuck": is_stuck,
            "is_ready": is_ready,
            "has_rows_shown": bool(deck.counts)
            and deck.state not in (State.CHECKING, State.REFUSED),
            "may_answer": not busy and deck.state not in (State.COMMITTED, State.UNDONE),
            "asks": self._asks(),
            "problem": layout.get("problem", ""),
            "counts": self._counts(),
            "facts": self._facts(),
            "columns_read": [
                (heading, COLUMN_WORDS[name]) for heading, name in layout.get("columns", [])
            ],
            "columns_left": ", ".join(layout.get("unread", [])),
            "remarks": layout.get("remarks", [])[:_REMARKS],
            "remarks_more": figure(max(0, deck.counts.get("left_out", 0) - _REMARKS)),
            "has_more_remarks": deck.counts.get("left_out", 0) > _REMARKS,
            "left_out": figure(deck.counts.get("left_out", 0)),
            "enter_form": self.enter_form,
            "answers_form": self.answers_form,
            "answers_open": bool(layout.get("asks") or self.answers_form.errors),
            **(self._deed() if is_ready else {}),
        }  # fmt: skip

    def _news(self, followed: dict[str, Any]) -> str:
        """What is said of the deck when its job has ended while the page was open."""
        state, why = self.deck.get_state_display(), self.deck.layout.get("problem", "")
        if followed:
            state, why = _("The last job did not finish"), followed["shown"].said
        told = _("%(state)s: %(title)s") % {"state": state, "title": self.deck.file_name}
        return ". ".join(filter(None, [told, why, *self._asks()]))

    def _asks(self) -> list[str]:
        return [str(_ASKED[one]) for one in self.deck.layout.get("asks", [])]

    def _counts(self) -> list[dict[str, Any]]:
        counts = self.deck.counts
        return [
            {"label": kind.label, "count": figure(counts[kind]), "url": f"?kind={kind.value}",
             "is_zero": not counts[kind]}
            for kind in Kind
            if kind in counts
        ]  # fmt: skip

    def _facts(self) -> list[tuple[str, str]]:
        deck, layout = self.deck, self.deck.layout
        facts = [
            (_("Group"), self.group_kept.name),
            (_("Holds"), _("the full deck") if deck.is_full else _("changes only")),
            (
                _("Effective from"),
                moment_words(deck.effective_at, self.group_kept.zone) or _("when it is entered"),
            ),
            (_("Time zone"), self.group_kept.time_zone),
            (_("Handed in"), moment_words(deck.created_at)),
        ]
        if layout.get("worksheet"):
            facts.append((_("Worksheet"), layout["worksheet"]))
        if deck.committed_at:
            facts.append((_("Entered"), moment_words(deck.committed_at)))
        if deck.undone_at:
            facts.append((_("Undone"), moment_words(deck.undone_at)))
        return facts

    def _deed(self) -> dict[str, Any]:
        """What entering means, in words."""
        deck, counts = self.deck, self.deck.counts
        changes = begun_by(counts) + counts.get(Kind.ENDING, 0)
        in_use = changes - counts.get(Kind.NEW, 0)
        accounts, batches = used_by(self.actor, self.group_kept)
        first, last = beginnings_of(deck)
        moment = datetime.fromisoformat(deck.layout["moment"])
        said = {"count": figure(changes)}
        if first is None or first == last == moment:
            words = ngettext("Enter %(count)s change now", "Enter %(count)s changes now", changes)
        elif first == last:
            said["moment"] = moment_words(first, self.group_kept.zone)
            words = ngettext(
                "Enter %(count)s change from %(moment)s",
                "Enter %(count)s changes from %(moment)s",
                changes,
            )
        else:
            words = ngettext(
                "Enter %(count)s change at the dates of the deck",
                "Enter %(count)s changes at the dates of the deck",
                changes,
            )
        return {
            "changes": changes,
            "submit": words % said,
            "in_use": in_use,
            "in_use_figure": figure(in_use),
            "accounts": accounts,
            "accounts_figure": figure(accounts),
            "batches": batches,
            "is_blocked": deck.is_full and counts.get("unreadable"),
        }


_ASKED = {
    "peak": gettext_lazy("It has prices of peak hours: say which hours these are."),
    "order": gettext_lazy("Its dates can be read in several ways: say what comes first."),
}
