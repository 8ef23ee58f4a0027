"""A chain whose calls run (tests/vosportal/switch)."""

from tests.vosportal.switch.conftest import groups, issued, switched, tree

__all__ = ["groups", "issued", "switched", "tree"]
