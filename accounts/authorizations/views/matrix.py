"""Who holds what: a hierarchy × the eight authorizations, at a glance."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.authorizations.filters import EVERYBODY, HolderFilter
from accounts.authorizations.queries.holders import agents_and_holders
from accounts.authorizations.tables.holders import COLUMNS, SHORT, HolderRow, holder_rows
from accounts.core.authorizations import Authorization
from accounts.core.models import Account
from accounts.portal.list_parts import ProductView
from accounts.portal.lists.parts import Empty, Words
from accounts.portal.lists.state import ListState
from accounts.portal.lists.views.export import ListExport
from accounts.portal.lists.views.list import ListPage
from accounts.portal.lists.views.numbered import NumberedPages


class HoldersList(NumberedPages):
    """Which of the eight each account holds, which of them count now, and which it cannot have
    because its agent does not hold them; as the hierarchy nests.

    Of everything the viewer reaches, agents and holders where nobody asks for others; of one
    account, it and all below it.
    """

    abstract = True
    what = "matrix"
    heading = _("Who holds what")
    tab = "authorizations"
    template = "accounts/authorizations/matrix.html"
    columns = COLUMNS
    filter_class = HolderFilter
    views = (
        ProductView(_("Less than their agent"), {"differs": "on"}),
        ProductView(_("May manage accounts"), {"code": "manage_account"}),
        ProductView(_("May pay sub-accounts"), {"code": "pay_sub_account"}),
    )
    fixed_size = 50
    table_css = "matrix"
    words = Words(
        search=_("Search and filter who holds what"),
        find=_("Account ID or name"),
        file=_("%(kind)s, who holds what"),
        no_match=_("No account matches these filters"),
        no_match_text=_("Clear the filters to see all of them."),
    )

    def is_all(self, parameters: QueryDict) -> bool:
        return True

    def shows(self, state: ListState) -> list[dict[str, Any]]:
        return []

    def order_words(self, state: ListState) -> str:
        return ""

    def base(self, is_all: bool) -> QuerySet[Account]:
        if self.subject is not None:
            one = self.subject
            return self.accounts.filter(tree_id=one.tree_id, lft__gte=one.lft, lft__lt=one.rght)
        is_everybody = self.request.GET.get("who") == EVERYBODY
        return self.accounts if is_everybody else agents_and_holders(self.accounts)

    def filter_options(self, is_all: bool) -> dict[str, Any]:
        return {"own_pk": self.actor.account_pk, "with_who": self.subject is None}

    def ordered(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        if self.request.GET.get("sort") == "account_id":
            return rows.order_by("account_id")
        return rows.order_by("tree_id", "lft")

    def rows(self, objects: Sequence[Account], names: Collection[str]) -> Sequence[HolderRow]:
        return list(holder_rows(self.actor, objects))

    def key(self, row: HolderRow) -> str:
        return row.account.account_id

    def attributes(self, row: HolderRow) -> Mapping[str, str]:
        return {"data-account": row.account.account_id}

    def first_use(self, state: ListState) -> Empty:
        return Empty(_("Nobody holds anything yet"), _("Agents appear here, and who holds any."))

    def export_url(self) -> str:
        if self.subject is None:
            return reverse("rights-export")
        return reverse("accounts:authorization-matrix-export", args=[self.subject.account_id])

    def file_name(self) -> str:
        return f"{self.subject.account_id}-authorizations" if self.subject else "authorizations"

    def title(self, state: ListState) -> Any:
        return self.heading

    def more(self, state: ListState) -> dict[str, Any]:
        return {"codes": [(code.number, SHORT[code]) for code in Authorization]}


class HoldersView(ListPage, HoldersList):
    authorization = None
    switches: ClassVar[Mapping[str, Any]] = {"who": _("Which accounts")}
    without_chip = ("who",)


class HoldersExportView(ListExport, HoldersList):
    """The same as a file."""

    authorization = None


class MatrixView(ListPage, HoldersList):
    """Of one account: who below holds what."""

    authorization = None
    heading = _("Who below holds what")


class MatrixExportView(ListExport, HoldersList):
    """The same as a file."""

    authorization = None
