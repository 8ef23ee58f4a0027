"""How django-allauth behaves here: our services write, our words speak, one neutral answer to any
failed sign-in.
"""

import base64
import logging
import re
import time
from contextlib import suppress
from typing import Any

import qrcode
from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.contrib import messages
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from qrcode.image.svg import SvgPathFillImage
from structlog.contextvars import bind_contextvars

from accounts.core.actor import actor_for
from accounts.core.models import User
from accounts.kit.outage import Away
from accounts.logins.mails import mail_login
from accounts.logins.queries import factors_of, find_login, held_by
from accounts.logins.rules.guards import may_sign_in
from accounts.logins.rules.second_factor import needs_second_factor
from accounts.logins.services.own import password_set_by_self, sign_in_recorded
from accounts.portal.allauth_doors import clear_login, get_authentication_records, ratelimit
from accounts.portal.visitor import address_of
from accounts.validators import USERNAME_PATTERN

logger = logging.getLogger(__name__)

#: Session key: when the person signed in, in seconds since 1970. The absolute limit counts from
#: here.
SIGNED_IN_AT = "signed_in_at"

# Shorter than most addresses may be: nobody needs more of it to know what was meant.
_COULD_BE_A_LOGIN = re.compile(rf"{USERNAME_PATTERN}(?:@[A-Za-z0-9.-]{{1,64}})?")
_APP = "allauth.account"
_FAILED = _("This user name or e-mail and password do not match a login that can sign in.")


