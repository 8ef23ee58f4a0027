"""Fixtures of every test."""

from tests.factories.fixtures import *  # noqa: F403
