"""Selected accounts of a list, with an amount beside each of them."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.core.authorizations import Authorization
from accounts.core.models import Account
from accounts.kit.moments import day_of_words
from accounts.portal.breadcrumbs import paths
from accounts.portal.views.responses import SeeOther
from accounts.tree.views.selection import SelectionView
from billing.distributions.forms import (
    MOST_ROWS,
    DistributionForm,
    DistributionTableForm,
    row_field,
)
from billing.distributions.lines import MOST_LINES
from billing.distributions.queries import drafts_of
from billing.distributions.services.drafts import is_taken
from billing.distributions.views.hand_in import (
    DistributingView,
    crumbs,
    figure,
    where_it_stands,
)
from billing.handing_out.queries.room import Room, room_of
from billing.money import shown
from billing.payments.queries import Usual, usual_of_each
from billing.wallets.queries import wallets_of

_ZERO = Decimal(0)


class TableView(DistributingView):
    """What shows a table of accounts and amounts."""

    abstract = True

    def table_page(
        self, form: DistributionTableForm, status: int = 200, **context: Any
    ) -> HttpResponse:
        known = self.accounts_named(form)
        page = {
            "form": form,
            "has_problem": status != 200,
            "fills": [("same", _("Fill")), ("usual", _("Usual amounts")), ("none", _("Empty"))],
            "rows": self._table_rows(form, known),
            "crumbs": crumbs(_("Distribute credit")),
            "page_heading": _("Distribute credit"),
            **self.sums(form, known),
            **context,
        }
        return render(self.request, "billing/distributions/table.html", page, status=status)

    def accounts_named(self, form: DistributionTableForm) -> dict[str, Account]:
        """The accounts of the form that exist for the actor, as the form names them. The check page
        says of the others that they do not.
        """
        found = {one.account_id.lower(): one for one in self.accounts.called_any(form.names)}
        return {name: found[name.lower()] for name in form.names if name.lower() in found}

    def sums(self, form: DistributionTableForm, known: Mapping[str, Account]) -> dict[str, Any]:
        """What the amounts come to, beside what the actor may hand out."""
        room, own = room_of(self.actor), self.actor.account_pk
        whole = sum(form.amounts.values(), _ZERO)
        direct = sum(
            (
                amount
                for name, amount in form.amounts.items()
                if name in known and known[name].parent_id == own
            ),
            _ZERO,
        )
        return {
            "currency": settings.CURRENCY,
            "paid_count": figure(len(form.amounts)),
            "row_count": figure(len(form.names)),
            "sum": shown(whole),
            "is_empty": not form.amounts,
            "limits": _limits(room, direct, whole),
        }

    def _table_rows(
        self, form: DistributionTableForm, known: Mapping[str, Account]
    ) -> list[dict[str, Any]]:
        """Each account with how it is usually paid. A number of queries that does not grow with the
        rows.
        """
        accounts = list(known.values())
        wallets, usual = wallets_of(accounts), usual_of_each(accounts)
        ways = paths(self.actor, accounts)
        running = set(
            self.accounts.filter(pk__in=list(usual)).running().values_list("pk", flat=True)
        )
        found = []
        for name in form.names:
            box = form[row_field(name)]
            row: dict[str, Any] = {"name": name, "field": box, "errors": box.errors}
            account = known.get(name)
            if account is not None:
                balance = wallets[account.pk].balance
                row |= {
                    "account": account,
                    "agent": ways[account.pk][-1].account_id if ways[account.pk] else "",
                    "balance": shown(balance),
                    "after": _after(balance, form.amounts.get(name)),
                    "is_stopped": account.pk not in running,
                    **_usual_shown(usual[account.pk]),
                }
            found.append(row)
        return found


class DistributeSelectionView(SelectionView, TableView):
    """The accounts selected in a list, as a table; as a list of their own where they are many."""

    authorization = Authorization.PAY_SUB_ACCOUNT
    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        self.find_subject(request)
        state = self.list_selected_from(request)
        chosen = self.chosen(request, state, MOST_LINES + 1)
        if not chosen:
            messages.warning(request, _("Nothing was selected."))
            return SeeOther(self.list_url(state))
        if len(chosen) > MOST_LINES:
            words = _("At most %(most)s accounts can be paid at once; narrow the list.")
            messages.warning(request, words % {"most": figure(MOST_LINES)})
            return SeeOther(self.list_url(state))
        names = [one.account_id for one in chosen if self._takes_payments(one)]
        left = len(chosen) - len(names)
        words = ngettext(
            "%(count)s account was left out: closed ones, and your own, are not paid this way.",
            "%(count)s accounts were left out: closed ones, and your own, are not paid this way.",
            left,
        )
        left_out = words % {"count": figure(left)} if left else ""
        if not names:
            messages.warning(request, left_out)
            return SeeOther(self.list_url(state))
        if len(names) <= MOST_ROWS:
            form = DistributionTableForm(names=names, actor=self.actor)
            return self.table_page(form, left_out=left_out)
        return self.start_page(
            DistributionForm(initial={"lines": "\n".join(names)}, actor=self.actor),
            selected=figure(len(names)),
            left_out=left_out,
        )

    def _takes_payments(self, account: Account) -> bool:
        return account.status != Account.Status.CLOSED and account.pk != self.actor.account_pk


class DistributeTableView(TableView):
    """The table as it is filled in: handed in, filled by a button, or only added up."""

    authorization = Authorization.PAY_SUB_ACCOUNT

    def get(self, request: HttpRequest) -> HttpResponse:
        self.check()
        try:
            one = drafts_of(self.actor).filter(pk=UUID(request.GET.get("list", ""))).first()
        except ValueError:
            return redirect("billing:distribute")
        if one is None:
            raise Http404
        if is_taken(one):
            return redirect(where_it_stands(one))
        if not one.is_table:
            return redirect(f"{reverse('billing:distribute')}?list={one.pk}")
        return self.table_page(DistributionTableForm.again(one, actor=self.actor))

    def post(self, request: HttpRequest) -> HttpResponse:
        self.check()
        form = DistributionTableForm(request.POST, actor=self.actor)
        is_valid, how = form.is_valid(), request.POST.get("fill", "")
        if how == "look":
            return self._look(form)
        if how and "accounts" in form.cleaned_data:
            return self._fill(form, how)
        if not is_valid:
            return self.table_page(form, status=422)
        answer, status = self.hand_in(form)
        return answer or self.table_page(form, status=status)

    def _look(self, form: DistributionTableForm) -> HttpResponse:
        """Only what the amounts come to, while they are typed."""
        known = self.accounts_named(form)
        wallets = wallets_of(known.values())
        afters = {
            name: _after(wallets[account.pk].balance, form.amounts.get(name))
            for name, account in known.items()
        }
        context = {
            **self.sums(form, known),
            "afters": [afters.get(name, "–") for name in form.names],
        }
        return render(self.request, "billing/distributions/_sums.html", context)

    def _fill(self, form: DistributionTableForm, how: str) -> HttpResponse:
        amounts: dict[str, Decimal] = {}
        if how == "same":
            try:
                same = form.fields["same"].clean(form["same"].value())
            except forms.ValidationError:
                return self.table_page(form, status=422)
            if not same:
                form.add_error("same", _("Enter an amount above zero."))
                return self.table_page(form, status=422)
            amounts = dict.fromkeys(form.names, same)
        elif how == "usual":
            known = self.accounts_named(form)
            usual = usual_of_each(known.values())
            found = {name: usual[account.pk].amount for name, account in known.items()}
            amounts = {name: amount for name, amount in found.items() if amount is not None}
        return self.table_page(form.filled(amounts))


def _after(balance: Decimal, amount: Decimal | None) -> str:
    return "–" if amount is None else shown(balance + amount)


def _usual_shown(usual: Usual) -> dict[str, str]:
    if usual.amount is None:
        return {"usual": "", "last": ""}
    last = usual.last[0]
    words = _("last %(amount)s on %(day)s")
    return {
        "usual": shown(usual.amount),
        "last": words % {"amount": shown(last.amount), "day": day_of_words(last.at)},
    }


def _limits(room: Room, direct: Decimal, whole: Decimal) -> Sequence[dict[str, Any]]:
    """What the actor may hand out, before and after: each a line of the sum's bar."""
    found = []
    for words, left, given in (
        (_("Free to hand out"), room.free, direct),
        (_("Left today"), room.today, whole),
    ):
        if left is not None:
            found.append(
                {
                    "words": words,
                    "before": shown(left),
                    "after": shown(left - given),
                    "is_passed": given > left,
                }
            )
    return found
