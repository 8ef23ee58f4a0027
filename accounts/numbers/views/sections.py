"""Number sections: the rules of an account, and the platform's; what a change would do, and the
deed.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.core.actor import check_allowed, decide
from accounts.core.authorizations import Authorization
from accounts.core.models import Account
from accounts.core.reach import refuse_closed
from accounts.kit.errors import Busy, Clash, Refused
from accounts.numbers.forms import RulesForm, numbers_in
from accounts.numbers.models import NumberRule
from accounts.numbers.queries import NumberChain, number_chain, rules_of
from accounts.numbers.rules import check_drafts
from accounts.numbers.services import fingerprint, number_rules_set
from accounts.numbers.tables.edits import Edit
from accounts.numbers.tables.sections import inherited, own_lines, rule_rows, start_lines, starts
from accounts.numbers.verdict import Purpose
from accounts.numbers.views.test_box import is_within_rate, tested
from accounts.numbers.words import marks
from accounts.portal.breadcrumbs import Crumb, breadcrumb
from accounts.portal.cards import number_cards_of
from accounts.portal.forms.answers import answered
from accounts.portal.forms.base import add_domain_error
from accounts.portal.views.account_head import account_head
from accounts.portal.views.base import ADMINISTRATORS, PortalView
from accounts.portal.views.responses import SeeOther

# Changes that are listed one by one; the rest are counted.
_SHOWN = 200


class _SectionsView(PortalView):
    """Sent with "confirm" it saves; sent with "test" it tests numbers with the rules as they would
    be; sent otherwise it shows what saving would do. `account` is None for the platform.
    """

    abstract = True
    account: Account | None = None

    @cached_property
    def known(self) -> list[NumberRule]:
        return rules_of(self.account)

    @property
    def here(self) -> str:
        """The address of this page."""
        raise NotImplementedError

    def frame(self) -> dict[str, Any]:
        """Heading, breadcrumb and what else surrounds the rules."""
        raise NotImplementedError

    def frame_of_check(self, page: str) -> dict[str, Any]:
        """The same for the pages in between."""
        raise NotImplementedError

    def chain(self, purpose: Purpose, edit: Edit | None = None) -> NumberChain:
        """The levels that judge numbers here, with this level's rules as they would be."""
        pk = self.account.pk if self.account else None
        instead = {pk: edit.rules(purpose)} if edit else None
        return number_chain(pk, purpose, instead=instead)

    # --- The rules ------------------------------------------------------------------------------

    def show(
        self, *, may_change: bool, form: RulesForm | None = None, status: int = 200
    ) -> HttpResponse:
        start = self.request.GET.get("start", "")
        # Where there is nothing yet, a rule is what somebody came for.
        asked = self.request.GET.get("add", "")
        opens = form is not None or not self.known or bool(start or asked)
        if form is None:
            initial = {"add": start_lines(start, self.known)} if may_change else {}
            if asked in list(Purpose):
                initial["purpose"] = asked
            form = RulesForm(actor=self.actor, known=self.known, initial=initial)
        chains = {one: self.chain(one) for one in Purpose}
        groups = []
        for purpose in Purpose:
            found = marks(self.actor, chains[purpose])
            rules = [one for one in self.known if one.purpose == purpose]
            groups.append(
                {
                    "purpose": purpose,
                    "is_destination": purpose is Purpose.DESTINATION,
                    "lines": own_lines(rules, found),
                }
            )
        context: dict[str, Any] = {
            **self.frame(),
            "groups": groups,
            "form": form,
            "may_change": may_change,
            "opens": opens,
            "expected": fingerprint(self.known),
            "inherited": inherited(self.actor, chains),
            "starts": starts(start) if may_change else {},
            "start": start if form["add"].value() else "",
            "is_silent": chains[Purpose.DESTINATION].chain.refuses_everything,
            "has_destinations": any(x.purpose == Purpose.DESTINATION for x in self.known),
            "here": self.here,
            "cards": number_cards_of(self.actor, self.account, ""),
        }
        return render(self.request, "accounts/numbers/sections.html", context, status=status)

    # --- A change -------------------------------------------------------------------------------

    def changed(self, data: Any) -> HttpResponse:
        """What was sent: check, test, or save."""
        form = RulesForm(data, actor=self.actor, known=self.known)
        if not form.is_valid():
            return self.show(may_change=True, form=form, status=422)
        if form.cleaned_data["expected"] != fingerprint(self.known):
            return self.clash(form)
        edit = form.edit()
        if edit.is_empty:
            messages.info(self.request, _("No rule was changed."))
            return SeeOther(self.here)
        try:
            check_drafts(edit.drafts)
        except Refused as error:
            return self._refuse(form, error)
        if "confirm" in data:
            return self._save(form, edit)
        return self.review(form, edit)

    def _refuse(self, form: RulesForm, error: Refused | Busy) -> HttpResponse:
        error.field = "add" if error.field == "rules" else error.field
        add_domain_error(form, error)
        return self.show(may_change=True, form=form, status=error.status)

    def _save(self, form: RulesForm, edit: Edit) -> HttpResponse:
        try:
            number_rules_set(
                actor=self.actor,
                account=self.account,
                drafts=edit.drafts,
                expected=form.cleaned_data["expected"],
            )
        except Clash:
            del self.known
            return self.clash(form)
        except (Refused, Busy) as error:
            if error.code == "closed":
                raise
            return self._refuse(form, error)
        messages.success(self.request, " ".join(_told(edit)))
        return SeeOther(self.here)

    def review(self, form: RulesForm, edit: Edit) -> HttpResponse:
        """What saving would do, and numbers tested with it."""
        chain = self.chain(edit.purpose, edit)
        found = marks(self.actor, chain)
        context: dict[str, Any] = {
            **self.frame_of_check(_("Check the rules")),
            "edit": edit,
            "added": rule_rows(edit.added[:_SHOWN], found),
            "noted": rule_rows(edit.noted[:_SHOWN], found),
            "removed": rule_rows(edit.removed[:_SHOWN], {}),
            "not_shown": sum(
                max(0, len(some) - _SHOWN) for some in (edit.added, edit.noted, edit.removed)
            ),
            "told": self._report(edit),
            "warnings": self._warnings(edit, chain, found),
            "hidden": [*form.sent(), ("expected", form.cleaned_data["expected"])],
            "numbers": form.cleaned_data["numbers"],
            "here": self.here,
        }
        numbers = numbers_in(form.cleaned_data["numbers"])[:10_000]
        if numbers:
            if not is_within_rate(self.request, numbers):
                return render(self.request, "429.html", status=429)
            via = form.cleaned_data["via"]
            context |= tested(self.actor, chain, numbers, account=self.account, via=via)
        return render(self.request, "accounts/numbers/check.html", context)

    def _report(self, edit: Edit) -> list[str]:
        """How the pasted list was read."""
        if not edit.read:
            return []
        found = [
            ngettext("%(n)s line was read.", "%(n)s lines were read.", edit.read) % {"n": edit.read}
        ]
        if edit.twice:
            found.append(
                ngettext(
                    "%(n)s stands in the list twice and counts once: %(lines)s.",
                    "%(n)s stand in the list twice and count once: %(lines)s.",
                    len(edit.twice),
                )
                % {"n": len(edit.twice), "lines": _some_lines(edit.twice)}
            )
        if edit.known:
            found.append(
                ngettext(
                    "%(n)s is a rule already: %(lines)s.",
                    "%(n)s are rules already: %(lines)s.",
                    len(edit.known),
                )
                % {"n": len(edit.known), "lines": _some_lines(edit.known)}
            )
        return found

    def _warnings(self, edit: Edit, chain: NumberChain, found: Mapping[Any, str]) -> list[str]:
        words = []
        if chain.chain.refuses_everything:
            words.append(
                _("Nothing can be dialled any more: every number is refused.")
                if edit.purpose is Purpose.DESTINATION
                else _("No number can be assigned any more.")
            )
        marked = sum(one.rule in found for one in edit.added)
        if marked:
            words.append(
                ngettext(
                    "%(n)s of the new rules has no effect of its own; it says why.",
                    "%(n)s of the new rules have no effect of their own; each says why.",
                    marked,
                )
                % {"n": marked}
            )
        return words

    def clash(self, form: RulesForm) -> HttpResponse:
        """Somebody else was faster: the rules as they are now, and the same change once more."""
        context = {
            **self.frame_of_check(_("Changed meanwhile")),
            "groups": [
                (purpose.label, [one for one in self.known if one.purpose == purpose][:_SHOWN])
                for purpose in Purpose
            ],
            "hidden": [*form.sent(), ("expected", fingerprint(self.known))],
            "here": self.here,
        }
        return render(self.request, "accounts/numbers/clash.html", context, status=409)


