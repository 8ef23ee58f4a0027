"""One rate: its history, another price, its lock and its end; a new one; what happens to many."""

from datetime import datetime
from functools import cached_property
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.core.authorizations import Authorization
from accounts.kit.legible import is_enterable
from accounts.kit.moments import moment_words
from accounts.numbers.reading import digits_of
from accounts.portal.breadcrumbs import Crumb
from accounts.portal.forms.base import PortalForm
from billing.rates.drafts import RateDraft
from billing.rates.forms.rates import EndForm, LockForm, RateForm
from billing.rates.models import Rate
from billing.rates.queries import corrections_of, history_of, rates_of
from billing.rates.services.rates import rate_add, rate_change, rate_end, rate_lock
from billing.rates.tables import (
    block_words,
    correction_row,
    per_minute,
    period_words,
    prefix_url,
    rate_row,
    rate_url,
)
from billing.rates.views.base import GroupDeedPage, GroupPage, KeptGroupPage
from billing.wallets.models import RateGroup

_SHOWN = 200


class RateView(GroupPage):
    """Every price a prefix ever had in a group, the latest first, with its corrections."""

    authorization = None

    def get(self, request: HttpRequest, pk: int, rate: int) -> HttpResponse:
        group = self.seen(pk)
        shown = found_rate(group, rate)
        now = timezone.now()
        keeps = self.keeps(group)
        history = history_of(group, shown.prefix, with_void=keeps)[:_SHOWN]
        corrections = corrections_of(group).filter(prefix=shown.prefix) if keeps else ()
        is_over = shown.effective_until is not None and shown.effective_until <= now
        context = {
            "group": group,
            "rate": shown,
            "row": rate_row(shown, group, now),
            "history": [rate_row(one, group, now) for one in history],
            "corrections": [correction_row(one, group, _login(one)) for one in corrections],
            "crumbs": self.crumbs(
                Crumb(group.name, prefix_url(group, shown.prefix)), Crumb(shown.prefix)
            ),
            "may_change": keeps and self.keeping().is_allowed and not is_over,
            "keeps": keeps,
        }
        return render(request, "billing/rates/rate.html", context)


class RateNewView(GroupDeedPage):
    """A rate that is added to a group."""

    authorization = Authorization.MANAGE_ACCOUNT

    def heading(self, group: RateGroup) -> str:
        return _("Add a rate to %(name)s") % {"name": group.name}

    def submit(self, group: RateGroup) -> str:
        return _("Add the rate")

    def form(self, group: RateGroup, data: Any = None) -> RateForm:
        form = RateForm(data, actor=self.actor, group=group)
        # What somebody is led here for: a number that has no rate.
        if "prefix" in self.request.GET:
            form.initial["prefix"] = digits_of(self.request.GET["prefix"])[:15]
        if "since" in self.request.GET:
            since = _moment(self.request.GET["since"])
            form.initial["since"] = form.fields["since"].prepare_value(since)
        return form

    def effects(self, group: RateGroup, form: PortalForm) -> list[tuple[Any, Any]]:
        assert isinstance(form, RateForm)
        return draft_words(form.draft(), group)

    def act(self, group: RateGroup, form: PortalForm) -> str:
        assert isinstance(form, RateForm)
        rate = rate_add(actor=self.actor, group=group, draft=form.draft())
        messages.success(self.request, _("%(prefix)s is added.") % {"prefix": rate.prefix})
        return prefix_url(group, rate.prefix)


