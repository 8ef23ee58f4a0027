"""Mails of the demo: those of its own loading go nowhere, later ones into files, none to the
terminal, where nobody finds what was printed between them. Where EMAIL_URL is set they go there.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory

from django.conf import settings
from django.test import override_settings

_BACKEND = "django.core.mail.backends.{}.EmailBackend"


@contextmanager
def dropped() -> Iterator[None]:
    """Send nothing meanwhile."""
    if not settings.EMAIL_IS_DEFAULT:
        yield
        return
    with override_settings(EMAIL_BACKEND=_BACKEND.format("dummy")):
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
        try:
            with override_settings(
                EMAIL_BACKEND=_BACKEND.format("filebased"), EMAIL_FILE_PATH=folder
            ):
                yield folder
        finally:
            del os.environ["EMAIL_URL"]
