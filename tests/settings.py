"""The portal's settings as the tests use them: a file for SQLite, cheap password hashes."""

import os
from pathlib import Path

from vosportal.settings import *  # noqa: F403
from vosportal.settings import DATABASES

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # In memory there would be no second connection: browser and concurrency tests need a file.
    DATABASES["default"]["TEST"] = {"NAME": str(Path(os.environ["TEST_FOLDER"]) / "test.sqlite3")}
