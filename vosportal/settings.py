"""All settings, driven by the environment (or `.env` beside manage.py).

Without SECRET_KEY the mode is development: DEBUG on, keys generated into git-ignored files, hosts
on loopback only. With it, or with DEBUG=false, the mode is production: every value comes from the
environment, and what is missing or unsafe is refused in a sentence.
"""

from typing import Any
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key
from django.utils.translation import gettext_lazy as _

from vosportal.database import connecting
from vosportal.environment import BASE_DIR, development_key, env, required, secret
from vosportal.observability import logging_config
from vosportal.page_policies import CONTENT_SECURITY_POLICY as CONTENT_SECURITY_POLICY
from vosportal.page_policies import PERMISSIONS_POLICY as PERMISSIONS_POLICY

DEBUG = env.bool("DEBUG", default=not env.str("SECRET_KEY", ""))


def _new_encryption_key() -> str:
    return Fernet.generate_key().decode()


# --- What must be right -------------------------------------------------------------------------

if DEBUG:
    SECRET_KEY = env.str("SECRET_KEY", "") or development_key(".secret-key", get_random_secret_key)
    ENCRYPTION_KEYS = env.list("ENCRYPTION_KEYS", default=[]) or [
        development_key(".encryption-key", _new_encryption_key)
    ]
    OBJECT_KEY_SECRET = env.str("OBJECT_KEY_SECRET", "") or development_key(
        ".object-key-secret", get_random_secret_key
    )
    ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", "testserver"]
    PORTAL_URL = env.origin("PORTAL_URL", "http://127.0.0.1:8000", ("http", "https"))
else:
    SECRET_KEY = secret("SECRET_KEY")
    required("ALLOWED_HOSTS", "the host names of the portal.")
    ALLOWED_HOSTS = env.hosts("ALLOWED_HOSTS")
    required("PORTAL_URL", "the address in mails, such as https://portal.example.com.")
    PORTAL_URL = env.origin("PORTAL_URL", "", ("https",))

    required("ENCRYPTION_KEYS", "one Fernet key, or several, the newest first.")
    ENCRYPTION_KEYS = env.list("ENCRYPTION_KEYS")

    OBJECT_KEY_SECRET = secret("OBJECT_KEY_SECRET", ", never changed: addresses follow from it")
    if OBJECT_KEY_SECRET == SECRET_KEY:
        raise ImproperlyConfigured(
            "OBJECT_KEY_SECRET must not be SECRET_KEY: that one changes, and this one never."
        )

    required("DATABASE_URL", "production keeps its data in PostgreSQL (or names a SQLite file).")

try:
    [Fernet(key) for key in ENCRYPTION_KEYS]
except ValueError as error:
    raise ImproperlyConfigured(
        "ENCRYPTION_KEYS holds what is no Fernet key (44 characters of URL-safe Base64)."
    ) from error

SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])

# --- The house ----------------------------------------------------------------------------------

INSTALLED_APPS = [
    "vosportal",
    "accounts",
    "billing",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "crispy_forms",
    "crispy_bootstrap5",
    "csp",
    "django_filters",
    "django_htmx",
    "django_tasks",
    "django_tasks_db",
    "guardian",
    "mptt",
]

MIDDLEWARE = [
    "vosportal.request_id.RequestIdMiddleware",
    "vosportal.views.health.ProbesMiddleware",
    "vosportal.switch.door.SwitchMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "vosportal.secret_addresses.SecretAddressMiddleware",
    "vosportal.legible.LegibleRequestMiddleware",
    "vosportal.patience.PatienceMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "vosportal.caching.NoStoreMiddleware",
    "accounts.logins.middleware.sessions.SessionLimitsMiddleware",
    "accounts.logins.middleware.acting.ActorMiddleware",
    "accounts.logins.middleware.sessions.SignInRequiredMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.logins.middleware.sessions.OwnPasswordMiddleware",
    "accounts.logins.middleware.sessions.SecondFactorMiddleware",
    "vosportal.missing.NotFoundMiddleware",
]

ROOT_URLCONF = "vosportal.urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"
SILENCED_SYSTEM_CHECKS = [
    # Guardian's own backend is not installed: accounts.core.backends answers for authorizations.
    "guardian.W001",
    # The user name is unique without regard to case, by a constraint the check does not see.
    "auth.W004",
]

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "vosportal.navigation.shell",
            ],
            # Every page has symbols.
            "builtins": ["accounts.templatetags.icons", "accounts.templatetags.moments"],
        },
    }
]

# --- Data ---------------------------------------------------------------------------------------

DATABASES: dict[str, dict[str, Any]] = {
    "default": connecting(
        env.database("DATABASE_URL", f"sqlite:///{BASE_DIR / 'db.sqlite3'}"),
        keep=env.int("DATABASE_CONN_MAX_AGE", 60),
        prepared=env.bool("DATABASE_PREPARED_STATEMENTS", default=True),
    )
}

