"""What `check --deploy` says of the settings beyond Django's own checks: each in a sentence that
says what to do.
"""

import re
from typing import Any
from urllib.parse import urlsplit

from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.cache import cache
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connection
from django.http.request import validate_host

from accounts.kit.errors import Refused
from accounts.kit.pictures import picture_file
from vosportal.reachable import why_no_cache, why_no_database

_SMTP = "django.core.mail.backends.smtp.EmailBackend"
_LOCAL = ("localhost", "127.0.0.1", "::1")


def proxies(**_: Any) -> list[CheckMessage]:
    """Production is always behind a proxy, which ends TLS."""
    if settings.ALLAUTH_TRUSTED_PROXY_COUNT:
        return []
    return [
        Warning(
            "TRUSTED_PROXIES is 0, so everybody has the address of the proxy in front: all share "
            "its limits of attempts, and the logs name it alone.",
            hint="Set how many proxies of yours add to X-Forwarded-For, usually TRUSTED_PROXIES=1.",
            id="vosportal.W001",
        )
    ]


def mails(**_: Any) -> list[CheckMessage]:
    """Mails must reach people: invitations and links for a forgotten password."""
    found: list[CheckMessage] = []
    if settings.EMAIL_BACKEND != _SMTP:
        found.append(
            Warning(
                "EMAIL_URL sends no mails: they are printed, kept or dropped on this machine, "
                "with links that let people in.",
                hint="Name a mail server, as in EMAIL_URL=smtp+tls://user:password@host:587.",
                id="vosportal.W002",
            )
        )
    elif settings.EMAIL_IS_DEFAULT:
        found.append(
            Warning(
                "EMAIL_URL is not set, so mails go to a mail server on this machine, port 25.",
                hint="Name the mail server; EMAIL_URL=smtp://localhost:25 where that is meant.",
                id="vosportal.W003",
            )
        )
    elif (
        settings.EMAIL_HOST_PASSWORD
        and settings.EMAIL_HOST not in _LOCAL
        and not (settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL)
    ):
        found.append(
            Warning(
                "EMAIL_URL sends its password, and mails that let people in, without TLS.",
                hint="Begin it with smtp+tls:// (mostly port 587) or smtp+ssl:// (port 465).",
                id="vosportal.W004",
            )
        )
    if re.search(r"@(localhost|[^>]*example\.(com|org|net))>?$", settings.DEFAULT_FROM_EMAIL):
        found.append(
            Warning(
                f"Mails come from {settings.DEFAULT_FROM_EMAIL}, which is nobody's address: "
                "many servers refuse them.",
                hint="Set DEFAULT_FROM_EMAIL to an address of yours.",
                id="vosportal.W005",
            )
        )
    return found


def links(**_: Any) -> list[CheckMessage]:
    """Links in mails must lead to a host that is answered."""
    host = urlsplit(settings.PORTAL_URL).hostname or ""
    if validate_host(f"[{host}]" if ":" in host else host, settings.ALLOWED_HOSTS):
        return []
    return [
        Error(
            f"PORTAL_URL leads to {host}, which is none of ALLOWED_HOSTS: every link in a mail "
            "would be refused.",
            hint="Add the host to ALLOWED_HOSTS, or correct PORTAL_URL.",
            id="vosportal.E001",
        )
    ]


def assets(**_: Any) -> list[CheckMessage]:
    """What is served must have been collected, all of it and from this version."""
    hint = "Run `manage.py collectstatic --no-input`, with the same STATIC_ROOT."
    try:
        known = getattr(staticfiles_storage, "hashed_files", None)
    except ValueError as error:  # what lies there is no list of assets
        return [Error(f"{error}.", hint=hint, id="vosportal.E002")]
    if known is None:  # development serves the files themselves
        return []
    if not known:
        return [
            Error(
                f"No assets are in STATIC_ROOT ({settings.STATIC_ROOT}): pages would fail.",
                hint=hint,
                id="vosportal.E002",
            )
        ]
    ignored = apps.get_app_config("staticfiles").ignore_patterns  # type: ignore[attr-defined]
    there = {
        "/".join(filter(None, (getattr(storage, "prefix", ""), path.replace("\\", "/"))))
        for finder in get_finders()
        for path, storage in finder.list(ignored)
    }
    missing = sorted(there - known.keys())
    if not missing:
        return []
    return [
        Error(
            f"STATIC_ROOT ({settings.STATIC_ROOT}) is from another version: {len(missing)} assets "
            f"are missing, the first is {missing[0]}.",
            hint=hint,
            id="vosportal.E003",
        )
    ]


def reachable(**_: Any) -> list[CheckMessage]:
    """Database and cache must answer."""
    why = why_no_database(connection)
    if why:
        return [
            Error(
                why,
                hint="See that PostgreSQL runs, and that DATABASE_URL names role and database.",
                id="vosportal.E004",
            )
        ]
    why = why_no_cache(cache)
    hint = "See that Redis runs." if "redis" in settings.CACHES["default"]["BACKEND"] else ""
    hint = hint or "Its table comes with `manage.py migrate`."
    return [Error(why, hint=hint, id="vosportal.E005")] if why else []


def documents(**_: Any) -> list[CheckMessage]:
    """The platform's logo must be a picture that can be read."""
    path = settings.LETTERHEAD_LOGO
    try:
        if path:
            picture_file(path)
    except (OSError, Refused) as error:
        return [
            Warning(
                f"LETTERHEAD_LOGO ({path}) cannot be used: {error}",
                hint="Name a PNG, JPEG or WebP of 1 MB at most that the portal's user may read.",
                id="vosportal.W006",
            )
        ]
    return []


CHECKS = (proxies, mails, links, assets, reachable, documents)


def install() -> None:
    """Called once when the app is ready."""
    for one in CHECKS:
        register(one, Tags.security, deploy=True)
