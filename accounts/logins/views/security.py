"""One's own security and preferences, and the pages around signing in.

django-allauth's views do the work; the subclasses give them our templates, statuses and words.
Pages about another person's login are in `accounts.logins.views.logins`.
"""

from typing import Any

import structlog
from allauth.account import views as account_views
from allauth.account.models import Login
from allauth.decorators import rate_limit
from allauth.mfa.base import views as factor_views
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes import views as recovery_views
from allauth.mfa.totp import views as totp_views
from allauth.mfa.webauthn import views as passkey_views
from django.contrib import admin, messages
from django.contrib.auth import REDIRECT_FIELD_NAME, logout
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from accounts.core.actor import actor_for
from accounts.core.models import User
from accounts.kit.errors import Refused
from accounts.logins.adapters import describe_browser
from accounts.logins.forms.security import InvitationForm, PreferencesForm
from accounts.logins.queries import held_by, sessions_alive
from accounts.logins.rules.guards import may_sign_in
from accounts.logins.rules.second_factor import needs_second_factor
from accounts.logins.services.codes import invited_login, redeem_invitation
from accounts.logins.services.own import password_set_by_self
from accounts.logins.services.preferences import page_size, preferences_set, row_density
from accounts.logins.services.sessions import own_sessions_end
from accounts.portal.allauth_doors import perform_login, record_authentication
from accounts.portal.breadcrumbs import Crumb
from accounts.portal.views.answers import answer
from accounts.portal.views.base import EVERYBODY, PortalView
from accounts.portal.views.responses import SeeOther, way_back

log = structlog.get_logger(__name__)


class _FormStatus:
    """A form with errors is 422, one refused for too many attempts 429; browsers and tests can
    tell.
    """

    def form_invalid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_invalid(form)  # type: ignore[misc]
        codes = {error.code for errors in form.errors.as_data().values() for error in errors}
        response.status_code = 429 if "too_many_login_attempts" in codes else 422
        return response


class _Proof(_FormStatus):
    """A form that takes a proof of who somebody is: what fails there is in the log."""

    def form_invalid(self, form: Any) -> HttpResponse:
        _not_proven(getattr(self, "stage", None))
        return super().form_invalid(form)


def _not_proven(stage: Any) -> None:
    """Log a second factor, passkey or password that is not the login's; a line names who is signed
    in anyway.
    """
    who = {"login": stage.login.user.get_username()} if stage else {}
    log.warning("proof failed", **who)


class SignInView(_FormStatus, account_views.LoginView):
    pass


class PasswordChangeView(_FormStatus, account_views.PasswordChangeView):
    pass


class PasswordChooseView(_FormStatus, account_views.PasswordSetView):
    """The own password of a login that a one-time code let in."""

    def get_default_success_url(self) -> str:
        return reverse("dashboard")


class PasswordResetView(_FormStatus, account_views.PasswordResetView):
    pass


class PasswordResetFromKeyView(_FormStatus, account_views.PasswordResetFromKeyView):
    pass


class ReauthenticateView(_Proof, account_views.ReauthenticateView):
    pass


class SecondFactorView(_Proof, factor_views.AuthenticateView):
    """The second step of a sign-in."""


class SecondFactorAgainView(_Proof, factor_views.ReauthenticateView):
    pass


class PasskeyAgainView(passkey_views.ReauthenticateWebAuthnView):
    def form_invalid(self, form: Any) -> HttpResponse:
        _not_proven(None)
        return super().form_invalid(form)


class PasskeySignInView(passkey_views.LoginWebAuthnView):
    def form_invalid(self, form: Any) -> HttpResponse:
        _not_proven(None)
        return super().form_invalid(form)


class AuthenticatorAppView(_FormStatus, totp_views.ActivateTOTPView):
    pass


class AuthenticatorAppRemoveView(totp_views.DeactivateTOTPView):
    """Where there is no app to remove, the page of all factors says so."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not _has(request, Authenticator.Type.TOTP):
            return redirect("mfa_index")
        return super().dispatch(request, *args, **kwargs)


class RecoveryCodesView(recovery_views.ViewRecoveryCodesView):
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not _has(request, Authenticator.Type.RECOVERY_CODES):
            return redirect("mfa_index")
        return super().dispatch(request, *args, **kwargs)


class RecoveryCodesFileView(recovery_views.DownloadRecoveryCodesView):
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not _has(request, Authenticator.Type.RECOVERY_CODES):
            return redirect("mfa_index")
        return super().dispatch(request, *args, **kwargs)


class PasskeyAddView(_FormStatus, passkey_views.AddWebAuthnView):
    pass


class PasskeyRenameView(_FormStatus, passkey_views.EditWebAuthnView):
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        _own_passkey(request, kwargs["pk"])
        return super().dispatch(request, *args, **kwargs)


class PasskeyRemoveView(passkey_views.RemoveWebAuthnView):
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        _own_passkey(request, kwargs["pk"])
        return super().dispatch(request, *args, **kwargs)


def _has(request: HttpRequest, kind: str) -> bool:
    return held_by(request.user).filter(type=kind).exists()


def _own_passkey(request: HttpRequest, pk: int) -> None:
    """404 for somebody else's passkey, before anything is asked."""
    get_object_or_404(Authenticator, pk=pk, user=request.user.pk, type=Authenticator.Type.WEBAUTHN)


