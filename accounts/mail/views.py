"""The mails of the portal for administrators: what waits, what fails and why, and trying again."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.jobs.queries import queues_without_worker
from accounts.jobs.words import no_worker_words
from accounts.mail.filters import MailFilter
from accounts.mail.models import Mail
from accounts.mail.queries import mail_figures, mails_of
from accounts.mail.services.queue import mails_try_again
from accounts.mail.services.sending import QUEUE
from accounts.mail.words import AGAIN, AGAIN_FORM, COLUMNS, MailRow, mail_row
from accounts.portal.list_parts import ProductView
from accounts.portal.lists.parts import Empty, Words
from accounts.portal.lists.state import ListState
from accounts.portal.lists.views.export import ListExport
from accounts.portal.lists.views.list import ListPage
from accounts.portal.lists.views.numbered import NumberedPages
from accounts.portal.views.base import ADMINISTRATORS, PortalView
from accounts.portal.views.responses import SeeOther

_ALL = "all"


class MailsList(NumberedPages):
    """All mails of the last month, the latest first."""

    abstract = True
    what = "mails"
    heading = gettext_lazy("Mail")
    template = "accounts/mail/list.html"
    columns = COLUMNS
    filter_class = MailFilter
    views = (
        ProductView(gettext_lazy("Failed"), {"state": "failing"}, is_work=True),
        ProductView(gettext_lazy("Given up"), {"state": "given_up"}, is_work=True),
        ProductView(gettext_lazy("Waiting"), {"state": "waiting"}),
        ProductView(gettext_lazy("Sent"), {"state": "sent"}),
        ProductView(gettext_lazy("Not sent"), {"state": "skipped"}),
    )
    fixed_size = 50
    has_asof = True
    words = Words(
        search=gettext_lazy("Filter these mails"),
        every=gettext_lazy("All mails"),
        find=gettext_lazy("User name or address"),
        file=gettext_lazy("%(kind)s, these mails"),
        no_match=gettext_lazy("No mail matches these filters"),
        no_match_text=gettext_lazy("Look at all of them."),
        clear=gettext_lazy("All mails"),
    )

    def base(self, is_all: bool) -> QuerySet[Mail]:
        return mails_of(self.actor).select_related("login__account")

    def ordered(self, rows: QuerySet[Mail]) -> QuerySet[Mail]:
        return rows.order_by("-created_at", "pk")

    def rows(self, objects: Sequence[Mail], names: Collection[str]) -> Sequence[MailRow]:
        return [mail_row(self.actor, one) for one in objects]

    def key(self, row: MailRow) -> str:
        return str(row.mail.pk)

    def caption(self, state: ListState) -> str:
        return _("Mails, the latest first")

    def title(self, state: ListState) -> Any:
        return self.heading

    def export_url(self) -> str:
        return reverse("mails-export")

    def keys(self, state: ListState, most: int) -> Sequence[int]:
        """Mails are known by UUIDs; a job keeps whole numbers."""
        return [pk.int for pk in self.ordered(state.matching).values_list("pk", flat=True)[:most]]

    def chunks(self, state: ListState, keys: Sequence[int]) -> Iterator[Sequence[Mail]]:
        return super().chunks(state, [UUID(int=one) for one in keys])  # type: ignore[misc]

    def first_use(self, state: ListState) -> Empty:
        return Empty(
            _("No mails yet"),
            _(
                "Invitations, links for forgotten passwords and notices are listed here from the"
                " moment they are asked for."
            ),
        )


class MailsView(ListPage, MailsList):
    """The page of them, where those that failed are tried again."""

    authorization = None
    audience = ADMINISTRATORS

    def more(self, state: ListState) -> dict[str, Any]:
        missing = [one for one in queues_without_worker() if one == QUEUE]
        return {
            "figures": mail_figures(),
            "no_worker": no_worker_words(missing),
            "form_id": AGAIN_FORM,
            "field": AGAIN,
            "everything": _ALL,
        }


class MailsExportView(ListExport, MailsList):
    """The same as a file: who was written to, never what the mails say."""

    authorization = None
    audience = ADMINISTRATORS


class MailAgainView(PortalView):
    """Have a mail that failed, or all of them, tried at once."""

    authorization = None
    audience = ADMINISTRATORS
    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponseBase:
        asked = request.POST.get(AGAIN, "")
        count = mails_try_again(actor=self.actor, mails=None if asked == _ALL else _keys(asked))
        if count:
            words = ngettext(
                "%(count)s mail is tried again now.", "%(count)s mails are tried again now.", count
            )
            messages.success(request, words % {"count": count})
        else:
            messages.warning(request, _("Nothing failed there that could be tried again."))
        return SeeOther(reverse("mails"))


def _keys(asked: str) -> list[str]:
    """The key that was posted; none for what is no key."""
    try:
        return [str(UUID(asked))]
    except ValueError:
        return []