def _moment(text: str) -> datetime | None:
    """A moment of an address; None for what is none that people may enter."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None and is_enterable(found) else None


class OneRatePage(GroupDeedPage):
    """A deed on one rate."""

    abstract = True
    authorization = Authorization.MANAGE_ACCOUNT

    @cached_property
    def rate(self) -> Rate:
        return found_rate(self.kept(self.kwargs["pk"]), self.kwargs["rate"])

    def cancel_url(self, group: RateGroup) -> str:
        return rate_url(self.rate)


class RateChangeView(OneRatePage):
    """Another price of a prefix, from now or a moment to come on."""

    def heading(self, group: RateGroup) -> str:
        return _("Change %(prefix)s") % {"prefix": self.rate.prefix}

    def submit(self, group: RateGroup) -> str:
        return _("Change the price of %(prefix)s") % {"prefix": self.rate.prefix}

    def form(self, group: RateGroup, data: Any = None) -> RateForm:
        return RateForm(data, actor=self.actor, group=group, rate=self.rate)

    def effects(self, group: RateGroup, form: PortalForm) -> list[tuple[Any, Any]]:
        assert isinstance(form, RateForm)
        before = f"{per_minute(self.rate.price)} {block_words(self.rate)}"
        return [(_("Until then"), before), *draft_words(form.draft(), group)]

    def act(self, group: RateGroup, form: PortalForm) -> str:
        assert isinstance(form, RateForm)
        rate = rate_change(
            actor=self.actor,
            rate=self.rate,
            draft=form.draft(),
            expected_version=form.cleaned_data["version"],
        )
        messages.success(self.request, _("%(prefix)s is changed.") % {"prefix": rate.prefix})
        return rate_url(rate)


class RatePriceView(KeptGroupPage):
    """A part of the list: the price of a rate as a box that is sent as its whole form would be, so
    that it is checked where accounts buy at the group.
    """

    authorization = Authorization.MANAGE_ACCOUNT
    records_refusals = False

    def get(self, request: HttpRequest, pk: int, rate: int) -> HttpResponse:
        group = self.kept(pk)
        shown = found_rate(group, rate)
        form = RateForm(actor=self.actor, group=group, rate=shown)
        return render(request, "billing/rates/_price_box.html", {"form": form, "rate": shown})


class RateEndView(OneRatePage):
    """The end of a rate, now or at a moment to come."""

    def heading(self, group: RateGroup) -> str:
        return _("End %(prefix)s") % {"prefix": self.rate.prefix}

    def submit(self, group: RateGroup) -> str:
        return _("End the price of %(prefix)s") % {"prefix": self.rate.prefix}

    def form(self, group: RateGroup, data: Any = None) -> EndForm:
        initial = {"version": self.rate.version}
        return EndForm(data, actor=self.actor, group=group, initial=initial)

    def effects(self, group: RateGroup, form: PortalForm) -> list[tuple[Any, Any]]:
        at = form.cleaned_data["until"]
        return [
            (_("Price per minute"), per_minute(self.rate.price)),
            (_("Ends"), moment_words(at, group.zone) if at else _("now")),
        ]

    def act(self, group: RateGroup, form: PortalForm) -> str:
        rate_end(
            actor=self.actor,
            rate=self.rate,
            at=form.cleaned_data["until"],
            expected_version=form.cleaned_data["version"],
        )
        messages.success(self.request, _("%(prefix)s ends.") % {"prefix": self.rate.prefix})
        return prefix_url(group, self.rate.prefix)


class RateLockView(OneRatePage):
    """Locks a rate, or unlocks it where it is locked."""

    def heading(self, group: RateGroup) -> str:
        words = _("Unlock %(prefix)s") if self.rate.is_locked else _("Lock %(prefix)s")
        return words % {"prefix": self.rate.prefix}

    def submit(self, group: RateGroup) -> str:
        return self.heading(group)

    def form(self, group: RateGroup, data: Any = None) -> LockForm:
        return LockForm(data, actor=self.actor, initial={"version": self.rate.version})

    def effects(self, group: RateGroup, form: PortalForm) -> list[tuple[Any, Any]]:
        words = _("may be called again") if self.rate.is_locked else _("may not be called")
        return [(self.rate.destination or self.rate.prefix, words)]

    def act(self, group: RateGroup, form: PortalForm) -> str:
        rate = rate_lock(
            actor=self.actor,
            rate=self.rate,
            is_locked=not self.rate.is_locked,
            expected_version=form.cleaned_data["version"],
        )
        words = _("%(prefix)s is locked.") if rate.is_locked else _("%(prefix)s is unlocked.")
        messages.success(self.request, words % {"prefix": rate.prefix})
        return rate_url(rate)


def found_rate(group: RateGroup, pk: int) -> Rate:
    """A rate of a group that was found for the viewer; 404 for another one."""
    rate: Rate | None = rates_of(group).filter(pk=pk).first()
    if rate is None:
        raise Http404
    return rate


def draft_words(draft: RateDraft, group: RateGroup) -> list[tuple[Any, Any]]:
    """A rate somebody asks for, for its check page."""
    rate = Rate(
        price=draft.price,
        first_block=draft.first_block,
        increment=draft.increment,
        days=draft.period.days if draft.period else 0,
        period_begin=draft.period.begin if draft.period else 0,
        period_end=draft.period.end if draft.period else 0,
    )
    words: list[tuple[Any, Any]] = [
        (_("Prefix"), draft.prefix),
        (_("Price per minute"), per_minute(draft.price)),
        (_("Block"), block_words(rate)),
        (_("From"), moment_words(draft.since, group.zone) if draft.since else _("now")),
    ]
    if draft.connection_fee:
        words.insert(2, (_("Connection fee"), per_minute(draft.connection_fee)))
    if draft.until:
        words.append((_("Until"), moment_words(draft.until, group.zone)))
    if draft.period:
        words.append((_("Hours"), period_words(rate)))
    if draft.is_locked:
        words.append((_("Lock"), _("may not be called")))
    return words


def count_words(count: int) -> str:
    return ngettext("%(count)s rate", "%(count)s rates", count) % {"count": f"{count:,}"}


def _login(correction: Any) -> str:
    return correction.login.get_username() if correction.login else ""
