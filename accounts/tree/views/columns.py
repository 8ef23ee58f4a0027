"""Which columns lists of accounts show."""

from collections.abc import Collection

from django.urls import reverse

from accounts.portal.views.columns import KeepColumnsView
from accounts.tree.columns import all_columns
from accounts.tree.views.list import COLUMNS_KEPT


class ColumnsView(KeepColumnsView):
    authorization = None
    columns_key = COLUMNS_KEPT

    def known(self) -> Collection[str]:
        return {one.name for one in all_columns()}

    def back(self) -> str:
        return reverse("accounts:list")
