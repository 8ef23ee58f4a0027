"""Fixtures of every test."""

from tests.factories.fixtures import *  # noqa: F403
from tests.support import answered_addresses, flushing, rendering
from tests.support.browser import *  # noqa: F403
from tests.support.dead_rows import *  # noqa: F403

answered_addresses.prepare()
flushing.prepare()
rendering.prepare()
