"""Addresses of the navigation tree and of the global search."""

from django.urls import path

from accounts.tree.views import search
from accounts.tree.views import sidebar as tree

urlpatterns = [
    path("search/", search.SearchView.as_view(), name="search"),
    path("tree/", tree.TreeView.as_view(), name="tree"),
    path("tree/branch/", tree.BranchView.as_view(), name="tree-roots"),
    path("tree/branch/<str:account_id>/", tree.BranchView.as_view(), name="tree-branch"),
    path("tree/menu/<str:account_id>/", tree.MenuView.as_view(), name="tree-menu"),
    path("tree/search/", tree.TreeSearchView.as_view(), name="tree-search"),
    path("tree/version/", tree.VersionView.as_view(), name="tree-version"),
    path("tree/refresh/", tree.RefreshView.as_view(), name="tree-refresh"),
    path("tree/customers/", tree.CustomersView.as_view(), name="tree-customers"),
]
