"""A call: how it went, and how each charge of it came about."""

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.core.models import Account
from accounts.kit.choices import choice_words
from accounts.kit.moments import day_of_words, second_words, zone_words
from accounts.portal.breadcrumbs import Crumb
from accounts.portal.cards import call_trials_of
from accounts.portal.views.base import PortalView
from billing.calls.causes import Outcome
from billing.calls.models import Leg
from billing.charging.columns.calls import CallRow, call_rows, call_url
from billing.charging.queries.calls import call_seen, cost_records, session_legs
from billing.charging.queries.costs import entries_behind, rated, seen
from billing.charging.tables import record_url
from billing.charging.views.explained import bar, lead, posted, rungs
from billing.charging.words import COLUMN_WORDS, reason_words
from billing.rates.figures import exact, length_words


class CallView(PortalView):
    """Every leg of it that the viewer sees, level by level up to the viewer's own."""

    authorization = None

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        leg = call_seen(self.actor, pk)
        if leg is None:
            raise Http404
        (row,) = call_rows(self.actor, seen(self.actor, [leg]))
        if row.seen.account is not None:
            request.current_account = row.seen.account  # type: ignore[attr-defined]
        is_administrator = self.actor.is_administrator
        context = {
            "crumbs": self._crumbs(row),
            "title": _title(row),
            "row": row,
            "leg": leg,
            "outcome": choice_words(Outcome, row.outcome),
            "is_answered": leg.answer is not None,
            "cause": row.cause if is_administrator else "",
            "lead": lead(row, settings.CURRENCY),
            "currency": settings.CURRENCY,
            "zone": zone_words(),
            **self._course(leg),
            **self._money(row),
            "legs": self._legs(row),
            "facts": self._facts(row),
            "price_url": self._price_url(row),
            "trials": self._trials(row),
            "raw": raw_columns(leg) if is_administrator else [],
            "why_url": self._why_url(row) if is_administrator and "corrected" in leg.record else "",
            "waiting": self._waiting(leg) if is_administrator else [],
        }
        return render(request, "billing/charging/call.html", context)

    def _crumbs(self, row: CallRow) -> list[Crumb]:
        crumbs = [Crumb(_("Calls"), reverse("billing:calls"))]
        if row.seen.account is not None:
            name = row.seen.account.account_id
            crumbs.append(Crumb(name, reverse("billing:account-calls", args=[name])))
        return [*crumbs, Crumb(second_words(row.leg.setup))]

    def _course(self, leg: Leg) -> dict[str, Any]:
        """When it was what, and how long that was."""
        spoken = leg.duration
        rang = int(((leg.answer or leg.end) - leg.setup).total_seconds())
        return {
            "setup": second_words(leg.setup),
            "answer": second_words(leg.answer),
            "end": second_words(leg.end),
            "rang": length_words(max(rang, 0)),
            "talk": length_words(spoken),
            "bar": bar(max(rang, 0), spoken),
        }

    def _money(self, row: CallRow) -> dict[str, Any]:
        one = row.seen
        if not one.charges:
            return {"rungs": [], "posted": [], "above": ""}
        steps = rungs(self.actor, one, rated(self.actor, one.charges))
        return {
            "rungs": steps,
            "posted": posted(one, entries_behind(one.charges)),
            "above": self._above(row),
            "charged_at": second_words(row.leg.charged_at),
            "moment": second_words(row.leg.answer or row.leg.setup),
        }

    def _above(self, row: CallRow) -> str:
        """What is said in place of levels that are not the reader's to know."""
        actor = self.actor
        if actor.is_administrator:
            return ""
        if row.is_former:
            return _(
                "The account does not stand below you any more. You see what you paid, and nothing "
                "else of the call."
            )
        if row.seen.mine is None:
            return _(
                "The account did not stand below you when this call was answered. Who stood above "
                "it then, and what they paid, is not shown."
            )
        if actor.is_top_level:
            return _("The platform has costs of its own; they are not shown to you.")
        return _("Whoever stands above you pays a price of its own; it is not shown to you.")

    def _legs(self, row: CallRow) -> list[dict[str, Any]]:
        """All legs of the session, where there are several."""
        legs = [] if row.is_former else session_legs(row.leg)
        if len(legs) < 2:
            return []
        rows = call_rows(self.actor, seen(self.actor, legs))
        return [
            {
                "name": one.leg.leg or "–",
                "url": call_url(one.leg),
                "is_this": one.leg.pk == row.leg.pk,
                "setup": second_words(one.leg.setup),
                "called": one.called,
                "talk": length_words(one.leg.duration),
                "amount": exact(one.charge.amount) if one.charge else "–",
            }
            for one in rows
        ]

    def _facts(self, row: CallRow) -> list[tuple[Any, Any, bool]]:
        """(label, value, whether it is digits)."""
        leg = row.leg
        if row.is_former:
            return [(_("Called"), row.called, True)]
        found: list[tuple[Any, Any, bool]] = [
            (_("Chain at that moment"), " › ".join(self._chain(row)), False),
            (_("Caller"), leg.caller, True),
            (_("Dialled"), leg.callee, True),
            (_("Charged as"), leg.number, True),
            (_("Phone"), leg.phone, True),
            (_("Came in by"), leg.gateway, True),
        ]
        if self.actor.is_administrator:
            # The carrier whose cost it is, and its gateway, may have been told since.
            cost = row.seen.cost
            out = (cost and cost.gateway) or leg.routing_gateway
            found.append((_("Went out by"), out, True))
            carrier = cost.account_id if cost else leg.carrier_id
            found.append((_("Carrier"), self._name(row, carrier), False))
            found.append((_("Source"), leg.source, True))
        found += [(_("Call ID"), leg.call_id, True), (_("Session"), leg.session, True)]
        found += [(_("Leg"), leg.leg, True)]
        return [one for one in found if one[1]]

    def _chain(self, row: CallRow) -> list[str]:
        """The accounts that paid, the topmost first, as far as they are known."""
        paid = [one for one in row.seen.standing if not one.is_cost]
        names = [self._name(row, one.account_id) for one in reversed(paid)]
        return [one for one in names if one]

    def _name(self, row: CallRow, pk: int | None) -> str:
        account: Account | None = row.seen.names.get(pk or 0)
        return account.account_id if account else ""

    def _price_url(self, row: CallRow) -> str:
        """What the number costs by the rates of that moment, with today's agents and groups."""
        leg = row.leg
        if row.seen.account is None or not leg.number or not leg.duration:
            return ""
        asked = {
            "account": row.seen.account.account_id,
            "number": leg.number,
            "seconds": str(leg.duration),
            "at": (leg.answer or leg.setup).isoformat(),
        }
        return f"{reverse('billing:price')}?{urlencode(asked)}"

    def _trials(self, row: CallRow) -> list[tuple[Any, str]]:
        """Where a call like this one, which was not answered, is tried: whether it would be let
        through now.
        """
        leg = row.leg
        if row.seen.account is None or leg.answer is not None:
            return []
        return call_trials_of(row.seen.account.account_id, leg.callee, leg.phone or leg.gateway)

    def _why_url(self, row: CallRow) -> str:
        """The audit log of the day on which a record was charged that was put right before."""
        day = day_of_words(row.leg.charged_at)
        asked = {"account": row.account, "since": day, "until": day}
        return f"{reverse('audit')}?{urlencode(asked)}"

    def _waiting(self, leg: Leg) -> list[tuple[str, str]]:
        """The carrier's cost where it waits: why, and where that is mended."""
        return [(reason_words(one.reason), record_url(one)) for one in cost_records(leg)]


def _title(row: CallRow) -> str:
    if row.is_former:
        return _("Call to %(number)s") % {"number": row.called}
    said = {"caller": row.caller or row.account, "called": row.called}
    return _("%(caller)s to %(called)s") % said


def raw_columns(leg: Leg) -> list[tuple[Any, str, str]]:
    """(label, as it came, as it counts) of the record that the leg was."""
    came: dict[str, Any] = leg.record
    corrected = came.pop("corrected", {})
    names = [*COLUMN_WORDS, *(name for name in came if name not in COLUMN_WORDS)]
    return [
        (COLUMN_WORDS.get(name, name), came.get(name, ""), corrected.get(name, came.get(name, "")))
        for name in names
        if came.get(name) or corrected.get(name)
    ]