class NumberSectionsView(_SectionsView):
    """The rules of an account. Whoever reaches it may read its own and those of visible levels;
    whoever holds authorization 1 above it changes them.
    """

    # Reading needs none; posting asks for authorization 1.
    authorization = None

    def get(self, request: HttpRequest, account_id: str) -> HttpResponse:
        self.account = account = self.get_account(account_id)
        decision = decide(self.actor, Authorization.MANAGE_ACCOUNT, account)
        is_closed = account.status == Account.Status.CLOSED
        return self.show(may_change=decision.is_allowed and not is_closed)

    def post(self, request: HttpRequest, account_id: str) -> HttpResponse:
        self.account = account = self.get_account(account_id)
        check_allowed(self.actor, Authorization.MANAGE_ACCOUNT, account)
        refuse_closed(account)
        return self.changed(answered(request.POST, "add"))

    @property
    def here(self) -> str:
        assert self.account is not None
        return reverse("accounts:number-sections", args=[self.account.account_id])

    def frame(self) -> dict[str, Any]:
        assert self.account is not None
        account = self.account
        decision = decide(self.actor, Authorization.MANAGE_ACCOUNT, account)
        why = "" if decision.is_allowed else decision.sentence
        if decision.is_allowed and account.status == Account.Status.CLOSED:
            why = _("A closed account is never changed. Its history stays.")
        page = _("Number sections")
        head = account_head(self.request, account, current="number-sections", page=page)
        history = reverse("accounts:audit", args=[account.account_id])
        return {
            **head,
            "why_read_only": why,
            "history_url": f"{history}?group=numbers",
            "page_heading": page,
        }

    def frame_of_check(self, page: str) -> dict[str, Any]:
        assert self.account is not None
        return {
            "account": self.account,
            "page_heading": page,
            "whose": self.account.account_id,
            "crumbs": breadcrumb(self.request, self.account, page),
        }