# The PostgreSQL role of the web processes, whose privileges `migrate` installs; "": nobody does.
WEB_ROLE = env.str("WEB_ROLE", "")

# Rate limits must hold across workers, so the cache is never the process's own memory.
CACHES: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "accounts.kit.caches.DatabaseCache",
        "LOCATION": "portal_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}
if redis_url := env.redis("REDIS_URL"):
    CACHES["default"] = {
        "BACKEND": "accounts.kit.caches.RedisCache",
        "LOCATION": redis_url,
        "OPTIONS": {"socket_connect_timeout": 2, "socket_timeout": 2},
    }

# For how many seconds a process repeats what it found out about being ready.
READINESS_KEPT = 1

# What takes longer than a page may: a queue in the database, worked off by `manage.py db_worker`.
# Mails have a queue of their own in there, for workers that look after nothing else.
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default", "mail"]}}

# What stands at the head of documents where no level above an account has published its own: the
# name first, then lines of its address, with a bar between them.
LETTERHEAD = env.str("LETTERHEAD", "VOS Portal")
LETTERHEAD_LOGO = env.str("LETTERHEAD_LOGO", "")

# The platform's one currency (docs/domain.md 6).
CURRENCY = env.str("CURRENCY", "USD")
if not (CURRENCY.isascii() and CURRENCY.isalpha() and 2 <= len(CURRENCY) <= 8):
    raise ImproperlyConfigured("CURRENCY is two to eight letters, such as USD.")

# Agents above an account; more than this is refused.
MAX_AGENT_DEPTH = env.int("MAX_AGENT_DEPTH", 8, least=1, most=64)

# Months before this one whose calls are kept; a record of an older one waits in the queue.
CALL_MONTHS = env.int("CALL_MONTHS", 24, least=1, most=600)
# Seconds that a call is granted, and holds the money for, at a time; that it may ring; and that it
# may last at most.
SWITCH_SECONDS = env.int("SWITCH_SECONDS", 60, least=10, most=3600)
SWITCH_RING = env.int("SWITCH_RING", 120, least=10, most=600)
SWITCH_LONGEST = env.int("SWITCH_LONGEST", 14_400, least=60, most=86_400)
# Where older ones are archived; nowhere: they stay.
ARCHIVE_DIR = env.folder("ARCHIVE_DIR", BASE_DIR) if env.str("ARCHIVE_DIR", "") else ""

# Where no administrator ruled otherwise: may a non-administrator make an ordinary account an agent?
SUB_AGENT_POLICY = env.choice("SUB_AGENT_POLICY", "approval", ("allowed", "approval", "forbidden"))

# Days after which a grant counts as unused, and after which it should be reviewed again.
GRANT_REVIEW_DAYS = env.int("GRANT_REVIEW_DAYS", 90, least=1, most=3650)

# What the switch calls itself to phones: their passwords are kept as digests made for it. Phones
# made for another realm need a new password.
SIP_REALM = env.str("SIP_REALM", "") or urlsplit(PORTAL_URL).hostname or "localhost"
if len(SIP_REALM) > 255 or set(SIP_REALM) & set('":\\'):
    raise ImproperlyConfigured(
        "SIP_REALM is what the switch calls itself, such as sip.example.com."
    )

# --- Signing in: django-allauth behind our own pages, see accounts.logins.adapters --------------

AUTH_USER_MODEL = "accounts.User"
GUARDIAN_MONKEY_PATCH_USER = False
ANONYMOUS_USER_NAME = None

LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "dashboard"
AUTHENTICATION_BACKENDS = [
    "accounts.sign_in.SignInBackend",
    "accounts.core.backends.AuthorizationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "email", "full_name")},
    },
]
PASSWORD_RESET_TIMEOUT = 60 * 60  # seconds a mailed reset link works

# Comma list of `staff` (platform staff) and `high` (holders of a High authorization), or `none`.
REQUIRE_SECOND_FACTOR = frozenset(
    env.list("REQUIRE_SECOND_FACTOR", default=["staff", "high"] if not DEBUG else ["none"])
) - {"none"}
if REQUIRE_SECOND_FACTOR - {"staff", "high"}:
    raise ImproperlyConfigured("REQUIRE_SECOND_FACTOR is `none` or a comma list of `staff,high`.")

SESSION_ENGINE = "accounts.logins.services.session_store"
SESSION_COOKIE_AGE = 30 * 60  # seconds a session outlives the last activity
SESSION_ABSOLUTE_AGE = 12 * 60 * 60  # seconds a session lives at most
SESSION_EXPIRE_AT_BROWSER_CLOSE = True

