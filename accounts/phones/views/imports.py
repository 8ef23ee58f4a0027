"""Phones out of a sheet: hand it in, see what it would do, do it, take the passwords down."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.audit.words import deeds
from accounts.core.authorizations import Authorization
from accounts.kit.errors import Busy, Clash, DomainError, NotAllowed, NotInScope
from accounts.kit.proof import Gain
from accounts.kit.sheets_in import BadSheet, as_text
from accounts.kit.sheets_out import FORMATS, download
from accounts.phones.forms.phones import PhoneColumnsForm, PhoneImportForm, letter_of
from accounts.phones.rules.import_plans import (
    Imported,
    ImportPlan,
    ImportRefused,
    PlannedRow,
    error_file,
)
from accounts.phones.rules.sheet import MOST_ROWS
from accounts.phones.rules.sheet_columns import COLUMNS, Layout
from accounts.phones.services.import_jobs import IN_REQUEST, import_check
from accounts.phones.services.imports import import_preview, phones_import
from accounts.phones.views.phone import left_out_words, passwords_page
from accounts.portal.breadcrumbs import Crumb
from accounts.portal.forms.base import add_domain_error
from accounts.portal.views.base import PortalView
from accounts.portal.views.responses import SeeOther

_SHOWN = 100
# Rows that show what stands in the columns.
_SAMPLE = 6


class ImportingView(PortalView):
    """For whoever may manage phones: authorization 2 on the own account or below."""

    abstract = True

    def check(self) -> None:
        """Raise NotAllowed unless the actor may manage phones at all: of its own account."""
        own = self.actor.own
        self.require(self.accounts.get(pk=own.pk) if own is not None else None)

    def plan_of(self, form: PhoneImportForm) -> ImportPlan | None:
        """What the valid form's rows would do; None with an error at the form."""
        if not form.is_valid():
            return None
        try:
            return import_preview(
                actor=self.actor, rows=form.rows, account=form.target, layout=form.layout
            )
        except (BadSheet, Busy) as error:
            add_domain_error(form, error)
            return None


