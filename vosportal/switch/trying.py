"""A call that was tried, step by step, as one person may know it (docs/domain.md 7): levels from
its own account down are named, those above are one, and not even their step is told.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.core.actor import Actor
from accounts.core.querysets import ChainLink
from accounts.kit.markup import format_html
from accounts.portal.lists.cells import change
from billing.holds.pricing import Room, most_seconds
from billing.money import from_micros, shown
from billing.rates.figures import length_words, per_minute
from vosportal.switch.queries.judging import Check, Judged, Paying, Step
from vosportal.switch.route_words import route_rows, skipped_rows
from vosportal.switch.words import (
    heard,
    is_refused_above,
    logged,
    refusal_words,
    step_words,
)


@dataclass(frozen=True, slots=True)
class Line:
    """A step: "pass", "stop" or "none" (it was not asked), what is said of it, and where more is
    said.
    """

    name: str
    state: str
    icon: str
    words: Any
    url: str = ""
    more: str = ""


class Tried:
    """What is shown of one trial."""

    def __init__(self, actor: Actor, judged: Judged, dialled: str, shown: str = "") -> None:
        self.actor, self.judged, self.dialled, self.shown = actor, judged, dialled, shown
        self.seen = actor.visible_part(tuple(judged.links[::-1]))[::-1]

    @property
    def account(self) -> ChainLink:
        return self.judged.links[0]

    @property
    def is_allowed(self) -> bool:
        return self.judged.is_allowed

    @property
    def is_as_meant(self) -> bool:
        """Whether the caller gets what it calls for."""
        return self.is_allowed

    @property
    def headline(self) -> str:
        refused = self.judged.refused
        if refused is not None:
            return _("Refused")
        own = self.judged.paying[0]
        room = Room(own.prices, 0, own.level.left)
        most = max(settings.SWITCH_LONGEST, self.judged.seconds)
        longest = most_seconds([room], self.judged.seconds, most)
        return _("Allowed, for up to %(length)s") % {"length": length_words(longest)}

    @property
    def reason(self) -> str:
        refused = self.judged.refused
        if refused is not None:
            return refusal_words(self.actor, self.judged, refused)
        own = self.judged.paying[0]
        said = {
            "account": own.link.account_id,
            "price": per_minute(own.rate.price.per_minute),
            "currency": settings.CURRENCY,
            "destination": own.rate.destination,
        }
        if not own.rate.destination:
            return _("%(account)s pays %(price)s %(currency)s a minute.") % said
        return _("%(account)s pays %(price)s %(currency)s a minute, to %(destination)s.") % said

    @property
    def own_reason(self) -> str:
        """The same to who asks about the own account, whose price is all there is to it."""
        if self.judged.refused is not None:
            return self.reason
        rate = self.judged.paying[0].rate
        said = {
            "price": per_minute(rate.price.per_minute),
            "currency": settings.CURRENCY,
            "destination": rate.destination,
        }
        if not rate.destination:
            return _("%(price)s %(currency)s a minute.") % said
        return _("%(price)s %(currency)s a minute, to %(destination)s.") % said

    @property
    def lines(self) -> list[Line]:
        """Every step in its order. Where a level above refuses, neither that step nor how many were
        asked before it is told.
        """
        asked = {one.step: one for one in self.judged.checks}
        if is_refused_above(self.actor, self.judged):
            above = Line(_("Levels above"), "stop", "close", self.reason)
            return [self._line(Step.IDENTITY, asked[Step.IDENTITY]), above]
        return [self._line(step, asked.get(step)) for step in Step]

    def _line(self, step: Step, check: Check | None) -> Line:
        name = step_words(step)
        if check is None:
            return Line(name, "none", "dot", _("not asked"))
        url, more = self._more(step)
        if not check.is_passed:
            words = refusal_words(self.actor, self.judged, check)
            return Line(name, "stop", "close", words, url, more)
        return Line(name, "pass", "check", self._passed[step](), url, more)

    @property
    def _passed(self) -> dict[Step, Callable[[], Any]]:
        return {
            Step.IDENTITY: self._identity,
            Step.LEVELS: self._levels,
            Step.LOCK: self._lock,
            Step.NUMBER: self._number,
            Step.SECTIONS: lambda: _("every level lets it pass"),
            Step.RATES: self._rates,
            Step.CALLS: self._calls,
            Step.MONEY: self._money,
            Step.ROUTE: self._route,
        }

    def _identity(self) -> str:
        caller = self.judged.caller
        said = {"account": self.account.account_id}
        if caller is not None and caller.phone:
            return _("phone %(phone)s of %(account)s") % {**said, "phone": caller.phone}
        if caller is not None and caller.gateway:
            return _("gateway %(gateway)s of %(account)s") % {**said, "gateway": caller.gateway}
        return _("%(account)s, by no phone or gateway") % said

    @property
    def _is_by_itself(self) -> bool:
        """Whether an account was named and nothing that calls come in by."""
        caller = self.judged.caller
        return caller is None or not (caller.phone or caller.gateway)

    def _levels(self) -> str:
        names = ", ".join(one.account_id for one in self.seen)
        if len(self.seen) == len(self.judged.links):
            return _("active, not expired: %(accounts)s") % {"accounts": names}
        return _("active, not expired: %(accounts)s, and %(above)s") % {
            "accounts": names,
            "above": self.actor.someone_above,
        }

    def _lock(self) -> str:
        if self._is_by_itself:
            return _("no phone or gateway is named that could be locked")
        return _("not locked")

    def _number(self) -> Any:
        return _changed(self.dialled, self.judged.number)

    def _paying(self) -> list[Paying]:
        known = {one.pk for one in self.seen}
        return [one for one in self.judged.paying if one.link.pk in known]

    def _rates(self) -> str:
        rates = "; ".join(
            f"{one.link.account_id} {per_minute(one.rate.price.per_minute)}"
            for one in self._paying()
        )
        said = {"rates": rates, "currency": settings.CURRENCY}
        return _("%(rates)s (%(currency)s a minute)") % said

    def _calls(self) -> str:
        if self._is_by_itself:
            return _("no phone or gateway is named that has a limit")
        if not self.judged.permitted:
            return _("no limit")
        # A ceiling above is not told, not even by a figure.
        most = min(most for at, most in self.judged.permitted.items() if at < len(self.seen))
        said = {"calls": self.judged.calls, "most": most}
        return _("%(calls)s of %(most)s are up") % said

    def _money(self) -> str:
        holds = "; ".join(
            f"{one.link.account_id} {shown(from_micros(one.wanted(self.judged.seconds)))}"
            for one in self._paying()
        )
        said = {"seconds": self.judged.seconds, "holds": holds}
        return _("would be held for %(seconds)s seconds: %(holds)s") % said

    def _route(self) -> str:
        if not self.actor.is_administrator:
            return _("a carrier takes it")
        return _("by %(gateways)s") % {
            "gateways": ", ".join(one.gateway for one in self.judged.routes)
        }

    def _more(self, step: Step) -> tuple[str, str]:
        """Where a step is asked about by itself, and the words for it."""
        account = self.account.account_id
        asked = urlencode({"account": account, "number": self.judged.number})
        if step is Step.SECTIONS:
            return f"{reverse('number-test')}?{asked}", _("Level by level")
        if step is Step.RATES:
            return f"{reverse('billing:price')}?{asked}", _("Level by level")
        return "", ""

    @property
    def answer(self) -> list[tuple[str, str]]:
        """What the switch would be told, as names and values; the true reason and the routes are
        for administrators.
        """
        refused = self.judged.refused
        if refused is not None:
            said = heard(refused)
            found = [("allowed", "false"), ("sip_code", str(said.code)), ("said", said.said)]
            reason = [("reason", logged(self.judged))]
            return found + (reason if self.actor.is_administrator else [])
        return [
            ("allowed", "true"),
            ("caller", self.judged.caller_out),
            ("callee", self.judged.number),
            ("seconds", str(self.judged.seconds)),
        ]

    @property
    def heard(self) -> str:
        """What the caller hears of a refusal."""
        refused = self.judged.refused
        if refused is None:
            return ""
        said = heard(refused)
        return f"{said.code} {said.said}"

    @property
    def routes(self) -> list[dict[str, Any]]:
        """In the order in which they would be tried; for administrators."""
        return route_rows(self.judged) if self.actor.is_administrator else []

    @property
    def skipped(self) -> list[dict[str, Any]]:
        """What carries the number and would not be tried, with the reason; for administrators."""
        return skipped_rows(self.judged) if self.actor.is_administrator else []

    @property
    def came_in(self) -> list[tuple[str, Any]]:
        """Caller and called as they came and as they count, after the rewriting of the gateway the
        call came in by; for administrators, beside what goes out.
        """
        if not self.actor.is_administrator or not self.judged.routes:
            return []
        caller = _changed(self.shown, self.judged.caller_out)
        return [(_("Caller"), caller), (_("Called"), _changed(self.dialled, self.judged.number))]


def _changed(before: str, after: str) -> Any:
    """A number, and what it becomes."""
    number = format_html('<span class="mono">{}</span>', after)
    if before == after:
        return number if after else "–"
    return change(format_html('<span class="mono">{}</span>', before or "–"), number)
