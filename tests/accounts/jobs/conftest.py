"""Whose work it is."""

import pytest

from accounts.core.models import User
from tests.support.jobs import login_of_agent


@pytest.fixture
def login() -> User:
    return login_of_agent()
