"""Accounts, the navigation tree and the global search. Literal words stand before the id."""

from django.urls import path

from accounts.tree.views import (
    bulk,
    columns,
    creating,
    editing,
    ending,
    letterhead,
    moving,
    overview,
    panel,
    picker,
    search,
    sidebar,
    status,
)
from accounts.tree.views import list as lists

# Below /accounts/.
account_patterns = [
    path("", lists.AccountListView.as_view(), name="list"),
    path("export/", lists.AccountListExportView.as_view(), name="export"),
    path("columns/", columns.ColumnsView.as_view(), name="columns"),
    path("bulk/", bulk.BulkView.as_view(), name="bulk"),
    path("new/", creating.AccountNewView.as_view(), name="new"),
    path("picker/", picker.PickerView.as_view(), name="picker"),
    path("<str:account_id>/", overview.AccountView.as_view(), name="detail"),
    path("<str:account_id>/edit/", editing.AccountEditView.as_view(), name="edit"),
    path("<str:account_id>/move/", moving.MoveView.as_view(), name="move"),
    path(
        "<str:account_id>/move-sub-accounts/",
        moving.MoveSubAccountsView.as_view(),
        name="move-sub-accounts",
    ),
    path("<str:account_id>/lock/", status.LockView.as_view(), name="lock"),
    path("<str:account_id>/unlock/", status.UnlockView.as_view(), name="unlock"),
    path("<str:account_id>/close/", ending.CloseView.as_view(), name="close"),
    path("<str:account_id>/delete/", ending.DeleteView.as_view(), name="delete"),
    path("<str:account_id>/sub-accounts/", lists.SubAccountsView.as_view(), name="sub-accounts"),
    path(
        "<str:account_id>/sub-accounts/export/",
        lists.SubAccountsExportView.as_view(),
        name="sub-accounts-export",
    ),
    path("<str:account_id>/letterhead/", letterhead.LetterheadView.as_view(), name="letterhead"),
    path("<str:account_id>/logo/", letterhead.LogoView.as_view(), name="logo"),
    path("<str:account_id>/panel/", panel.PanelView.as_view(), name="panel"),
    path("<str:account_id>/menu/", lists.RowMenuView.as_view(), name="menu"),
]

urlpatterns = [
    path("search/", search.SearchView.as_view(), name="search"),
    path("tree/", sidebar.TreeView.as_view(), name="tree"),
    path("tree/branch/", sidebar.BranchView.as_view(), name="tree-roots"),
    path("tree/branch/<str:account_id>/", sidebar.BranchView.as_view(), name="tree-branch"),
    path("tree/menu/<str:account_id>/", sidebar.MenuView.as_view(), name="tree-menu"),
    path("tree/search/", sidebar.TreeSearchView.as_view(), name="tree-search"),
    path("tree/version/", sidebar.VersionView.as_view(), name="tree-version"),
    path("tree/refresh/", sidebar.RefreshView.as_view(), name="tree-refresh"),
    path("tree/customers/", sidebar.CustomersView.as_view(), name="tree-customers"),
]
