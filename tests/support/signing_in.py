"""Signing in by the page."""

from typing import Any

from django.test import Client

SIGN_IN = "/login/"


def sign_in(name: str, password: str, client: Client | None = None, **more: Any) -> Any:
    return (client or Client()).post(SIGN_IN, {"login": name, "password": password, **more})