ACCOUNT_ADAPTER = "accounts.logins.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "django.contrib.auth.tokens.PasswordResetTokenGenerator"  # noqa: S105 - a class, no password
ACCOUNT_FORMS = {
    "login": "accounts.logins.forms.security.SignInForm",
    "change_password": "accounts.logins.forms.security.PasswordChangeForm",
    "set_password": "accounts.logins.forms.security.PasswordChooseForm",
    "reset_password": "accounts.logins.forms.security.PasswordResetForm",
    "reset_password_from_key": "accounts.logins.forms.security.PasswordResetKeyForm",
    "user_token": "accounts.logins.forms.security.ResetTokenForm",
    "reauthenticate": "accounts.logins.forms.security.ReauthenticateForm",
}
# Counted in the cache that all workers share. A wrong password counts per login and address, then
# per login from anywhere; the longer the guessing, the longer the wait.
ACCOUNT_RATE_LIMITS = {
    "login": "60/m/ip",
    "login_failed": "20/m/ip,5/5m/key,20/1h/key",
    "login_failed_anywhere": "100/1h/key",
    "reset_password": "10/m/ip,3/10m/key",
    "reset_password_from_key": "20/m/ip",
    "reauthenticate": "10/m/user",
    "change_password": "10/m/user",
    # Tests of numbers tell, bit by bit, what levels above do not show.
    "number_test": "120/m/user",
    "number_list_test": "20/m/user",
    # Who is refused at the door of the switches.
    "switch_door": "30/m/key",
}

MFA_ADAPTER = "accounts.logins.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_ALLOW_UNVERIFIED_EMAIL = True  # addresses are given by whoever invites, not claimed by sign-up
MFA_TOTP_ISSUER = "VOS Portal"
MFA_TOTP_TOLERANCE = 1  # a code of the 30 seconds before or after still counts
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEBUG  # http://localhost has no certificate
MFA_FORMS = {
    "authenticate": "accounts.logins.forms.security.SecondFactorForm",
    "reauthenticate": "accounts.logins.forms.security.SecondFactorAgainForm",
    "activate_totp": "accounts.logins.forms.security.AuthenticatorAppForm",
    "login_webauthn": "accounts.logins.forms.security.PasskeySignInForm",
    "authenticate_webauthn": "accounts.logins.forms.security.PasskeyFactorForm",
    "reauthenticate_webauthn": "accounts.logins.forms.security.PasskeyAgainForm",
    "add_webauthn": "accounts.logins.forms.security.PasskeyAddForm",
    "edit_webauthn": "accounts.logins.forms.security.PasskeyRenameForm",
}
# How many proxies of ours stand in front and add to X-Forwarded-For: limits count real addresses.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXIES", 0, most=16)

# --- Languages and time -------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English"))]
USE_TZ = True
TIME_ZONE = "UTC"
FORMAT_MODULE_PATH = ["vosportal.formats"]
LOCALE_PATHS = [BASE_DIR / "vosportal" / "locale"]

# --- Files and mail -----------------------------------------------------------------------------

STATIC_URL = "static/"
STATIC_ROOT = env.folder("STATIC_ROOT", BASE_DIR / "staticfiles")
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_ALLOW_ALL_ORIGINS = False  # the portal's assets are for its own pages
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
if not DEBUG:
    # The development server serves the files itself.
    # Assets need no database, and wait for nobody who does.
    MIDDLEWARE.insert(
        MIDDLEWARE.index("vosportal.patience.PatienceMiddleware"),
        "whitenoise.middleware.WhiteNoiseMiddleware",
    )
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024  # bytes of a form without its files; more answers 413
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000  # as many rows can be ticked in one list

vars().update(env.mails("EMAIL_URL", "consolemail://" if DEBUG else "smtp://localhost:25"))
EMAIL_IS_DEFAULT = not env.str("EMAIL_URL", "")  # nobody said where mails go
# Seconds for each answer of the mail server. Only workers wait for it.
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.mailbox("DEFAULT_FROM_EMAIL", "portal@localhost")

# --- Security -----------------------------------------------------------------------------------

SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True  # scripts read the token from the page's head
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "vosportal.views.errors.csrf_failure"
if not DEBUG:
    SECURE_SSL_REDIRECT = True
    # The proxy in front must set this header itself and drop what clients send.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", 365 * 24 * 3600)
    # Off is a decision, which Django need not question.
    SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("SECURE_HSTS_INCLUDE_SUBDOMAINS", default=True)
    SECURE_HSTS_PRELOAD = env.bool("SECURE_HSTS_PRELOAD", default=True)
    SILENCED_SYSTEM_CHECKS += ["security.W005"] * (not SECURE_HSTS_INCLUDE_SUBDOMAINS)
    SILENCED_SYSTEM_CHECKS += ["security.W021"] * (not SECURE_HSTS_PRELOAD)
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    SESSION_COOKIE_NAME = "__Host-sessionid"
    CSRF_COOKIE_NAME = "__Host-csrftoken"

LOG_LEVEL = env.choice("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"))
LOGGING_CONFIG = "logging.config.dictConfig"
LOGGING = logging_config(json=not DEBUG, level=LOG_LEVEL)
