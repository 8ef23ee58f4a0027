"""The portal's settings as gunicorn serves them in tests: production, cheap password hashes, and
assets nobody collected.
"""

from tests.settings import *  # noqa: F403
from tests.settings import STORAGES

STORAGES = {
    **STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
