"""A small world whose agents hold their authorizations, made once for a module."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.undoing import kept_for_a_module
from tests.support.world import World


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """Every request undoes itself."""
    with kept_for_a_module(django_db_blocker):
        yield World(is_authorized=True)
