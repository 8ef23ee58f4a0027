"""Signing in and out, one's own security, and nothing else of django-allauth: no sign-up, no e-mail
pages, no social.

Each view is listed here by hand. Names that begin with `account_` and `mfa_` are those allauth
itself links to.
"""

from allauth.account import views as account_views
from allauth.mfa.recovery_codes import views as recovery_views
from allauth.mfa.webauthn import views as passkey_views
from django.urls import path, re_path
from django.views.generic import RedirectView

from accounts.kit.object_paths import register_kind
from accounts.logins.views import security
from accounts.portal.urls import with_former

register_kind("passkey")

urlpatterns = [
    path("login/", security.SignInView.as_view(), name="account_login"),
    path("logout/", account_views.LogoutView.as_view(), name="account_logout"),
    path("security/", security.SecurityView.as_view(), name="security"),
    path("security/preferences/", security.PreferencesView.as_view(), name="security-preferences"),
    path(
        "security/preferences/appearance/",
        security.AppearanceView.as_view(),
        name="security-appearance",
    ),
    path("security/sessions/", security.SessionsView.as_view(), name="security-sessions"),
    path(
        "security/invitation/<str:token>/",
        security.InvitationView.as_view(),
        name="security-invitation",
    ),
    # Passwords
    path(
        "security/password/change/",
        security.PasswordChangeView.as_view(),
        name="account_change_password",
    ),
    path(
        "security/password/choose/",
        security.PasswordChooseView.as_view(),
        name="account_set_password",
    ),
    path(
        "security/password/reset/",
        security.PasswordResetView.as_view(),
        name="account_reset_password",
    ),
    path(
        "security/password/reset/sent/",
        account_views.PasswordResetDoneView.as_view(),
        name="account_reset_password_done",
    ),
    re_path(
        r"^security/password/reset/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[0-9A-Za-z-]+)/$",
        security.PasswordResetFromKeyView.as_view(),
        name="account_reset_password_from_key",
    ),
    path(
        "security/password/reset/done/",
        account_views.PasswordResetFromKeyDoneView.as_view(),
        name="account_reset_password_from_key_done",
    ),
    # Second factors
    path("security/two-factor/", security.FactorsView.as_view(), name="mfa_index"),
    path(
        "security/two-factor/sign-in/", security.SecondFactorView.as_view(), name="mfa_authenticate"
    ),
    path(
        "security/two-factor/app/",
        security.AuthenticatorAppView.as_view(),
        name="mfa_activate_totp",
    ),
    path(
        "security/two-factor/app/remove/",
        security.AuthenticatorAppRemoveView.as_view(),
        name="mfa_deactivate_totp",
    ),
    path(
        "security/two-factor/recovery-codes/",
        security.RecoveryCodesView.as_view(),
        name="mfa_view_recovery_codes",
    ),
    path(
        "security/two-factor/recovery-codes/new/",
        recovery_views.GenerateRecoveryCodesView.as_view(),
        name="mfa_generate_recovery_codes",
    ),
    path(
        "security/two-factor/recovery-codes/download/",
        security.RecoveryCodesFileView.as_view(),
        name="mfa_download_recovery_codes",
    ),
    path(
        "security/two-factor/passkeys/",
        passkey_views.ListWebAuthnView.as_view(),
        name="mfa_list_webauthn",
    ),
    path(
        "security/two-factor/passkeys/add/",
        security.PasskeyAddView.as_view(),
        name="mfa_add_webauthn",
    ),
    *with_former(
        "security/two-factor/passkeys/<passkey:pk>/rename/",
        security.PasskeyRenameView.as_view(),
        "mfa_edit_webauthn",
    ),
    *with_former(
        "security/two-factor/passkeys/<passkey:pk>/remove/",
        security.PasskeyRemoveView.as_view(),
        "mfa_remove_webauthn",
    ),
    path(
        "security/passkey-sign-in/",
        security.PasskeySignInView.as_view(),
        name="mfa_login_webauthn",
    ),
    # Proving again who one is
    path(
        "security/reauthenticate/",
        security.ReauthenticateView.as_view(),
        name="account_reauthenticate",
    ),
    path(
        "security/reauthenticate/code/",
        security.SecondFactorAgainView.as_view(),
        name="mfa_reauthenticate",
    ),
    path(
        "security/reauthenticate/passkey/",
        security.PasskeyAgainView.as_view(),
        name="mfa_reauthenticate_webauthn",
    ),
    # The Django admin has no door of its own; these stand before its patterns.
    path("admin/login/", security.admin_sign_in, name="admin-sign-in"),
    path(
        "admin/r/<path:content_type_id>/<path:object_id>/",
        security.admin_shortcut,
        name="admin-shortcut",
    ),
    path("admin/logout/", account_views.LogoutView.as_view(), name="admin-sign-out"),
    path(
        "admin/password_change/",
        RedirectView.as_view(pattern_name="account_change_password"),
        name="admin-password-change",
    ),
]
