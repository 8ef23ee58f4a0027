"""A record that waits: what it says, why it waits, and what can be done about it."""

from typing import Any, ClassVar

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.core.authorizations import Authorization
from accounts.kit.addresses import object_address
from accounts.kit.errors import DomainError, NotAllowed, NotInScope
from accounts.kit.moments import moment_words, second_words
from accounts.kit.proof import Gain
from accounts.portal.breadcrumbs import Crumb
from accounts.portal.cards import call_trials_of
from accounts.portal.forms.base import add_domain_error
from accounts.portal.views.base import ADMINISTRATORS, PortalView
from accounts.portal.views.responses import SeeOther
from billing.calls.models import CallRecord, Leg
from billing.calls.reasons import Reason
from billing.charging.forms import AssignForm, CorrectForm, RecordForm
from billing.charging.queries.calls import call_seen
from billing.charging.queries.queue import groups_at, records_seen, records_written_off
from billing.charging.services.queue import (
    Tried,
    record_again,
    record_assign,
    record_correct,
    record_write_off,
)
from billing.charging.tables import advice, record_url, ways_of
from billing.charging.views.queue import may_charge
from billing.charging.words import (
    columns_shown,
    detail_words,
    held_words,
    level_words,
    reason_words,
    tried_words,
)
from billing.holds.queries import held_at
from billing.wallets.queries import groups_kept


class RecordPage(PortalView):
    """A page about one record; what the viewer does not see does not exist."""

    abstract = True

    def found(self, pk: int, *, written_off: bool = False) -> Any:
        rows = records_seen(self.actor).select_related("account", "level", "file")
        record = rows.filter(pk=pk).first()
        if record is None and written_off:
            kept = records_written_off(self.actor).select_related("account", "level", "file")
            record = kept.filter(pk=pk).first()
        if record is None:
            raise Http404
        return record

    def crumbs(self, record: CallRecord, *more: Crumb) -> list[Crumb]:
        name = record.columns.get("call_id", "")
        url = record_url(record) if more else ""
        return [
            Crumb(_("Calls that wait"), reverse("billing:call-queue")), Crumb(name, url), *more,
        ]  # fmt: skip

    def said(self, tried: Tried, record: CallRecord) -> HttpResponse:
        """Back to the record where it waits again, else to the queue."""
        if tried.waiting:
            messages.warning(self.request, _("It waits again."))
            return SeeOther(record_url(record))
        messages.success(self.request, tried_words(tried))
        return SeeOther(reverse("billing:call-queue"))


class RecordView(RecordPage):
    """Its columns, why it waits and at which level, and the ways out."""

    authorization = None

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        record = self.found(pk, written_off=True)
        shown = record.shown
        is_waiting = record.state == CallRecord.State.WAITING
        context = {
            "crumbs": self.crumbs(record),
            "record": record,
            "title": record.columns.get("call_id", ""),
            "is_waiting": is_waiting,
            "is_cost": record.part == CallRecord.Part.COST,
            "why": reason_words(shown),
            "level": level_words(record, shown),
            "detail": detail_words(record, shown),
            "advice": advice(shown, is_administrator=self.actor.is_administrator),
            "ways": self._ways(record) if is_waiting else [],
            "trials": self._trials(record),
            "columns": columns_shown(self.actor, record),
            "held": held_words(held_at(self.actor, record.pk)),
            "at": second_words(record.at),
            "received": moment_words(record.received_at),
            "source": self._source(record),
            "call_url": self._call_url(record),
            "written_off_at": moment_words(record.written_off_at),
            "may_charge": is_waiting and shown != Reason.MISSING and may_charge(self),
            "may_mend": is_waiting and self.actor.is_administrator and not self.actor.read_only,
        }
        return render(request, "billing/charging/record.html", context)

    def _call_url(self, record: CallRecord) -> str:
        """The call whose cost it is, unless its month is archived."""
        leg = call_seen(self.actor, record.leg) if record.leg else None
        return object_address("billing:call", Leg.key_kind, leg.pk) if leg else ""

    def _ways(self, record: Any) -> Any:
        group = None
        if record.level_id and record.at:
            group = groups_at([(record.level_id, record.at)])[record.level_id, record.at]
        if group is not None and not groups_kept(self.actor).filter(pk=group).exists():
            group = None
        return ways_of(self.actor, record.shown, record.level, record.detail, group, record.at)

    def _trials(self, record: Any) -> list[tuple[Any, str]]:
        """Where a call like this one is tried, as it would be let through or refused now."""
        if record.account is None or record.part == CallRecord.Part.COST:
            return []
        columns = record.columns
        via = columns.get("phone", "") or columns.get("gateway", "")
        return call_trials_of(record.account.account_id, columns.get("callee", ""), via)

    def _source(self, record: CallRecord) -> str:
        """Where it came from, for administrators."""
        if not self.actor.is_administrator:
            return ""
        if record.file is None or record.line is None:
            return record.source
        return _("%(source)s, %(file)s line %(line)s") % {
            "source": record.source, "file": record.file, "line": record.line,
        }  # fmt: skip


