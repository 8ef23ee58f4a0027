"""A call to an access number or a callback trigger that was tried, as one person may know it: of a
number, a card and an account outside its scope no more than the caller would hear.
"""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.core.actor import Actor
from accounts.core.reach import reached_among
from accounts.phones.models import PhoneNumber
from billing.rates.figures import per_minute
from vosportal.switch.queries.dids import (
    NO_NUMBER,
    NO_TRIGGER,
    NOBODY_ASKED,
    SOON,
    DialledIn,
    No,
)
from vosportal.switch.queries.judging import Judged, Step
from vosportal.switch.trying import Line, Tried
from vosportal.switch.words import step_words

# What nobody hears but who called a trigger.
_OF_TRIGGERS = (SOON, NO_NUMBER, NOBODY_ASKED)
_FIRST_STEPS = (Step.IDENTITY, Step.LEVELS, Step.LOCK)


class TriedDid(Tried):
    """What is shown of one trial of such a number."""

    def __init__(
        self, actor: Actor, judged: Judged, found: DialledIn, dialled: str, shown: str = ""
    ) -> None:
        super().__init__(actor, judged, dialled, shown)
        self.found = found
        did, card = found.did, found.card
        named = [one for one in (did and did.phone.account_id, card and card.account_id) if one]
        reached = reached_among(actor, named)
        self._is_known = did is not None and did.phone.account_id in reached
        # What pays: the card's account, or the trigger's.
        self._is_payer_known = card.account_id in reached if card else self._is_known
        self._trials = [Tried(actor, one, one.number) for one in found.legs]

    @property
    def _no(self) -> No | None:
        return self.found.no

    @property
    def is_allowed(self) -> bool:
        return self._no is None

    @property
    def is_as_meant(self) -> bool:
        """Who is called back wanted its call to be refused."""
        return self._no is None or self._no.heard == SOON

    @property
    def headline(self) -> str:
        if self._no is None:
            return self._trials[0].headline if self._is_payer_known else _("Allowed")
        return _("Called back") if self._no.heard == SOON else _("Refused")

    @property
    def reason(self) -> str:
        did = self.found.did
        if did is None:
            return _(
                "%(number)s is no access number of phone cards and no callback trigger: nothing is"
                " dialled behind it."
            ) % {"number": self.judged.number or "–"}
        if did.use == PhoneNumber.Use.ACCESS:
            return self._of_access()
        return self._of_trigger()

    @property
    def own_reason(self) -> str:
        return self.reason

    def _of_access(self) -> str:
        no, said = self._no, {"number": self.judged.number}
        if no is None:
            return self._of_payment()
        if not self.found.wanted:
            words = _(
                "%(number)s is an access number of phone cards: a number is dialled behind it, with"
                " a star between them."
            )
        elif self.found.asks_pin:
            words = _(
                "%(number)s is an access number of phone cards: it asks for a PIN, for the number"
                " that calls is bound to no card there."
            )
        else:
            said["why"] = self._why_no_card(no)
            words = _(
                "%(number)s is an access number of phone cards, and the card that the number"
                " calling is bound to does not put this call through: %(why)s"
            )
        return words % said

    def _why_no_card(self, no: No) -> str:
        if self.found.card is not None and self._is_payer_known:
            return self._trials[0].reason
        # Of a card that cannot be used, what is said to the caller is all there is to it.
        if self.found.problem and self._is_known:
            return self.found.problem
        return f"{no.heard.said}."

    def _of_payment(self) -> str:
        card, own = self.found.card, self.found.legs[0].paying[0]
        assert card is not None
        said = {
            "number": self.judged.number,
            "serial": card.serial,
            "price": per_minute(own.rate.price.per_minute),
            "currency": settings.CURRENCY,
            "account": own.link.account_id,
        }
        words = _(
            "%(number)s is an access number of phone cards: the card that the number calling is"
            " bound to pays."
        )
        if self._is_payer_known:
            words = _(
                "%(number)s is an access number of phone cards: card %(serial)s, which the number"
                " calling is bound to, pays %(price)s %(currency)s a minute out of %(account)s."
            )
        return words % said

    def _of_trigger(self) -> str:
        did, no = self.found.did, self._no
        assert did is not None
        assert no is not None
        said = {
            "number": did.number,
            "account": did.phone.account.account_id,
            "caller": self.found.caller,
            "wanted": self.found.wanted,
        }
        if no.heard == SOON:
            return self._of_soon() % said
        if no.heard in (NO_TRIGGER, NO_NUMBER, NOBODY_ASKED):
            return self._of_no_callback(no) % said
        if not self._is_known:
            return _("Refused: the caller hears “%(said)s” and no more.") % {"said": no.heard.said}
        said["why"] = self._trials[-1].reason
        return _("%(number)s is a callback trigger, and does not call back: %(why)s") % said

    def _of_no_callback(self, no: No) -> str:
        if no.heard == NO_NUMBER:
            return _(
                "%(number)s is a callback trigger, and the caller shows no number that could be"
                " called back."
            )
        if no.heard == NOBODY_ASKED:
            return _(
                "%(number)s is a callback trigger that connects with nobody by itself: a number is"
                " dialled behind it, with a star between them."
            )
        if not self._is_known:
            return _("%(number)s calls nobody back.")
        return _(
            "%(number)s is a callback trigger of %(account)s, whose CTD model is Standard: it calls"
            " nobody back."
        )

    def _of_soon(self) -> str:
        if not self._is_known:
            return _(
                "%(number)s is a callback trigger: the call is refused and costs nothing, and"
                " %(caller)s is called back."
            )
        if not self.found.legs:
            return _(
                "%(number)s is a callback trigger of %(account)s, and is calling %(caller)s back"
                " already: nothing more is ordered."
            )
        return _(
            "%(number)s is a callback trigger: the call is refused and costs nothing, and"
            " %(caller)s is called back and connected with %(wanted)s. %(account)s pays both legs."
        )

    @property
    def lines(self) -> list[Line]:
        """The steps of who calls, what the number is for, and where the reader knows who pays, the
        steps of what it pays for.
        """
        asked = {one.step: one for one in self.judged.checks}
        found = [self._line(step, asked[step]) for step in _FIRST_STEPS]
        found.append(Line(step_words(Step.NUMBER), "pass", "check", self._number_changed()))
        if self._use:
            found.append(Line(_("What it is for"), "pass", "check", self._use))
        if self._is_payer_known and self._trials:
            found += self._of_legs()
        return [*found, self._outcome()]

    def _number_changed(self) -> Any:
        return self._number() if self.found.did else (self.judged.number or "–")

    @property
    def _use(self) -> str:
        """As far as the caller would hear of it."""
        did = self.found.did
        if did is None or not (self._is_known or self._is_heard_of(did)):
            return ""
        said = {"account": did.phone.account.account_id}
        if did.use == PhoneNumber.Use.ACCESS:
            if self._is_known:
                return _("access number of phone cards, of %(account)s") % said
            return _("access number of phone cards")
        if self._is_known:
            return _("callback trigger of %(account)s") % said
        return _("callback trigger")

    def _is_heard_of(self, did: PhoneNumber) -> bool:
        """Whether what the caller hears says what the number is for."""
        is_access = did.use == PhoneNumber.Use.ACCESS
        return is_access or (self._no is not None and self._no.heard in _OF_TRIGGERS)

    def _outcome(self) -> Line:
        if self.is_as_meant:
            return Line(_("What becomes of it"), "pass", "check", self.reason)
        return Line(_("What becomes of it"), "stop", "close", self.reason)

    def _of_legs(self) -> Iterator[Line]:
        names = [_("The card")] if self.found.card else [_("Leg A"), _("Leg B")]
        for name, one in zip(names, self._trials, strict=False):
            for line in one.lines:
                said = {"whose": name, "step": line.name}
                yield Line(
                    _("%(whose)s: %(step)s") % said, line.state, line.icon, line.words, line.url,
                    line.more,
                )  # fmt: skip

    @property
    def answer(self) -> list[tuple[str, str]]:
        no = self._no
        if no is not None:
            found = [
                ("allowed", "false"),
                ("sip_code", str(no.heard.code)),
                ("said", no.heard.said),
            ]
            return found + ([("reason", no.reason)] if self.actor.is_administrator else [])
        if not self._is_payer_known:
            return [("allowed", "true"), ("callee", self.found.wanted)]
        card, call = self.found.card, self._trials[0]
        assert card is not None
        return [
            *call.answer,
            ("account", call.account.account_id),
            ("serial", card.serial),
        ]

    @property
    def heard(self) -> str:
        no = self._no
        return "" if no is None else f"{no.heard.code} {no.heard.said}"

    @property
    def routes(self) -> list[dict[str, Any]]:
        """Of what a card calls; a callback goes out twice, and each leg names its own."""
        return self._trials[0].routes if self.found.card else []

    @property
    def skipped(self) -> list[dict[str, Any]]:
        return self._trials[0].skipped if self.found.card else []

    @property
    def came_in(self) -> list[tuple[str, Any]]:
        return []
