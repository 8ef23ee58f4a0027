"""Logins of one account, looking as somebody else, and views of lists."""

from django.urls import path

from accounts.logins.views import logins, saved_views, view_as

# Below /accounts/.
account_patterns = [
    path("<str:account_id>/logins/", logins.LoginsView.as_view(), name="logins"),
    path(
        "<str:account_id>/logins/export/", logins.LoginsExportView.as_view(), name="logins-export"
    ),
    path("<str:account_id>/logins/new/", logins.LoginNewView.as_view(), name="login-new"),
    path(
        "<str:account_id>/logins/<str:username>/edit/",
        logins.LoginEditView.as_view(),
        name="login-edit",
    ),
    path(
        "<str:account_id>/logins/<str:username>/lock/",
        logins.LoginLockView.as_view(),
        name="login-lock",
    ),
    path(
        "<str:account_id>/logins/<str:username>/unlock/",
        logins.LoginUnlockView.as_view(),
        name="login-unlock",
    ),
    path(
        "<str:account_id>/logins/<str:username>/reset/",
        logins.LoginResetView.as_view(),
        name="login-reset",
    ),
    path(
        "<str:account_id>/logins/<str:username>/sign-out/",
        logins.LoginSignOutView.as_view(),
        name="login-sign-out",
    ),
    path("<str:account_id>/view-as/", view_as.ViewAsView.as_view(), name="view-as"),
]

urlpatterns = [
    path("view-as/end/", view_as.ViewAsEndView.as_view(), name="view-as-end"),
    path("lists/<slug:of_list>/views/", saved_views.ViewsView.as_view(), name="views"),
    path("lists/<slug:of_list>/views/save/", saved_views.ViewSaveView.as_view(), name="view-save"),
]