class PlatformSectionsView(_SectionsView):
    """The platform's rules, which hold for everybody; kept by administrators."""

    authorization = None
    audience = ADMINISTRATORS

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.show(may_change=not self.actor.read_only)

    def post(self, request: HttpRequest) -> HttpResponse:
        return self.changed(answered(request.POST, "add"))

    @property
    def here(self) -> str:
        return reverse("number-sections")

    def frame(self) -> dict[str, Any]:
        page = _("Number sections of the platform")
        return {
            "page_heading": page,
            "crumbs": [Crumb(page)],
            "history_url": f"{reverse('audit')}?group=numbers",
        }

    def frame_of_check(self, page: str) -> dict[str, Any]:
        platform = _("Number sections of the platform")
        return {
            "page_heading": page,
            "whose": _("the platform"),
            "crumbs": [Crumb(platform, self.here), Crumb(page)],
        }


def _some_lines(lines: Sequence[Any]) -> str:
    shown = ", ".join(_("line %(at)s") % {"at": one.at} for one in lines[:5])
    return f"{shown} …" if len(lines) > 5 else shown


def _told(edit: Edit) -> list[str]:
    """What happened."""
    found = []
    if edit.added:
        n = len(edit.added)
        found.append(ngettext("%(n)s rule added.", "%(n)s rules added.", n) % {"n": n})
    if edit.noted:
        n = len(edit.noted)
        found.append(ngettext("%(n)s note changed.", "%(n)s notes changed.", n) % {"n": n})
    if edit.removed:
        n = len(edit.removed)
        found.append(ngettext("%(n)s rule removed.", "%(n)s rules removed.", n) % {"n": n})
    return found
