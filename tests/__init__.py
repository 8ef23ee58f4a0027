"""The tests; what they say when an `assert` of their helpers fails is as full as of their own."""

import pytest

pytest.register_assert_rewrite("tests.support")
