"""A list as a file: the rows and the order of its page."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.http import HttpRequest

from accounts.core.exports import Export
from accounts.jobs.services.exports import MOST_IN_ALL
from accounts.portal.lists.columns import Column
from accounts.portal.lists.state import ListState
from accounts.portal.lists.views.list import ListView
from accounts.portal.views.exports import ExportView


class ListExport(ExportView, ListView):
    """The same list as a file: `class PhonesExportView(ListExport, PhonesList)`."""

    abstract = True

    def exported(self, request: HttpRequest, account_id: str = "") -> Export:
        """The list of the address: filters and order as on screen."""
        if account_id:
            self.subject = self.get_account(account_id)
        state = self.state_of(request.GET)
        written = [one for one in self.file_columns(state) if one.value is not None]
        return Export(
            what=self.what,
            account=self.recorded_on(),
            filters=self.recorded(state),
            name=self.file_name(),
            header=[one.file_label for one in written],
            count=state.matching.order_by()[: MOST_IN_ALL + 1].count(),
            keys=lambda: self.keys(state, MOST_IN_ALL + 1),
            lines=lambda keys: self._lines(state, written, keys),
        )

    def _lines(
        self, state: ListState, columns: Sequence[Column], keys: Sequence[int]
    ) -> Iterator[list[Any]]:
        names = [one.name for one in columns]
        values = [one.value for one in columns if one.value is not None]
        for objects in self.chunks(state, keys):
            for row in self.file_rows(objects, names):
                yield [value(row) for value in values]
