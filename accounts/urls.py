"""Addresses below /accounts/. Literal words stand before the account id."""

from django.urls import path

from accounts.login_urls import urlpatterns as login_patterns
from accounts.views import bulk, columns, lists

app_name = "accounts"

urlpatterns = [
    path("", lists.AccountListView.as_view(), name="list"),
    path("export/", lists.AccountListExportView.as_view(), name="export"),
    path("columns/", columns.ColumnsView.as_view(), name="columns"),
    path("bulk/", bulk.BulkView.as_view(), name="bulk"),
    path("<str:account_id>/sub-accounts/", lists.SubAccountsView.as_view(), name="sub-accounts"),
    path(
        "<str:account_id>/sub-accounts/export/",
        lists.SubAccountsExportView.as_view(),
        name="sub-accounts-export",
    ),
    path("<str:account_id>/menu/", lists.RowMenuView.as_view(), name="menu"),
    *login_patterns,
]
