"""Where a request comes from."""

from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest

from accounts.portal.allauth_doors import get_client_ip


def address_of(request: HttpRequest) -> str | None:
    """The client's address, behind as many proxies as TRUSTED_PROXIES says; the nearest one's where
    fewer have passed it on, or where it is no address.
    """
    try:
        return get_client_ip(request) or request.META.get("REMOTE_ADDR") or None
    except (ImproperlyConfigured, ValueError):
        return request.META.get("REMOTE_ADDR") or None