class FactorsView(factor_views.IndexView):
    """Second factors: what there is, and whether one is required before anything else."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        context["required"] = needs_second_factor(self.request.actor)  # type: ignore[attr-defined]
        return context


@method_decorator([never_cache, login_not_required, sensitive_post_parameters()], name="dispatch")
@method_decorator(rate_limit(action="reset_password_from_key"), name="dispatch")
class InvitationView(View):
    """An invited login chooses its password and is signed in. Looking uses nothing up."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        user = _invited(token)
        return self._page(request, user, InvitationForm(user=user) if user else None)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        user = _invited(token)
        if user is None:
            return self._page(request, None, None)
        form = InvitationForm(request.POST, user=user)
        if not form.is_valid():
            return self._page(request, user, form, status=422)
        with transaction.atomic():
            if not redeem_invitation(token):
                return self._page(request, None, None)
            user = password_set_by_self(
                actor=actor_for(user), password=form.cleaned_data["password1"]
            )
        if request.user.is_authenticated:
            logout(request)
        record_authentication(request, user, method="invitation")
        return perform_login(request, Login(user=user, redirect_url=reverse("dashboard")))

    def _page(
        self, request: HttpRequest, user: User | None, form: Any, status: int = 200
    ) -> HttpResponse:
        if user is None:
            status = 410
        context = {"invited": user, "form": form}
        return render(request, "accounts/logins/security/invitation.html", context, status=status)


def _invited(token: str) -> User | None:
    user = invited_login(token)
    return user if user and may_sign_in(user) else None


class SecurityView(PortalView):
    """One's own sign-in: password, second factors, sessions, and when it was last used."""

    authorization = None
    audience = EVERYBODY

    def get(self, request: HttpRequest) -> HttpResponse:
        user = self.request.user
        factors = dict.fromkeys(Authenticator.Type.values, 0)
        codes_left = 0
        for factor in held_by(user):
            factors[factor.type] += 1
            if factor.type == Authenticator.Type.RECOVERY_CODES:
                codes_left = len(factor.wrap().get_unused_codes())
        context = {
            "has_app": bool(factors[Authenticator.Type.TOTP]),
            "passkeys": factors[Authenticator.Type.WEBAUTHN],
            "codes_left": codes_left,
            "has_codes": bool(factors[Authenticator.Type.RECOVERY_CODES]),
            "required": needs_second_factor(self.actor),
            "sessions": sessions_alive(user).count(),
            "crumbs": [Crumb(_("Sign-in and security"))],
        }
        return render(request, "accounts/logins/security/overview.html", context)


class SessionsView(PortalView):
    """Where this login is signed in; signs out the others, or everything."""

    authorization = None
    audience = EVERYBODY

    def get(self, request: HttpRequest) -> HttpResponse:
        rows = [
            {
                "session": one,
                "device": describe_browser(one.user_agent),
                "is_current": one.session_key == request.session.session_key,
            }
            for one in sessions_alive(request.user).order_by("-last_seen_at")
        ]
        rows.sort(key=lambda row: not row["is_current"])
        return render(request, "accounts/logins/security/sessions.html", {"rows": rows})

    def post(self, request: HttpRequest) -> HttpResponse:
        if answer(request, "which", "all", "others") == "all":
            own_sessions_end(actor=self.actor)
            logout(request)
            messages.success(request, _("You are signed out everywhere."))
            return SeeOther("account_login")
        own_sessions_end(actor=self.actor, but=request.session.session_key)
        messages.success(request, _("All other sessions are signed out."))
        return SeeOther("security-sessions")


class PreferencesView(PortalView):
    authorization = None
    audience = EVERYBODY

    def get(self, request: HttpRequest) -> HttpResponse:
        user: Any = request.user
        initial = {
            "language": user.language,
            "time_zone": user.time_zone,
            "theme": user.theme,
            "density": user.density or row_density(self.actor),
            "page_size": page_size(user),
        }
        return self._page(PreferencesForm(initial=initial))

    def post(self, request: HttpRequest) -> HttpResponse:
        form = PreferencesForm(request.POST)
        if form.is_valid():
            try:
                preferences_set(actor=self.actor, **form.cleaned_data)
            except Refused as error:
                form.add_error(error.field, str(error.message))
            else:
                messages.success(request, _("Your preferences are saved."))
                return SeeOther("security-preferences")
        return self._page(form, status=422)

    def _page(self, form: PreferencesForm, status: int = 200) -> HttpResponse:
        return render(
            self.request, "accounts/logins/security/preferences.html", {"form": form}, status=status
        )


class AppearanceView(PortalView):
    """Keeps theme or row density from the appearance menu: 204 for scripts, back to the page for a
    plain form.
    """

    authorization = None
    audience = EVERYBODY

    def post(self, request: HttpRequest) -> HttpResponse:
        preferences_set(
            actor=self.actor,
            theme=request.POST.get("theme"),
            density=request.POST.get("density"),
        )
        if request.headers.get("HX-Request"):
            return HttpResponse(status=204)
        # Not a field of the form: pages would differ by their own address, even the 404.
        asked = request.headers.get("Referer", "")
        return HttpResponseRedirect(way_back(request, asked, reverse("security-preferences")))


@login_not_required
def admin_sign_in(request: HttpRequest) -> HttpResponseBase:
    """The Django admin's door is ours: strangers sign in on the portal's page, others have no
    business there.
    """
    if request.user.is_authenticated:
        raise PermissionDenied
    back = request.GET.get(REDIRECT_FIELD_NAME) or reverse("admin:index")
    return redirect(f"{reverse('account_login')}?{urlencode({REDIRECT_FIELD_NAME: back})}")


def _no_shortcut(request: HttpRequest, content_type_id: str, object_id: str) -> HttpResponseBase:
    raise Http404


# The Django admin's "view on site" turns any key into an account id, for staff without permission
# to see accounts too. The portal has no use for it.
admin_shortcut = admin.site.admin_view(_no_shortcut)
