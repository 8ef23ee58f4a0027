"""Switches, and how one asks."""

import json
from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from django.test import Client

from accounts.core.actor import SYSTEM
from accounts.switches.services.switches import IssuedKey, switch_new


def new_switch(
    name: str = "sw-1", addresses: Sequence[str] = ("127.0.0.1",), **more: Any
) -> IssuedKey:
    """A switch with its key, `.key.text`; the browser of a test calls from 127.0.0.1."""
    return switch_new(actor=SYSTEM, name=name, addresses=addresses, **more)


def ask(key: str, endpoint: str, body: Any, **how: Any) -> HttpResponse:
    """Post a body, bytes or what becomes JSON, as a switch does. An empty key: without one."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {**({"Authorization": f"Bearer {key}"} if key else {}), **how.pop("headers", {})}
    answer: Any = Client(raise_request_exception=False).post(
        f"/switch/v1/{endpoint}", raw, content_type="application/json", headers=headers, **how
    )
    return answer
