"""What browsers report about pages that broke the content security policy."""

import time

import structlog
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from accounts.kit.legible import read_json
from accounts.kit.secret_paths import without_secrets

_LARGEST = 16 * 1024  # bytes of one report
_PER_MINUTE = 60  # reports from everybody together; the rest is dropped, so nobody floods the log
_FIELDS = ("document-uri", "effective-directive", "blocked-uri", "source-file", "line-number")

log = structlog.get_logger("portal.security")


@csrf_exempt  # Browsers send reports without our token; a log line is all they cause.
@login_not_required
@require_POST
def csp_report(request: HttpRequest) -> HttpResponse:
    """Log one report of a browser; 204, or 400 for what is none."""
    body = request.read(_LARGEST + 1)
    try:
        report = read_json(body)["csp-report"] if len(body) <= _LARGEST else None
    except (ValueError, KeyError, TypeError):
        report = None
    if not isinstance(report, dict):
        return HttpResponse(status=400)
    if _is_under_the_limit():
        said = {
            name.replace("-", "_"): without_secrets(str(report[name])[:300])
            for name in _FIELDS
            if name in report
        }
        log.warning("content security policy broken", **said)
    return HttpResponse(status=204)


def _is_under_the_limit() -> bool:
    key = f"csp-report-{int(time.time() // 60)}"
    # `get` first: a flood costs one read each, not a write.
    count = cache.get(key, 0)
    if count >= _PER_MINUTE:
        return False
    cache.set(key, count + 1, 120)
    return True
