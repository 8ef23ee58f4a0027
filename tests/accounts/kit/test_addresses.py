"""Addresses that are filled in are those that would be worked out."""

import pytest
from django.urls import NoReverseMatch, reverse
from hypothesis import given
from hypothesis import strategies as st

from accounts.core.models import AuditEntry
from accounts.kit.addresses import address_of, object_address
from billing.ledger.models import Transaction

TEXTS = st.text(
    st.characters(codec="utf-8", exclude_characters="/", categories=("L", "N", "P", "S", "Zs")),
    min_size=1,
    max_size=32,
)


@given(TEXTS)
def test_of_an_account(account_id: str) -> None:
    for name in ("accounts:detail", "accounts:sub-accounts", "billing:payment-new"):
        assert address_of(name, account_id) == reverse(name, args=[account_id])


@given(st.integers(min_value=1, max_value=2**40))
def test_of_an_object_with_a_key(number: int) -> None:
    for name, kind in (
        ("billing:payment", Transaction.key_kind),
        ("audit-entry", AuditEntry.key_kind),
    ):
        assert object_address(name, kind, number) == reverse(name, args=[number])


def test_a_page_that_is_about_something_else_is_refused() -> None:
    with pytest.raises(NoReverseMatch):
        address_of("accounts:list", "Agent")
    with pytest.raises(ValueError, match="does not name"):
        object_address("billing:payment", AuditEntry.key_kind, 7)
