"""Fixtures of every test."""

from tests.factories.fixtures import *  # noqa: F403
from tests.support.browser import *  # noqa: F403
