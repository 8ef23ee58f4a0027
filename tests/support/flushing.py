"""Emptying the test database after tests that commit: the guards step aside for it, and what
migrations put in comes back.
"""

from importlib import import_module
from typing import Any

from django.apps import apps
from django.test import TransactionTestCase

from accounts.core import guards


def prepare() -> None:
    """Let every flush of Django's test cases go past the guards; migrate's signal brings them
    back.
    """
    flush = TransactionTestCase._fixture_teardown

    def flush_past_the_guards(case: Any) -> None:
        guards.remove()
        flush(case)
        import_module("accounts.migrations.0004_platform_templates").make_templates(apps, None)

    TransactionTestCase._fixture_teardown = flush_past_the_guards