class PhonesImportView(ImportingView):
    """The file first; where its headings leave it open, which column holds what; then what it would
    do, and with `seen`, the deed. Long files go on as jobs.
    """

    authorization = Authorization.MANAGE_PHONE

    def get(self, request: HttpRequest) -> HttpResponse:
        self.check()
        asked = request.GET.get("account", "")[:32]
        account = self.accounts.called(asked).first() if asked else None
        initial = {"account": account.account_id if account else ""}
        self.prove(Gain.SIP)
        return self._ask(PhoneImportForm(actor=self.actor, initial=initial))

    def post(self, request: HttpRequest) -> HttpResponse:
        self.check()
        form = PhoneImportForm(request.POST, request.FILES, actor=self.actor)
        if not form.is_valid():
            return self._ask(form, status=422)
        if "first" in request.POST:
            columns = self._columns_form(form, request.POST)
            if not columns.is_valid():
                return self._columns(form, columns, status=422)
            form.layout = columns.layout
        elif form.layout.asks or "ask" in request.POST:
            return self._columns(form, self._columns_form(form))
        if len(form.rows) - form.layout.first > IN_REQUEST:
            return self._as_job(form)
        return self._checked(request, form)

    def _checked(self, request: HttpRequest, form: PhoneImportForm) -> HttpResponse:
        plan = self.plan_of(form)
        if plan is None:
            return self._ask(form, status=422)
        if plan.wrong:
            return self._show(form, plan, status=422)
        if not constant_time_compare(request.POST.get("seen", ""), self._seen(form, plan)):
            notice, status = (_changed(), 409) if "seen" in request.POST else ("", 200)
            return self._show(form, plan, notice=notice, status=status)
        self.prove(Gain.SIP)
        try:
            done = phones_import(
                actor=self.actor,
                rows=form.rows,
                expected=plan.digest,
                account=form.target,
                layout=form.layout,
            )
        except (NotAllowed, NotInScope):
            raise
        except ImportRefused as refused:
            return self._show(form, refused.plan, status=422)
        except DomainError as error:
            # Looked at again: it says what is different now.
            plan = self.plan_of(form) or plan
            notice = _changed() if isinstance(error, Clash) else str(error.message)
            return self._show(form, plan, notice=notice, status=error.status)
        return self._done(done)

    def _seen(self, form: PhoneImportForm, plan: ImportPlan) -> str:
        """Signs what the page shows: who looks, and everything that would be written."""
        target = form.target.pk if form.target else None
        seen = [self.request.user.pk, target, plan.digest, form.layout.written]
        return salted_hmac("accounts.phones.import", repr(seen), algorithm="sha256").hexdigest()

    def _done(self, done: Imported) -> HttpResponse:
        words = _(
            "%(new)s phones were added, %(changed)s changed, %(same)s stayed as they were."
        ) % {
            "new": figure(len(done.issued)),
            "changed": figure(done.changed),
            "same": figure(done.same),
        }
        if done.left_out:
            words = f"{words} {left_out_words(done.left_out)}"
        if not done.issued:
            messages.success(self.request, words)
            return SeeOther("phones")
        heading = ngettext(
            "Password of %(count)s imported phone",
            "Passwords of %(count)s imported phones",
            len(done.issued),
        ) % {"count": figure(len(done.issued))}
        context = {
            "page_heading": heading,
            "crumbs": import_crumbs(heading),
            "lead": words,
            "is_new": True,
            "done_url": reverse("phones"),
        }
        return passwords_page(self.request, list(done.issued), context)

    def _as_job(self, form: PhoneImportForm) -> HttpResponse:
        job = import_check(
            actor=self.actor,
            rows=form.rows,
            layout=form.layout,
            account=form.target,
            said=form.reading,
        )
        return SeeOther("job", job.pk)

    def _ask(self, form: PhoneImportForm, status: int = 200) -> HttpResponse:
        context = {
            "form": form,
            "page_heading": _("Import phones"),
            "crumbs": import_crumbs(_("Import")),
            "most": figure(MOST_ROWS),
            "back": reverse("phones"),
        }
        return render(self.request, "accounts/phones/import.html", context, status=status)

    def _columns_form(self, form: PhoneImportForm, data: Any = None) -> PhoneColumnsForm:
        return PhoneColumnsForm(data, actor=self.actor, rows=form.rows, layout=form.layout)

    def _columns(
        self, form: PhoneImportForm, columns: PhoneColumnsForm, status: int = 200
    ) -> HttpResponse:
        """Which column is which: the first rows, with a box above each column."""
        first = form.layout.first
        width = len(columns.positions)
        begin = max(0, first - 1)
        context = {
            "form": columns,
            "page_heading": _("Which column is which?"),
            "crumbs": import_crumbs(_("Import")),
            "asks": form.layout.asks,
            "notices": notices(form.layout, form.reading, with_left_out=False),
            "letters": [letter_of(at) for at in columns.positions],
            "sample": [
                (begin + at, [*row, *[""] * width][:width])
                for at, row in enumerate(form.rows[begin : begin + _SAMPLE], 1)
            ],
            "sent": self._sent(form, with_columns=False),
            "back": reverse("phones-import"),
        }
        return render(self.request, "accounts/phones/import_columns.html", context, status=status)

    def _sent(self, form: PhoneImportForm, *, with_columns: bool = True) -> list[tuple[str, str]]:
        """What the next page brings again."""
        return [
            ("text", as_text(form.rows)),
            ("account", form.target.account_id if form.target else ""),
            ("said", form.reading),
            *([("columns", form.layout.written)] if with_columns else []),
            *form.marks(),
        ]

    def _show(
        self, form: PhoneImportForm, plan: ImportPlan, *, notice: str = "", status: int = 200
    ) -> HttpResponse:
        is_ready = not plan.wrong and bool(plan.new or plan.changes)
        context: dict[str, Any] = {
            "form": form,
            "has_errors": bool(plan.wrong),
            "page_heading": _("Check the import"),
            "crumbs": import_crumbs(_("Import")),
            "plan": plan,
            "notice": notice,
            "counts": [
                (_("New"), figure(len(plan.new))),
                (_("Changed"), figure(len(plan.changes))),
                (_("Unchanged"), figure(plan.same)),
                (_("Not available"), figure(len(plan.taken))),
                (_("With a problem"), figure(len(plan.wrong))),
            ],
            "notices": notices(form.layout, form.reading),
            "read_as": [
                (letter_of(at), COLUMNS[name]) for at, name in sorted(form.layout.columns.items())
            ],
            "wrong": plan.wrong[:_SHOWN],
            "wrong_more": max(0, len(plan.wrong) - _SHOWN),
            "left_out_rows": plan.left_out[:_SHOWN],
            "left_out_more": max(0, len(plan.left_out) - _SHOWN),
            "unnamed": plan.told.more_words,
            **({} if plan.told.more else self._listed(plan)),
            "is_ready": is_ready,
            "sent": self._sent(form),
            "seen": self._seen(form, plan) if is_ready else "",
            "back": reverse("phones-import"),
        }
        return render(self.request, "accounts/phones/import_check.html", context, status=status)

    def _listed(self, plan: ImportPlan) -> dict[str, Any]:
        """What will be done, row by row. Not beside rows that may not be named: it would show which
        they are.
        """
        return {
            "new": plan.new[:_SHOWN],
            "new_more": max(0, len(plan.new) - _SHOWN),
            "changes": [(one, _changes(one)) for one in plan.changes[:_SHOWN]],
            "changes_more": max(0, len(plan.changes) - _SHOWN),
        }


