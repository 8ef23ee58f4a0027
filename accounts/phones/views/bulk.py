"""One deed on many phones: lock, unlock or move to another account, after a preview."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.core.authorizations import Authorization
from accounts.core.models import Account
from accounts.kit.errors import DomainError, NotAllowed, NotInScope
from accounts.phones.forms.phones import OptionalReasonForm, PhoneTargetForm
from accounts.phones.models import Phone, PhoneLock
from accounts.phones.queries import with_numbers
from accounts.phones.rules.moves import move_obstacles
from accounts.phones.services.many import MOST_PHONES, phones_lock, phones_move
from accounts.phones.tables import lock_words, why_not
from accounts.phones.views.list import PhonesList
from accounts.portal.breadcrumbs import Crumb
from accounts.portal.forms.base import add_domain_error
from accounts.portal.lists.state import ListState
from accounts.portal.views.answers import check_answered
from accounts.portal.views.responses import SeeOther

_SHOWN = 20


@dataclass(frozen=True)
class _Deed:
    """Sentences about a number of phones; `lock` is what is set, None for a move."""

    name: str
    heading: Any
    title: Any
    done: Any
    effect: Any
    lock: str | None = None


_DEEDS = {
    one.name: one
    for one in (
        _Deed(
            "lock",
            gettext_lazy("Lock phones"),
            ngettext_lazy("Lock %(count)s phone", "Lock %(count)s phones", "number"),
            ngettext_lazy("%(count)s phone was locked.", "%(count)s phones were locked.", "number"),
            gettext_lazy("No calls from them and none to them, from the next call on."),
            PhoneLock.ALL,
        ),
        _Deed(
            "unlock",
            gettext_lazy("Unlock phones"),
            ngettext_lazy("Unlock %(count)s phone", "Unlock %(count)s phones", "number"),
            ngettext_lazy(
                "%(count)s phone was unlocked.", "%(count)s phones were unlocked.", "number"
            ),
            gettext_lazy("They call and ring again, unless their account does not operate."),
            PhoneLock.NONE,
        ),
        _Deed(
            "move",
            gettext_lazy("Move phones to another account"),
            ngettext_lazy(
                "Move %(count)s phone to %(account)s",
                "Move %(count)s phones to %(account)s",
                "number",
            ),
            ngettext_lazy(
                "%(count)s phone was moved to %(account)s.",
                "%(count)s phones were moved to %(account)s.",
                "number",
            ),
            gettext_lazy(
                "Numbers, DIDs and passwords stay as they are; access numbers and callback triggers"
                " ring at the phone again. Their calls are charged to the new"
                " account from then on."
            ),
        ),
    )
}


@dataclass
class _Check:
    """What the deed would do to the selected phones."""

    changing: list[Phone] = field(default_factory=list)
    skipped: list[tuple[Phone, str]] = field(default_factory=list)


class PhonesBulkView(PhonesList):
    """POST from a list: first the preview, then, with `seen`, the deed.

    `seen` is signed and stands for exactly what the preview showed; where that is no longer so, the
    preview is shown again.
    """

    authorization = Authorization.MANAGE_PHONE
    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        self._find_subject(request)
        # More would be meant than was seen.
        check_answered(request, "account_list", "query")
        state = self.state_of(QueryDict(request.POST["query"][:4000]))
        self.back = self._list_url(state)
        deed = _DEEDS.get(request.POST.get("deed", ""))
        if deed is None:
            messages.warning(request, _("Choose what to do with the selection."))
            return SeeOther(self.back)
        chosen = self._chosen(request, state)
        if not chosen:
            is_late = "seen" in request.POST
            messages.warning(request, _changed() if is_late else _("Nothing was selected."))
            return SeeOther(self.back)
        if len(chosen) > MOST_PHONES:
            text = _("At most %(most)s phones can be changed at once; narrow the list.")
            most = {"most": number_format(MOST_PHONES, force_grouping=True)}
            messages.warning(request, text % most)
            return SeeOther(self.back)
        if deed.lock is not None:
            return self._confirm(deed, chosen, None)
        asked = PhoneTargetForm(
            request.POST if "account" in request.POST else None, actor=self.actor
        )
        if not asked.is_valid():
            status = 422 if asked.is_bound else 200
            return self._page(deed, _Check(list(chosen)), asked=asked, status=status)
        assert asked.target is not None
        self.require(asked.target)
        return self._confirm(deed, chosen, asked)

    def _find_subject(self, request: HttpRequest) -> None:
        """Whose list it is, and whether the actor may manage phones there at all."""
        named = request.POST.get("account_list", "")[:32]
        if named:
            self.subject = self.get_account(named)
            return
        own = self.actor.own
        self.require(self.accounts.get(pk=own.pk) if own is not None else None)

    def _chosen(self, request: HttpRequest, state: ListState) -> Sequence[Phone]:
        """The selected phones that exist in the list; unknown and foreign ones are the same."""
        rows = state.matching
        if request.POST.get("all") != "1":
            numbers = request.POST.getlist("phone")[: MOST_PHONES + 1]
            numbers = [one for one in numbers if one.isascii() and one.isdigit()]
            rows = self.base(state.is_all).filter(number__in=numbers)
        found = list(with_numbers(rows).order_by("number")[: MOST_PHONES + 1])
        for one in found:
            # They came out of the actor's scope.
            one.account.reached_by = self.actor.scope
        return found

    def _list_url(self, state: ListState) -> str:
        url = (
            reverse("accounts:phones", args=[self.subject.account_id])
            if self.subject
            else reverse("phones")
        )
        return f"{url}?{state.parameters.urlencode()}" if state.parameters else url

    def _check(self, deed: _Deed, chosen: Sequence[Phone], target: Account | None) -> _Check:
        check = _Check()
        reasons: dict[int, str] = {}
        against = move_obstacles(self.actor, chosen, target) if target else {}
        for one in chosen:
            if one.account_id not in reasons:
                reasons[one.account_id] = why_not(self.actor, one.account)
            reason = reasons[one.account_id]
            if not reason and deed.lock is not None and one.lock == deed.lock:
                reason = (
                    _("It is locked already.")
                    if one.lock == PhoneLock.ALL
                    else _("It is not locked.")
                )
            if not reason and target is not None:
                reason = self._against_move(one, target, against)
            if reason:
                check.skipped.append((one, reason))
            else:
                check.changing.append(one)
        return check

    def _against_move(self, phone: Phone, target: Account, against: dict[str, Any]) -> str:
        if phone.account_id == target.pk:
            return _("It belongs there already.")
        if target.status == Account.Status.CLOSED:
            return _("The account is closed.")
        numbers = [phone.number, *phone.dids, phone.display_number]
        return next((f"{one}: {against[one].words}" for one in numbers if one in against), "")

    def _confirm(
        self, deed: _Deed, chosen: Sequence[Phone], asked: PhoneTargetForm | None
    ) -> HttpResponse:
        sent = self.request.POST
        target = asked.target if asked else None
        check = self._check(deed, chosen, target)
        seen = self._seen(deed, check, target)
        if not constant_time_compare(sent.get("seen", ""), seen):
            form = OptionalReasonForm(
                actor=self.actor, initial={"reason": sent.get("reason", "")[:500]}
            )
            notice, status = (_changed(), 409) if "seen" in sent else ("", 200)
            return self._page(
                deed, check, asked=asked, form=form, seen=seen, notice=notice, status=status
            )
        form = OptionalReasonForm(sent, actor=self.actor)
        if not form.is_valid():
            return self._page(deed, check, asked=asked, form=form, seen=seen, status=422)
        reason = form.cleaned_data["reason"]
        try:
            if deed.lock is not None:
                phones_lock(actor=self.actor, phones=check.changing, lock=deed.lock, reason=reason)
            else:
                assert target is not None
                phones_move(actor=self.actor, phones=check.changing, account=target, reason=reason)
        except (NotAllowed, NotInScope):
            raise
        except DomainError as error:
            add_domain_error(form, error)
            return self._page(deed, check, asked=asked, form=form, seen=seen, status=error.status)
        messages.success(self.request, _count(deed.done, check.changing, target))
        return SeeOther(self.back)

    def _seen(self, deed: _Deed, check: _Check, target: Account | None) -> str:
        """Signs what a preview shows: who looks, the deed, where to, which phones."""
        shown = [self.request.user.pk, deed.name, target.pk if target else None]
        shown += sorted(one.pk for one in check.changing)
        return salted_hmac("accounts.phones.bulk", repr(shown), algorithm="sha256").hexdigest()

    def _page(
        self,
        deed: _Deed,
        check: _Check,
        *,
        asked: PhoneTargetForm | None = None,
        form: OptionalReasonForm | None = None,
        seen: str = "",
        notice: str = "",
        status: int = 200,
    ) -> HttpResponse:
        """The preview; with a `form` for it, the deed can be confirmed there."""
        is_ready = form is not None and bool(check.changing)
        target = asked.target if asked else None
        hidden = self._hidden(deed, check)
        title = _count(deed.title, check.changing, target) if is_ready else deed.heading
        context = {
            "title": title,
            "crumbs": [Crumb(_("Phones"), self.back), Crumb(title)],
            "deed": deed,
            "asked": asked,
            "target": target,
            "form": form,
            "is_ready": is_ready,
            "changing": [(one, lock_words(one)) for one in check.changing[:_SHOWN]],
            "changing_count": len(check.changing),
            "changing_more": max(0, len(check.changing) - _SHOWN),
            "skipped": check.skipped[:_SHOWN],
            "skipped_count": len(check.skipped),
            "skipped_more": max(0, len(check.skipped) - _SHOWN),
            "hidden": hidden,
            "confirming": [
                *hidden,
                *([("account", target.account_id)] if target else []),
                ("seen", seen),
            ],
            "notice": notice,
            "back": self.back,
        }
        return render(self.request, "accounts/phones/bulk.html", context, status=status)

    def _hidden(self, deed: _Deed, check: _Check) -> list[tuple[str, str]]:
        """What every form of the page sends along: the deed and the selection."""
        sent = self.request.POST
        hidden = [
            ("deed", deed.name),
            ("account_list", sent.get("account_list", "")),
            ("query", sent.get("query", "")[:4000]),
        ]
        if sent.get("all") == "1":
            return [*hidden, ("all", "1")]
        selected = [*check.changing, *(one for one, _reason in check.skipped)]
        return hidden + [("phone", one.number) for one in selected]


def _count(sentence: Any, phones: Sequence[Phone], target: Account | None) -> str:
    """One of the sentences of a deed with its number of phones."""
    number = len(phones)
    grouped = number_format(number, force_grouping=True)
    return str(sentence % {"number": number, "count": grouped, "account": target})


def _changed() -> str:
    return _(
        "What you saw is out of date: in the meantime phones were changed, deleted or moved away."
        " Nothing was done; look again."
    )
