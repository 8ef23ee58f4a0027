"""The statement of an account: opening, movements, closing, for any period and time zone."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from itertools import accumulate
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from accounts.core.exports import Export
from accounts.core.models import Account
from accounts.kit.errors import Refused
from accounts.kit.moments import day_words
from accounts.kit.sheets_out import MOST_ROWS, offered
from accounts.portal.views.account_head import account_head
from accounts.portal.views.base import PortalView
from accounts.portal.views.exports import ExportView
from accounts.tree.queries.letterhead import addressee_of, letterhead_of
from billing.handing_out.queries.agents import agent_covers
from billing.handing_out.words import agent_cover_shown
from billing.ledger.forms import StatementForm
from billing.ledger.models import Entry
from billing.ledger.queries.folding import folded, runs
from billing.ledger.queries.statements import Statement, statement_of
from billing.ledger.tables import FILE_COLUMNS, Known, cells, file_rows, movements, rows
from billing.ledger.views.behind import calls_of, curve_of
from billing.money import shown, signed

# More lines than these are only in the file, and of more movements none is made into lines.
_SHOWN, _READ = 500, 20_000
_CHUNK = 1000


class StatementView(PortalView):
    """On screen and on paper: the figures, and the movements where they are not too many."""

    authorization = None

    def get(self, request: HttpRequest, account_id: str) -> HttpResponse:
        account = self.get_account(account_id)
        form = StatementForm(request.GET, account=account, actor=self.actor)
        is_valid = form.is_valid()
        context: dict[str, Any] = {
            **account_head(request, account, current="payments", page=_("Statement")),
            "form": form,
            "currency": settings.CURRENCY,
            "history_url": reverse("billing:account-payments", args=[account.account_id]),
            "presets": _presets(form),
            "as_of": timezone.localtime(),
            "cover": self._cover(account),
            "sender": letterhead_of(account),
            "addressee": addressee_of(account),
            "now_zone": timezone.get_current_timezone_name(),
        }
        if not is_valid:
            return render(request, "billing/ledger/statement.html", context, status=422)
        statement = statement_of(account, *form.bounds())
        clean, zone = form.cleaned_data, form.time_zone
        context |= self._figures(statement, form)
        context |= calls_of(statement, clean["from"], clean["to"], zone)
        context["curve"] = curve_of(account, request.GET, form.today, zone, _query(form))
        with timezone.override(zone):
            context |= self._lines(statement, zone)
        return render(request, "billing/ledger/statement.html", context)

    def _cover(self, account: Account) -> Mapping[str, Any] | None:
        """What the account has, has handed out and may hand out right now, if it does."""
        found = agent_covers([account]).get(account.pk)
        return None if found is None else agent_cover_shown(found)

    def _figures(self, statement: Statement, form: StatementForm) -> dict[str, Any]:
        clean, query = form.cleaned_data, _query(form)
        url = reverse("billing:statement-export", args=[statement.account.account_id])
        return {
            "statement": statement,
            "period": _("%(first)s to %(last)s")
            % {
                "first": day_words(clean["from"]),
                "last": day_words(clean["to"]),
            },
            "zone": str(form.time_zone),
            "opening": shown(statement.opening),
            "closing": shown(statement.closing),
            "incoming": signed(statement.incoming),
            "outgoing": shown(statement.outgoing),
            "count": number_format(statement.count, force_grouping=True),
            "is_running": statement.end > timezone.now(),
            "kinds": [
                {
                    "label": one.kind.label,
                    "count": number_format(one.count, force_grouping=True),
                    "incoming": signed(one.incoming) if one.incoming else "",
                    "outgoing": shown(one.outgoing) if one.outgoing else "",
                    "net": signed(one.net),
                }
                for one in statement.movements
            ],
            "exports": offered(lambda kind: f"{url}?{urlencode({**query, 'format': kind})}"),
        }

    def _lines(self, statement: Statement, zone: ZoneInfo) -> dict[str, Any]:
        lines = folded(statement.entries(), zone, last=statement.last)[: _SHOWN + 1]
        entries = list(lines) if statement.count <= _READ else []
        if statement.count > _READ or len(entries) > _SHOWN:
            return {"too_many": number_format(_SHOWN, force_grouping=True)}
        known, found_runs = Known(self.actor, entries), runs(entries, zone)
        amounts = [
            found_runs[one.pk].amount if one.pk in found_runs else one.amount for one in entries
        ]
        balances = list(accumulate(amounts, initial=statement.opening))[1:]
        found = rows(entries, known, balances, found_runs)
        caption = _("Movements of %(account)s in this period, oldest first") % {
            "account": statement.account.account_id
        }
        table = movements(found, caption)
        return {"table": table, "days": table.groups}


class StatementExportView(ExportView):
    """The same as a file: opening, every movement, the sums by kind, closing."""

    authorization = None

    def exported(self, request: HttpRequest, account_id: str) -> Export:
        account = self.get_account(account_id)
        form = StatementForm(request.GET, account=account, actor=self.actor)
        if not form.is_valid():
            raise Refused(_("Choose the period of the statement anew."), code="bad_period")
        statement = statement_of(account, *form.bounds())
        if statement.count > MOST_ROWS:
            raise Refused(
                _("A file holds at most %(most)s movements: choose a shorter period.")
                % {"most": number_format(MOST_ROWS, force_grouping=True)},
                code="too_many",
            )
        clean = form.cleaned_data
        with timezone.override(form.time_zone):
            header = [one.file_label for one in FILE_COLUMNS]
        return Export.of_one_piece(
            lambda: self._rows(statement),
            what="statement",
            account=account,
            filters={
                "from": str(clean["from"]), "to": str(clean["to"]), "zone": str(form.time_zone),
            },
            name=f"statement-{account.account_id}-{clean['from']}-{clean['to']}",
            header=header,
            count=statement.count,
            zone=form.time_zone,
        )  # fmt: skip

    def _rows(self, statement: Statement) -> Iterator[list[Any]]:
        account = statement.account
        yield _sum_line(statement.begin, account, _("Opening balance"), None, statement.opening)
        balance = statement.opening
        entries: list[Entry] = []
        for one in statement.entries().iterator(chunk_size=_CHUNK):
            entries.append(one)
            if len(entries) == _CHUNK:
                yield from self._some(entries, balance)
                balance += sum(entry.amount for entry in entries)
                entries = []
        yield from self._some(entries, balance)
        for kind in statement.movements:
            words = _("Sum: %(kind)s") % {"kind": kind.kind.label}
            yield _sum_line(None, account, words, kind.net, None)
        yield _sum_line(statement.end, account, _("Closing balance"), None, statement.closing)

    def _some(self, entries: list[Entry], balance: Decimal) -> Iterator[list[Any]]:
        known = Known(self.actor, entries)
        yield from map(cells, file_rows(entries, known, _running(entries, balance)))


def _running(entries: list[Entry], start: Decimal) -> list[Decimal]:
    """The balance after each entry of the statement."""
    return list(accumulate((one.amount for one in entries), initial=start))[1:]


def _query(form: StatementForm) -> dict[str, str]:
    """What addresses of a valid form's statement say."""
    clean = form.cleaned_data
    return {
        "from": clean["from"].isoformat(),
        "to": clean["to"].isoformat(),
        "zone": str(form.time_zone),
    }


def _sum_line(
    at: Any, account: Account, words: str, amount: Decimal | None, balance: Decimal | None
) -> list[Any]:
    empty = [""] * 5
    return [at, None, account.account_id, words, *empty, amount, balance, None, None]


def _presets(form: StatementForm) -> list[dict[str, Any]]:
    """The periods that are asked for most."""
    today = form.today
    this = today.replace(day=1)
    last = this - timedelta(days=1)
    periods = [
        (_("This month"), this, today),
        (_("Last month"), last.replace(day=1), last),
        (_("This year"), today.replace(month=1, day=1), today),
    ]
    clean = getattr(form, "cleaned_data", {})
    zone = {"zone": form.data["zone"]} if form.data.get("zone") else {}
    return [
        {
            "label": label,
            "url": "?" + urlencode({"from": first, "to": until, **zone}),
            "current": (clean.get("from"), clean.get("to")) == (first, until),
        }
        for label, first, until in periods
    ]
