"""Pages as a signed-in person opens them."""

from collections.abc import Callable

from django.conf import settings
from django.test import Client
from django.test.utils import override_settings

from accounts.core.models import User


def as_in_production() -> override_settings:
    """Settings under which pages are measured: no list of statements is kept, nobody is led away
    to a second factor.
    """
    return override_settings(
        DEBUG=False,
        ALLOWED_HOSTS=["testserver"],
        SECURE_SSL_REDIRECT=False,
        REQUIRE_SECOND_FACTOR=frozenset(),
    )


def signed_in(login: User) -> Client:
    client = Client()
    client.force_login(login, backend=settings.AUTHENTICATION_BACKENDS[0])
    return client


def opening(client: Client, url: str) -> Callable[[], object]:
    """Opens the page; raises RuntimeError when it does not answer 200."""

    def get() -> None:
        answer = client.get(url)
        if answer.status_code != 200:
            raise RuntimeError(f"{url} answered {answer.status_code}")

    return get
