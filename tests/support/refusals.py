"""Expecting a refusal."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from accounts.core.models import Account, AccountDetail, AgentVersion, AuditEntry, User
from accounts.gateways.models import Gateway, GatewayAddress, GatewayCeiling
from accounts.kit.errors import DomainError
from accounts.phones.models import Phone, PhoneNumber


@contextmanager
def refused(
    code: str, kind: type[DomainError] = DomainError, *, field: str | None = None
) -> Iterator[pytest.ExceptionInfo[DomainError]]:
    """The block raises `kind` with `code` for `field`, says why in words, and changes no row."""
    before = snapshot()
    with pytest.raises(kind) as caught:
        yield caught
    error = caught.value
    assert (error.code, error.field) == (code, field)
    assert str(error.message).strip()
    assert snapshot() == before, "refused, and yet something was written"


def snapshot() -> list[list[dict[str, object]]]:
    """Every row that a service of accounts or logins may write, but for the note that something
    was refused.
    """
    rows = [
        list(model._base_manager.order_by("pk").values())
        for model in (
            Account,
            AccountDetail,
            AgentVersion,
            User,
            Phone,
            PhoneNumber,
            Gateway,
            GatewayAddress,
            GatewayCeiling,
        )
    ]
    return [*rows, list(AuditEntry.objects.filter(is_refused=False).order_by("pk").values())]
