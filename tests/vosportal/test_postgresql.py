"""Whole numbers reach the database as they are, whatever type Django takes them for."""

from typing import Any

import pytest
from django.db.models import BigIntegerField, IntegerField, SmallIntegerField, Value
from hypothesis import given
from hypothesis import strategies as st

from accounts.core.models import Account
from tests.factories import ResellerTree
from tests.support.examples import examples

pytestmark = pytest.mark.django_db

# All that fits eight bytes, and what is near the ends of two and of four.
EDGES = [sign * 2**bits + near for sign in (1, -1) for bits in (15, 31) for near in (-1, 0, 1)]
NUMBERS = st.one_of(
    st.integers(min_value=-(2**63) + 1, max_value=2**63 - 1), st.sampled_from(EDGES)
)
ONCE = examples(60)


@pytest.mark.parametrize("field", [None, SmallIntegerField, IntegerField, BigIntegerField])
@ONCE
@given(number=NUMBERS)
def test_as_a_value_of_an_expression(reseller_tree: ResellerTree, field: Any, number: int) -> None:
    value = Value(number, output_field=field() if field else None)
    rows = Account.objects.filter(pk=reseller_tree.top.pk)
    assert rows.annotate(n=value).values_list("n").get() == (number,)


@ONCE
@given(number=NUMBERS)
def test_as_what_a_column_is_compared_with(reseller_tree: ResellerTree, number: int) -> None:
    rows = Account.objects.filter(pk=reseller_tree.top.pk)
    assert rows.filter(lft__lt=number).exists() == (reseller_tree.top.lft < number)
