"""The portal's settings as the tests use them: a file for SQLite, cheap password hashes."""

import os
from pathlib import Path

import axe_playwright_python

from vosportal.settings import *  # noqa: F403
from vosportal.settings import CACHES, DATABASES, STATICFILES_DIRS

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

# Tests count statements: none of them meets the one writing in a hundred that tidies up.
CACHES["default"]["OPTIONS"]["TIDY_EVERY"] = 1_000_000_000

# A test that breaks a part asks again at once.
READINESS_KEPT = 0

# The accessibility checker, put into pages that permit nothing but the portal's own files.
STATICFILES_DIRS = [*STATICFILES_DIRS, ("axe", str(Path(axe_playwright_python.__file__).parent))]

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # In memory there would be no second connection: browser and concurrency tests need a file.
    # And on a loaded machine the others take their time.
    DATABASES["default"]["OPTIONS"]["timeout"] = 20
    DATABASES["default"]["TEST"] = {"NAME": str(Path(os.environ["TEST_FOLDER"]) / "test.sqlite3")}