class PhonesImportErrorsView(ImportingView):
    """The rows that have a problem, and those not available that may be named, as a file: the
    sheet's own columns, and what to do.
    """

    authorization = Authorization.MANAGE_PHONE
    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponseBase:
        self.check()
        form = PhoneImportForm(request.POST, actor=self.actor)
        plan = self.plan_of(form)
        kind = request.POST.get("format", "csv")
        if plan is None or kind not in FORMATS:
            return SeeOther("phones-import")
        header, lines = error_file(form.rows, form.layout, plan)
        return download(kind, header, lines, "phones-import-errors")


def notices(layout: Layout, said: str, *, with_left_out: bool = True) -> list[tuple[str, str]]:
    """(kind, words) of what is to be known of how a sheet was read."""
    return import_notices(
        said, layout.left_out if with_left_out else [], has_secrets=bool(layout.secrets)
    )


def import_notices(
    said: str, left_out: Sequence[str], *, has_secrets: bool
) -> list[tuple[str, str]]:
    found = [("warn", said)] if said else []
    if has_secrets:
        words = _(
            "Passwords in the file are not taken over: the portal makes a password for each new"
            " phone and shows it once."
        )
        found.append(("warn", words))
    if left_out:
        words = _("Nothing is read from these columns: %(columns)s.")
        found.append(("", words % {"columns": ", ".join(left_out)}))
    return found


def _changes(row: PlannedRow) -> list[tuple[Any, str, str]]:
    """(what, before, after) in words."""
    before, after = row.before or {}, row.after or {}
    return [
        (
            deeds.label(key),
            deeds.value(key, before.get(key)),
            deeds.value(key, after[key]),
        )
        for key in deeds.in_order(after)
    ]


def import_crumbs(*page: str) -> Sequence[Crumb]:
    return [Crumb(_("Phones"), reverse("phones")), *(Crumb(one) for one in page)]


def figure(number: int) -> str:
    return number_format(number, force_grouping=True)


def _changed() -> str:
    return _("What you saw is out of date. Nothing was imported; look again.")
