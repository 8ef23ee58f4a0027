"""Mails of the demo: those of its own loading go nowhere, later ones into files, none to the
terminal, where nobody finds what was printed between them. Where EMAIL_URL is set they go there.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory

from django.conf import settings

_BACKEND = "django.core.mail.backends.{}.EmailBackend"


@contextmanager
def dropped() -> Iterator[None]:
    """Send nothing meanwhile."""
    with _by("dummy"):
        yield


@contextmanager
def kept() -> Iterator[str]:
    """Write mails, the worker's as well, into a folder that is gone afterwards: its path, or ""
    where somebody said where they go.
    """
    if not settings.EMAIL_IS_DEFAULT:
        yield ""
        return
    with TemporaryDirectory(prefix="portal-demo-mails-") as folder:
        os.environ["EMAIL_URL"] = f"filemail:///{folder}"
        settings.EMAIL_FILE_PATH, before = folder, settings.EMAIL_FILE_PATH
        try:
            with _by("filebased"):
                yield folder
        finally:
            del os.environ["EMAIL_URL"]
            settings.EMAIL_FILE_PATH = before


@contextmanager
def _by(kind: str) -> Iterator[None]:
    if not settings.EMAIL_IS_DEFAULT:
        yield
        return
    before = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = _BACKEND.format(kind)
    try:
        yield
    finally:
        settings.EMAIL_BACKEND = before
