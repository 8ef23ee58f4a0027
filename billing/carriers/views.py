"""Carriers, one of them, and the rules about them on an account: for administrators alone."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.core.exports import Export
from accounts.core.models import Account
from accounts.core.querysets import ChainLink
from accounts.core.reach import refuse_closed
from accounts.gateways.models import Gateway
from accounts.kit.errors import Busy, Clash, Refused
from accounts.kit.moments import exact_clock_words, zone_words
from accounts.kit.proof import Gain
from accounts.kit.sheets_out import offered
from accounts.portal.breadcrumbs import Crumb, breadcrumb, way_to
from accounts.portal.forms.base import add_domain_error
from accounts.portal.views.base import ADMINISTRATORS, PortalView
from accounts.portal.views.exports import ExportView
from accounts.portal.views.responses import SeeOther
from billing.carriers.forms import CarrierPolicyForm, policy_initial
from billing.carriers.mapping import Ruled
from billing.carriers.queries import (
    CarrierSeen,
    carriers_matching,
    carriers_of,
    carriers_seen,
    mapped_to,
    policies_of,
    policy_of,
    routing_gateways_of,
    rules_along,
)
from billing.carriers.rules import check_calls
from billing.carriers.services import carrier_policy_set
from billing.carriers.words import (
    CARRIER_HEADER,
    by_urgency,
    carrier_line,
    carrier_words,
    guard_words,
    mapped_words,
    matrix,
    tiles,
    usable_words,
)

ON_A_PAGE = 50
# More carriers nobody has; more rules are found on their accounts.
_MOST, _MOST_COLUMNS, _MOST_RULED = 5_000, 12, 200
_LONGEST = 100


class Carriers(PortalView):
    """Clearing accounts that a search finds, those first whose money ends first."""

    abstract = True
    authorization = None
    audience = ADMINISTRATORS

    @property
    def query(self) -> str:
        return self.request.GET.get("q", "").strip()[:_LONGEST]

    def found(self, now: datetime) -> list[CarrierSeen]:
        """Of all that there are: the order follows from what each has left."""
        some = carriers_matching(carriers_of(self.actor), self.query)
        seen = carriers_seen(
            self.actor, list(some.order_by("account_id")[:_MOST]), now, ZoneInfo(zone_words())
        )
        return sorted(seen, key=by_urgency)


class CarriersView(Carriers):
    """With their gateways; and who may use which of them."""

    def get(self, request: HttpRequest) -> HttpResponse:
        now = timezone.now()
        seen = self.found(now)
        page = Paginator(seen, ON_A_PAGE).get_page(request.GET.get("page"))
        shown = list(page.object_list)
        accounts, rules = policies_of(self.actor, _MOST_RULED)
        columns = shown[:_MOST_COLUMNS]
        export = reverse("billing:carriers-export")
        context = {
            "page_heading": _("Carriers"),
            "crumbs": [Crumb(_("Carriers"))],
            "at": exact_clock_words(now),
            "zone": zone_words(),
            "query": self.query,
            "tiles": tiles(seen) if seen else [],
            "carriers": [carrier_words(one) for one in shown],
            "pager": self._pager(page) if page.has_other_pages() else None,
            "exports": offered(lambda kind: f"{export}?{self._asked(format=kind)}"),
            "dry": [one.account.account_id for one in seen if not one.has_money and one.gateways],
            "columns": [one.account.account_id for one in columns],
            "matrix": matrix(accounts, rules, columns),
            "try_url": reverse("try-call"),
            "new_url": reverse("accounts:new"),
        }
        return render(request, "billing/carriers/carriers.html", context)

    def _asked(self, **more: str) -> str:
        return urlencode({**({"q": self.query} if self.query else {}), **more})

    def _pager(self, page: Any) -> dict[str, Any]:
        words = {"first": page.start_index(), "last": page.end_index()}
        before = str(page.number - 1) if page.has_previous() else ""
        after = str(page.number + 1) if page.has_next() else ""
        return {
            "text": _("%(first)s–%(last)s of %(count)s") % {**words, "count": page.paginator.count},
            "newer_url": f"?{self._asked(page=before)}" if before else "",
            "older_url": f"?{self._asked(page=after)}" if after else "",
        }


class CarriersExportView(Carriers, ExportView):
    """The same as a file."""

    def exported(self, request: HttpRequest) -> Export:
        seen = self.found(timezone.now())
        return Export.of_one_piece(
            lambda: map(carrier_line, seen),
            what="carriers",
            account=None,
            filters={"q": self.query} if self.query else {},
            name="carriers",
            header=CARRIER_HEADER,
            count=len(seen),
        )


class CarrierView(PortalView):
    """One carrier: its money, its gateways, and who has a rule that names it."""

    authorization = None
    audience = ADMINISTRATORS

    def get(self, request: HttpRequest, account_id: str) -> HttpResponse:
        account = self.get_account(account_id)
        if account.type != Account.Type.CLEARING:
            raise Http404
        now = timezone.now()
        (seen,) = carriers_seen(self.actor, [account], now, ZoneInfo(zone_words()))
        gateway = reverse("gateway-new")
        context = {
            "account": account,
            "page_heading": account.account_id,
            "crumbs": breadcrumb(request, account, _("Carrier")),
            "at": exact_clock_words(now),
            "zone": zone_words(),
            "currency": settings.CURRENCY,
            "carrier": carrier_words(seen),
            "mapped": mapped_words(mapped_to(self.actor, account, _MOST_RULED)),
            "gateway_url": f"{gateway}?account={account.account_id}",
        }
        return render(request, "billing/carriers/carrier.html", context)


class CarrierPolicyView(PortalView):
    """The rules of one account. Sent once, it shows what changes; sent again with `confirmed`, it
    is set.
    """

    authorization = None
    audience = ADMINISTRATORS
    gain = Gain.POLICY

    def get(self, request: HttpRequest, account_id: str) -> HttpResponse:
        account = self._find(account_id)
        initial = policy_initial(*policy_of(self.actor, account))
        return self._ask(account, self._form(initial=initial))

    def post(self, request: HttpRequest, account_id: str) -> HttpResponse:
        account = self._find(account_id)
        form = self._form(request.POST)
        if not form.is_valid():
            return self._ask(account, form, status=422)
        if "change" in request.POST:
            return self._ask(account, form)
        if "confirmed" not in request.POST:
            return self._check(account, form)
        try:
            carrier_policy_set(
                actor=self.actor,
                account=account,
                reason=form.cleaned_data["reason"],
                expected_version=form.cleaned_data["version"],
                **form.policy(),
            )
        except Clash as error:
            # What is there now is shown beside the form; sent again, it takes the place of that.
            found, _entries = policy_of(self.actor, account)
            form.show_again("version", str(found.version if found else 0))
            form.add_error(None, str(error.message))
            return self._ask(account, form, status=409)
        except (Refused, Busy) as error:
            add_domain_error(form, error)
            return self._ask(account, form, status=error.status)
        messages.success(
            request,
            _("The carriers of %(account)s are set. They count from the next call.")
            % {"account": account.account_id},
        )
        return SeeOther(reverse("billing:carrier-policy", args=[account.account_id]))

    def _find(self, account_id: str) -> Account:
        account = self.get_account(account_id)
        refuse_closed(account)
        check_calls(account)
        carriers = list(carriers_of(self.actor).order_by("account_id"))
        gateways = routing_gateways_of(self.actor, carriers)
        self.carriers: Mapping[Account, Sequence[Gateway]] = {
            one: gateways[one.pk] for one in carriers
        }
        return account

    def _form(self, data: Any = None, **more: Any) -> CarrierPolicyForm:
        return CarrierPolicyForm(data, actor=self.actor, carriers=self.carriers, **more)

    def _way(self, account: Account) -> Sequence[ChainLink]:
        return way_to(self.request, account.pk)[::-1]

    def _ask(self, account: Account, form: CarrierPolicyForm, status: int = 200) -> HttpResponse:
        way = self._way(account)
        rules = rules_along(way)
        said = {one.account: one for one in rules.levels}
        context = {
            **self._shared(account),
            "form": form,
            "force": usable_words(rules, self.carriers),
            "guard": guard_words(rules),
            "levels": [
                {
                    "link": link,
                    **self._level(said.get(link.pk)),
                    "is_here": link.pk == account.pk,
                }
                for link in reversed(way)
            ],
        }
        return render(self.request, "billing/carriers/policy.html", context, status=status)

    def _check(self, account: Account, form: CarrierPolicyForm) -> HttpResponse:
        rules, new = rules_along(self._way(account)), form.policy()
        own = Ruled(
            account.pk,
            new["uses"],
            new["guard"],
            frozenset(one.pk for one in new["carriers"]),
            frozenset(one.pk for one in new["gateways"]),
        )
        above = [one for one in rules.levels if one.account != account.pk]
        after = replace(rules, levels=[own, *above])
        pairs = zip(
            usable_words(rules, self.carriers), usable_words(after, self.carriers), strict=True
        )
        force = [(name, was, became) for (name, was), (_name, became) in pairs]
        context = {
            **self._shared(account),
            "hidden": [*form.sent(), ("confirmed", "1")],
            "force": [_change(*one) for one in force if one[1] != one[2]],
            "guard": _change(_("Profit guard"), guard_words(rules), guard_words(after)),
            "is_without": bool(self.carriers)
            and not any(
                after.refusing(carrier.pk, one.pk) is None
                for carrier, gateways in self.carriers.items()
                for one in gateways
            ),
            "below": self.accounts.below(account.pk).count(),
        }
        return render(self.request, "billing/carriers/policy_check.html", context)

    def _level(self, one: Ruled | None) -> dict[str, str]:
        """What is ruled at one level, in words."""
        if one is None or not one.uses:
            uses = _("inherited")
        else:
            names = [carrier.account_id for carrier in self.carriers if carrier.pk in one.carriers]
            names += [
                each.name
                for gateways in self.carriers.values()
                for each in gateways
                if each.pk in one.gateways
            ]
            words = _("bound to %(names)s") if one.uses == "bound" else _("kept from %(names)s")
            uses = words % {"names": ", ".join(names) or _("no carrier")}
        guard = {"on": _("on"), "off": _("off")}.get(one.guard if one else "", _("inherited"))
        return {"uses": uses, "guard": guard}

    def _shared(self, account: Account) -> dict[str, Any]:
        heading = _("Carriers of %(account)s") % {"account": account.account_id}
        return {
            "account": account,
            "page_heading": heading,
            "crumbs": breadcrumb(self.request, account, _("Carriers")),
        }


def _change(label: Any, before: str, after: str) -> dict[str, Any]:
    return {"label": label, "before": before, "after": after, "is_changed": before != after}
