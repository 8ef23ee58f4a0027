"""The portal for a production server such as gunicorn."""

import os

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

from vosportal.wsgi_door import with_legible_kind

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vosportal.settings")

if settings.DEBUG:
    raise ImproperlyConfigured(
        "This is development mode, which serves only `manage.py runserver` and `manage.py demo`. "
        "Set SECRET_KEY and the other production values first."
    )

application = with_legible_kind(get_wsgi_application())
