"""The world of the contracts, made once for a module; every test undoes what it does."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.contracts.ground import World
from tests.contracts.table import TABLE
from tests.support.undoing import kept_for_a_module


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    with kept_for_a_module(django_db_blocker):
        yield World({one.codes for one in TABLE if one.codes})
