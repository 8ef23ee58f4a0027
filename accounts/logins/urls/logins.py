"""Pages about the logins of one account; part of the `accounts:` addresses."""

from django.urls import path

from accounts.logins.views import logins

urlpatterns = [
    path("<str:account_id>/logins/", logins.LoginsView.as_view(), name="logins"),
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
]
