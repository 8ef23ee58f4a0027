"""Statements that are made once, compared with the querysets they are made of."""

from operator import attrgetter
from typing import Any

from accounts.kit.prepared import Prepared

# What two readings of one row do not share.
UNEQUAL = {"_state": None, "_mptt_cached_fields": None, "reached_by": None}


def agree(build: Any, statement: Prepared, shape: Any, *values: Any) -> list[Any]:
    found = statement.rows(shape, *values)
    assert found == [tuple(row) for row in build(shape, *values)]
    return found


def agree_in_objects(
    build: Any, statement: Prepared, shape: Any, *values: Any, along: tuple[str, ...] = ()
) -> list[Any]:
    """The same of objects; `along`: what is selected with each."""
    found, plain = statement.objects(shape, *values), list(build(shape, *values))
    assert found
    assert len(found) == len(plain)
    for one, other in zip(found, plain, strict=True):
        assert {**vars(one), **UNEQUAL} == {**vars(other), **UNEQUAL}
        assert one._state.fields_cache == other._state.fields_cache
        for path in along:
            mine, its = attrgetter(path)(one), attrgetter(path)(other)
            assert {**vars(mine), **UNEQUAL} == {**vars(its), **UNEQUAL}
    return found
