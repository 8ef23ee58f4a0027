"""Fixtures of every test."""

from tests.factories.fixtures import *  # noqa: F403
from tests.support import flushing, rendering
from tests.support.browser import *  # noqa: F403
from tests.support.dead_rows import *  # noqa: F403

flushing.prepare()
rendering.prepare()
