"""Lists of phones: of one account, of everything below it, of the whole scope; and as files.

They need no authorization: whose phones there are within one's own hierarchy is always visible.
"""

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.core.actor import decide
from accounts.core.authorizations import Authorization
from accounts.kit.pagination import Page
from accounts.phones.filters import PhoneFilter
from accounts.phones.models import Phone
from accounts.phones.queries import (
    BY_NUMBER,
    phones_of,
    phones_on,
    phones_page,
    with_numbers,
)
from accounts.phones.tables import COLUMNS, PhoneMenus, PhoneRow, phone_rows, why_not
from accounts.portal.actions import RowAction
from accounts.portal.breadcrumbs import ways_to
from accounts.portal.list_parts import ProductView
from accounts.portal.lists.parts import Bulk, Button, Deed, Empty, Words
from accounts.portal.lists.state import ListState
from accounts.portal.lists.views.export import ListExport
from accounts.portal.lists.views.list import ListPage, ListView


class PhonesList(ListView):
    """Phones, each with its account."""

    abstract = True
    what = "phones"
    heading = gettext_lazy("Phones")
    tab = "phones"
    columns = COLUMNS
    has_asof = True
    filter_class = PhoneFilter
    views = (
        ProductView(gettext_lazy("Locked"), {"lock": "locked"}),
        ProductView(gettext_lazy("No outgoing calls"), {"lock": "out"}),
        ProductView(gettext_lazy("No calls at all"), {"lock": "all"}),
    )
    first_order = ("number", BY_NUMBER, False)
    tick_name = "phone"
    words = Words(
        search=gettext_lazy("Search and filter these phones"),
        every=gettext_lazy("All phones"),
        find=gettext_lazy("Number or DID"),
        file=gettext_lazy("%(kind)s, these phones"),
        no_match=gettext_lazy("No phone matches these filters"),
        ticked=gettext_lazy("Selected phones"),
    )

    def base(self, is_all: bool) -> QuerySet[Phone]:
        if self.subject is None:
            return phones_of(self.actor)
        return phones_on(self.actor, self.subject, with_below=is_all)

    def filter_options(self, is_all: bool) -> dict[str, Any]:
        return {"accounts": lambda: self.accounts, "with_account": is_all}

    def read_with(self, rows: QuerySet[Any], names: Collection[str]) -> QuerySet[Any]:
        # A page asks for their numbers by a statement of its own.
        return rows if names else with_numbers(rows)

    def page_at(self, state: ListState, names: Collection[str], size: int, cursor: str) -> Page:
        if state.is_untouched:
            below = state.is_all
            return phones_page(self.actor, self.subject, with_below=below, size=size, cursor=cursor)
        return super().page_at(state, names, size, cursor)

    def rows(self, objects: Sequence[Phone], names: Collection[str]) -> Sequence[PhoneRow]:
        subjects = {self.subject.pk} if self.subject else set()
        ways = ways_to(self.request, {one.account_id for one in objects} | subjects)
        return phone_rows(self.actor, objects, ways, timezone.now())

    def file_rows(self, objects: Sequence[Phone], names: Collection[str]) -> Sequence[PhoneRow]:
        return [PhoneRow(one, one.dids) for one in objects]

    def key(self, row: PhoneRow) -> str:
        return row.phone.number

    def attributes(self, row: PhoneRow) -> Mapping[str, str]:
        return {"data-phone": row.phone.number}

    @property
    def has_acts(self) -> bool:  # type: ignore[override]
        """Customers see no menu of which nothing is theirs to do."""
        return not (self.actor.is_customer and self.why_not)

    def acts(self, row: PhoneRow) -> Any:
        return self._menus.of(row.phone)

    @cached_property
    def _menus(self) -> PhoneMenus:
        return PhoneMenus()

    @cached_property
    def why_not(self) -> str:
        """Why the viewer adds and changes no phones here; "" = it may."""
        if self.subject is not None:
            return why_not(self.actor, self.subject)
        own = self.actor.own
        account = self.accounts.get(pk=own.pk) if own is not None else None
        decision = decide(self.actor, Authorization.MANAGE_PHONE, account)
        return "" if decision.is_allowed else decision.sentence

    def head_more(self, state: ListState) -> dict[str, Any]:
        url = self._new_url()
        return {"primary": RowAction("phone-new", _("Add phones"), "plus", url, self.why_not)}

    def head_buttons(self, state: ListState) -> Sequence[Button]:
        button = Button(_("Add phones"), self._new_url(), "plus", is_primary=True)
        return () if self.why_not else [button]

    def tools(self, state: ListState) -> Sequence[Button]:
        return () if self.why_not else [Button(_("Import"), self._import_url(), "upload")]

    def bulk(self, state: ListState) -> Bulk | None:
        if self.why_not:
            return None
        return Bulk(
            reverse("phones-bulk"),
            [
                Deed("lock", _("Lock…"), "lock"),
                Deed("unlock", _("Unlock…"), "unlock"),
                Deed("move", _("Move…"), "move"),
            ],
            [
                ("account_list", self.subject.account_id if self.subject else ""),
                ("query", state.parameters.urlencode()),
            ],
            total=state.count,
            total_text=self.count_text(state),
        )

    def first_use(self, state: ListState) -> Empty:
        if self.why_not and self.actor.is_customer:
            return Empty(_("No phones yet"), _("Your provider adds them for you."))
        if self.why_not:
            return Empty(_("No phones yet"), self.why_not)
        return Empty(
            _("No phones yet"),
            _(
                "A phone has a number of its own and registers with a password you see once. Add"
                " one, a range or a pasted list."
            ),
            self._new_url(),
            _("Add phones"),
            "plus",
            self._import_url(),
            _("Import a file"),
        )

    def caption(self, state: ListState) -> str:
        if self.subject is None:
            return _("All phones")
        if state.is_all:
            return _("Phones of %(account)s and all below it") % {"account": self.subject}
        return _("Phones of %(account)s") % {"account": self.subject}

    def export_url(self) -> str:
        if self.subject is None:
            return reverse("phones-export")
        return reverse("accounts:phones-export", args=[self.subject.account_id])

    def _new_url(self) -> str:
        if self.subject is None:
            return reverse("phone-new")
        return reverse("accounts:phone-new", args=[self.subject.account_id])

    def _import_url(self) -> str:
        url = reverse("phones-import")
        return f"{url}?account={self.subject.account_id}" if self.subject else url


class PhonesView(ListPage, PhonesList):
    """The phones of everybody the viewer reaches; of one account (Direct), or of it and everything
    below it (All).
    """

    authorization = None


class PhonesExportView(ListExport, PhonesList):
    """The same as a file."""

    authorization = None