class RecordAgainView(RecordPage):
    """Charge it again."""

    authorization = Authorization.MANAGE_ACCOUNT

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        record = self.found(pk)
        own = self.actor.own
        account = self.accounts.filter(pk=own.pk).first() if own else None
        self.require(account, is_agent_id=account is not None)
        return self.said(record_again(actor=self.actor, record=record), record)


class MendPage(RecordPage):
    """A form of administrators about one record."""

    abstract = True
    audience = ADMINISTRATORS
    heading: ClassVar[Any] = ""
    lead: ClassVar[Any] = ""
    submit: ClassVar[Any] = ""
    is_dangerous: ClassVar[bool] = False
    has_picker: ClassVar[bool] = False
    form_class: ClassVar[Any] = RecordForm

    def act(self, record: CallRecord, form: Any) -> HttpResponse:
        raise NotImplementedError

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        record = self.found(pk)
        return self._page(record, self.form_class(actor=self.actor, record=record))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        record = self.found(pk)
        form = self.form_class(request.POST, actor=self.actor, record=record)
        if not form.is_valid():
            return self._page(record, form, status=422)
        try:
            return self.act(record, form)
        except (NotAllowed, NotInScope):
            raise
        except DomainError as error:
            add_domain_error(form, error)
            return self._page(record, form, status=error.status)

    def _page(self, record: Any, form: Any, status: int = 200) -> HttpResponse:
        context = {
            "page_heading": self.heading,
            "crumbs": self.crumbs(record, Crumb(self.heading)),
            "lead": self.lead,
            "form": form,
            "submit": self.submit,
            "danger": self.is_dangerous,
            "has_picker": self.has_picker,
            "cancel_url": record_url(record),
            "why": reason_words(record.shown),
            "level": level_words(record, record.shown),
            "detail": detail_words(record, record.shown),
        }
        return render(self.request, "billing/charging/mend.html", context, status=status)


class AssignView(MendPage):
    """Whose call it was."""

    authorization = None
    heading = gettext_lazy("Say whose call it was")
    lead = gettext_lazy("Whatever the record names, this account is charged, and all above it.")
    submit = gettext_lazy("Charge this account")
    has_picker = True
    form_class = AssignForm

    def act(self, record: CallRecord, form: Any) -> HttpResponse:
        tried = record_assign(
            actor=self.actor,
            record=record,
            account=form.found,
            reason=form.cleaned_data["reason"],
            expected_version=form.cleaned_data["version"],
        )
        return self.said(tried, record)


class CorrectView(MendPage):
    """Columns that are put right; what came is kept beside."""

    authorization = None
    heading = gettext_lazy("Correct the record")
    lead = gettext_lazy("What came in is kept beside it, and the leg says what was put right.")
    submit = gettext_lazy("Correct it and charge it again")
    form_class = CorrectForm

    def act(self, record: CallRecord, form: Any) -> HttpResponse:
        tried = record_correct(
            actor=self.actor,
            record=record,
            columns=form.columns(),
            reason=form.cleaned_data["reason"],
            expected_version=form.cleaned_data["version"],
        )
        return self.said(tried, record)


class WriteOffView(MendPage):
    """Out of the queue for good, and charged to nobody."""

    authorization = None
    gain = Gain.ENDING
    heading = gettext_lazy("Write the record off")
    lead = gettext_lazy("Nobody is ever charged for it. The record and your reason are kept.")
    submit = gettext_lazy("Write it off, for good")
    is_dangerous = True

    def act(self, record: CallRecord, form: Any) -> HttpResponse:
        record_write_off(
            actor=self.actor,
            record=record,
            reason=form.cleaned_data["reason"],
            expected_version=form.cleaned_data["version"],
        )
        messages.success(self.request, _("The record is written off."))
        return SeeOther(reverse("billing:call-queue"))
