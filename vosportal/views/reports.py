"""What browsers report about pages that broke the content security policy."""

import json
from typing import Any

import structlog
from allauth.core import ratelimit
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

_LARGEST = 16 * 1024  # bytes of one report
_FIELDS = (
    "document-uri",
    "effective-directive",
    "violated-directive",
    "blocked-uri",
    "source-file",
    "line-number",
)
log = structlog.get_logger("portal.security")
