"""The eight authorizations as docs/domain.md 3 has them, beside what the portal declares."""

import pytest

from accounts.core.authorizations import Authorization, acts_on
from accounts.core.models import Account
from tests.contracts.contract import BELOW, OWN_ALONE, OWN_AND_BELOW
from tests.contracts.ground import EIGHT

HIGH, MEDIUM = "high", "medium"
# Number, code, exact label, risk, what it acts on.
RULES = [
    (1, "manage_account", "Add/delete/modify account", HIGH, BELOW),
    (2, "manage_phone", "Add/delete/modify phone", MEDIUM, OWN_AND_BELOW),
    (3, "manage_phone_card", "Add/delete/modify phone card", MEDIUM, OWN_AND_BELOW),
    (4, "manage_gateway", "Add/delete gateway", HIGH, OWN_AND_BELOW),
    (5, "modify_gateway_information", "Modify gateway information", HIGH, OWN_AND_BELOW),
    (6, "modify_gateway_capacity", "Modify gateway capacity", MEDIUM, OWN_AND_BELOW),
    (7, "pay_own_account", "Payment for this account", HIGH, OWN_ALONE),
    (8, "pay_sub_account", "Payment for sub accounts", HIGH, BELOW),
]


def test_there_are_these_eight_and_no_other() -> None:
    assert [one.value for one in Authorization] == [code for _n, code, *_rest in RULES]
    assert {code for _n, code, *_rest in RULES} == EIGHT


@pytest.mark.parametrize(("number", "code", "label", "risk", "reach"), RULES)
def test_each_is_called_and_weighed_as_the_rules_say(
    number: int, code: str, label: str, risk: str, reach: str
) -> None:
    declared = Authorization(code)
    assert (declared.number, str(declared.label), declared.risk.value) == (number, label, risk)


@pytest.mark.parametrize(("number", "code", "label", "risk", "reach"), RULES)
def test_each_acts_on_what_the_rules_say(
    number: int, code: str, label: str, risk: str, reach: str
) -> None:
    declared = Authorization(code)
    acts = acts_on(declared, own=True), acts_on(declared, own=False)
    assert (
        acts == {BELOW: (False, True), OWN_AND_BELOW: (True, True), OWN_ALONE: (True, False)}[reach]
    )


def test_djangos_permissions_of_accounts_are_these() -> None:
    permissions = [(code, str(label)) for code, label in Account._meta.permissions]
    assert permissions == [(code, label) for _n, code, label, *_rest in RULES]
