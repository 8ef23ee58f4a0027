"""Fixtures of every test."""

from typing import Any

import pytest

from tests.factories.fixtures import *  # noqa: F403
from tests.support import answered_addresses, flushing, migrated, rendering
from tests.support.browser import *  # noqa: F403
from tests.support.dead_rows import *  # noqa: F403

answered_addresses.prepare()
flushing.prepare()
rendering.prepare()


@pytest.fixture(scope="session")
def django_db_keepdb(request: pytest.FixtureRequest, django_db_modify_db_settings: None) -> bool:
    """Whether the database is there already: asked for by hand, or kept by a run of this code."""
    return bool(request.config.getvalue("reuse_db")) or migrated.taken()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_keepdb: bool, django_db_blocker: Any) -> None:
    """One that was made now is kept for the next run."""
    if not django_db_keepdb:
        with django_db_blocker.unblock():
            migrated.kept()