class AccountAdapter(DefaultAccountAdapter):
    """Passwords, sign-in and its limits."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        # Wrong name, wrong password, locked, closed: whoever guesses learns nothing.
        "username_password_mismatch": _FAILED,
        "email_password_mismatch": _FAILED,
        "invalid_login": _FAILED,
        "account_inactive": _FAILED,
        "incorrect_password": _("This is not your password."),
        "enter_current_password": _("This is not your current password."),
        "incorrect_code": _("This code is wrong or has ended. Enter the one that shows now."),
        "invalid_password_reset": _("This link has ended or was used before."),
        "rate_limited": _("Too many attempts. Wait a minute and try again."),
        "too_many_login_attempts": _("Too many failed attempts. Wait a few minutes and try again."),
    }

    def is_safe_url(self, url: str) -> bool:
        """Whether a page may lead there afterwards; nowhere, where it is no address at all."""
        try:
            return bool(super().is_safe_url(url))
        except ValueError:
            return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """As everywhere else; a wrong TRUSTED_PROXIES keeps nobody out."""
        return address_of(request) or str(super().get_client_ip(request))

    def get_login_stages(self) -> list[str]:
        return ["allauth.mfa.stages.AuthenticateStage"]

    # Limits: five wrong passwords per login and address, then ever longer; and a ceiling per login
    # from anywhere.

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count an attempt before the password is looked at; raise with the time left once there
        are too many.
        """
        typed = _typed(credentials)
        user = find_login(typed)
        # One login has one counter, whether it is attacked by its name or by its address.
        who = f"login:{user.pk}" if user else f"typed:{typed.lower()}"
        limits = (
            ("login_failed", f"{who}:{ratelimit.get_ip(request)}"),
            ("login_failed_anywhere", who),
        )
        self._consumed: list[ratelimit.RateLimitUsage] = []
        for action, key in limits:
            usage = ratelimit.consume(request, app=_APP, action=action, key=key)
            if not usage:
                self._rollback_login_failed_rl_usage()
                logger.warning("sign-in locked out", extra={"login": _shown(user, credentials)})
                raise _locked_out(_seconds_left(request, action, key))
            self._consumed.append(usage)

    def _rollback_login_failed_rl_usage(self) -> None:
        for usage in self._consumed:
            # What is not taken back makes the limit stricter, and no more than that.
            with suppress(Away):
                usage.rollback()

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        user = find_login(_typed(credentials))
        logger.warning("sign-in failed", extra={"login": _shown(user, credentials)})

    # Sign-in.

    def pre_login(self, request: HttpRequest, user: Any, **how: Any) -> HttpResponse | None:
        return None if may_sign_in(user) else self.respond_user_inactive(request, user)

    def login(self, request: HttpRequest, user: Any) -> None:
        if not may_sign_in(user):  # locked while the second factor was being asked
            raise ImmediateHttpResponse(self.respond_user_inactive(request, user))
        sign_in_recorded(user=user, place=_place(self, request))
        super().login(request, user)
        request.session[SIGNED_IN_AT] = time.time()
        bind_contextvars(login=user.get_username())
        logger.info("signed in")

    def respond_user_inactive(self, request: HttpRequest, user: Any) -> HttpResponse:
        """Somebody proven who may not come in (a passkey of a locked login): the same words as any
        failure.
        """
        logger.warning("sign-in refused", extra={"login": user.get_username()})
        clear_login(request)
        messages.error(request, _FAILED)
        return redirect("account_login")

    # Passwords.

    def set_password(self, user: Any, password: str) -> None:
        request = context.request
        own = request.user.is_authenticated and request.user.pk == user.pk
        password_set_by_self(
            actor=actor_for(user),
            password=password,
            keep_session=request.session.session_key if own else None,
            by_mailed_link=not own,
        )
        user.refresh_from_db(fields=["password", "password_changed_at", "must_change_password"])

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Required unless the person proved who they are, by signing in or again, in the last
        minutes.
        """
        request = context.request
        records = get_authentication_records(request, request.user)
        latest = max((record["at"] for record in records), default=0.0)
        return time.time() - latest > settings.ACCOUNT_REAUTHENTICATION_TIMEOUT

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        words = {
            "reauthenticate": _("Use your password"),
            "mfa_reauthenticate": _("Use a code"),
            "mfa_reauthenticate:webauthn": _("Use a passkey"),
        }
        methods = super().get_reauthentication_methods(user)
        return [{**method, "description": words[method["id"]]} for method in methods]

    # Mails.

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Nothing of allauth is mailed from within a request. Raises NotImplementedError."""
        raise NotImplementedError(f"{template_prefix}: every mail is a kind of accounts.mail.")

    def send_notification_mail(
        self,
        template_prefix: str,
        user: Any,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        """Tell a login about a changed second factor; passwords are told by their own service."""
        if template_prefix.startswith("mfa/"):
            mail_login(user, "login.second_factor_changed")


class SecondFactorAdapter(DefaultMFAAdapter):
    """Second factors; their secrets are encrypted with a key derived from SECRET_KEY."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "cannot_delete_authenticator": _(
            "Your role requires a second factor. Add a passkey before you remove this one."
        ),
        "incorrect_code": AccountAdapter.error_messages["incorrect_code"],
    }

    def build_totp_svg(self, url: str) -> str:
        """The QR code on a white ground, readable on dark pages too."""
        return qrcode.make(url, image_factory=SvgPathFillImage).to_string().decode()

    def get_totp_label(self, user: Any) -> str:
        return str(user.get_username())

    def get_public_key_credential_user_entity(self, user: Any) -> dict[str, Any]:
        """A passkey keeps whose it is, and whoever has it reads that."""
        return {**super().get_public_key_credential_user_entity(user), "id": user.key.encode()}

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Not the last one of somebody who must have one."""
        user = authenticator.user
        others = factors_of(user).exclude(pk=authenticator.pk)
        return others.exists() or not needs_second_factor(actor_for(user))

    def generate_authenticator_name(self, user: Any, type: Any) -> str:
        count = held_by(user).filter(type=type).count()
        return gettext("Passkey %(number)s") % {"number": count + 1}

    def encrypt(self, text: str) -> str:
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _cipher().decrypt(encrypted_text.encode()).decode()


def _cipher() -> MultiFernet:
    """The first key encrypts; keys from SECRET_KEY_FALLBACKS still decrypt while SECRET_KEY is
    changed.
    """
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet(
        [
            Fernet(
                base64.urlsafe_b64encode(
                    HKDF(SHA256(), length=32, salt=None, info=b"accounts.second_factor").derive(
                        key.encode()
                    )
                )
            )
            for key in keys
        ]
    )


def _typed(credentials: dict[str, Any]) -> str:
    return (credentials.get("username") or credentials.get("email") or "").strip()


def _shown(user: User | None, credentials: dict[str, Any]) -> str:
    """The login as the log names it. Of what leads to none only what could be a name or an address:
    people type passwords into that field, and others whatever they like to see in a log.
    """
    typed = _typed(credentials)
    if user is not None:
        return str(user.get_username())
    if typed == credentials.get("password") or not _COULD_BE_A_LOGIN.fullmatch(typed):
        return "[no user name]"
    return typed


def _place(adapter: AccountAdapter, request: HttpRequest) -> str:
    browser = describe_browser(adapter.get_http_user_agent(request))
    return f"{adapter.get_client_ip(request)} · {browser}"


def describe_browser(user_agent: str) -> str:
    """Browser and system as people call them ("Firefox on Windows"), as far as the browser says."""
    browsers = (
        ("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"),
        ("Safari", "Safari"),
    )  # fmt: skip
    systems = (
        ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"),
        ("Mac OS X", "macOS"), ("CrOS", "ChromeOS"), ("Linux", "Linux"),
    )  # fmt: skip
    browser = next((name for sign, name in browsers if sign in user_agent), None)
    system = next((name for sign, name in systems if sign in user_agent), None)
    if browser and system:
        return gettext("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or gettext("another program")


def _seconds_left(request: HttpRequest, action: str, key: str) -> float:
    """How long until the counter of `key` lets another attempt through."""
    now = time.time()
    waits = [0.0]
    for rate in ratelimit.get_rates(app=_APP, action=action):
        name = ratelimit.get_cache_key(request, app=_APP, action=action, rate=rate, key=key)
        hits = [hit for hit in cache.get(name, []) if hit > now - rate.duration]
        if len(hits) >= rate.amount:
            # Newest first: the slot that frees next belongs to the oldest of the last `amount`
            # hits.
            waits.append(hits[rate.amount - 1] + rate.duration - now)
    return max(waits)


def _locked_out(seconds: float) -> ValidationError:
    minutes = max(1, -(-int(seconds) // 60))
    return ValidationError(
        ngettext(
            "Too many failed attempts. You can try again in %(minutes)s minute; if you "
            "cannot sign in then, ask whoever manages your account for a new invitation.",
            "Too many failed attempts. You can try again in %(minutes)s minutes; if you "
            "cannot sign in then, ask whoever manages your account for a new invitation.",
            minutes,
        ),
        code="too_many_login_attempts",
        params={"minutes": minutes},
    )
