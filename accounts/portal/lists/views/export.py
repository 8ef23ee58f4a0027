"""A list as a file: the rows and the order of its page."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponseBase

from accounts.core.exports import export_recorded
from accounts.kit.sheets_out import MOST_ROWS, download, kind_asked
from accounts.portal.lists.columns import Column
from accounts.portal.lists.state import ListState
from accounts.portal.lists.views.list import ListView


class ListExport(ListView):
    """The same list as a file: `class PhonesExportView(ListExport, PhonesList)`."""

    abstract = True
    in_view_as = False

    def get(self, request: HttpRequest, account_id: str = "") -> HttpResponseBase:
        if account_id:
            self.subject = self.get_account(account_id)
        return self.export(request)

    def export(self, request: HttpRequest) -> HttpResponseBase:
        """The list as a file: filters and order as on screen, at most MOST_ROWS; on record."""
        kind = kind_asked(request)
        state = self.state_of(request.GET)
        written = [one for one in self.file_columns(state) if one.value is not None]
        export_recorded(
            actor=self.actor,
            what=self.what,
            account=self.recorded_on(),
            filters=self.recorded(state),
            rows=state.matching.order_by()[:MOST_ROWS].count(),
        )
        header = [one.file_label for one in written]
        return download(kind, header, self._lines(state, written), self.file_name())

    def _lines(self, state: ListState, columns: Sequence[Column]) -> Iterator[list[Any]]:
        names = [one.name for one in columns]
        values = [one.value for one in columns if one.value is not None]
        for objects in self.chunks(state):
            for row in self.file_rows(objects, names):
                yield [value(row) for value in values]
