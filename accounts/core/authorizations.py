"""The eight authorizations: codes, exact labels, risk, and when to grant them.

Pure data and functions; nothing here knows a database.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _


class Risk(StrEnum):
    HIGH = "high"
    MEDIUM = "medium"


class Reach(StrEnum):
    """What an authorization acts on, seen from the account of the login that uses it."""

    OWN = "own"
    BELOW = "below"
    OWN_AND_BELOW = "own_and_below"


class Authorization(StrEnum):
    """One of the eight things an account may be authorized to do. The value is the permission's
    code.
    """

    MANAGE_ACCOUNT = "manage_account"
    MANAGE_PHONE = "manage_phone"
    MANAGE_PHONE_CARD = "manage_phone_card"
    MANAGE_GATEWAY = "manage_gateway"
    MODIFY_GATEWAY_INFORMATION = "modify_gateway_information"
    MODIFY_GATEWAY_CAPACITY = "modify_gateway_capacity"
    PAY_OWN_ACCOUNT = "pay_own_account"
    PAY_SUB_ACCOUNT = "pay_sub_account"

    @property
    def number(self) -> int:
        """1 to 8, the number users know it by."""
        return list(Authorization).index(self) + 1

    @property
    def label(self) -> Any:
        return LABELS[self]

    @property
    def permission(self) -> str:
        """The name Django's permission system knows it by."""
        return f"accounts.{self.value}"

    @property
    def when_to_grant(self) -> Any:
        """One line that helps to decide."""
        return WHEN_TO_GRANT[self]

    @property
    def reach(self) -> Reach:
        return _REACH.get(self, Reach.OWN_AND_BELOW)

    @property
    def risk(self) -> Risk:
        return Risk.MEDIUM if self in _MEDIUM else Risk.HIGH


LABELS: dict[Authorization, Any] = {
    Authorization.MANAGE_ACCOUNT: _("Add/delete/modify account"),
    Authorization.MANAGE_PHONE: _("Add/delete/modify phone"),
    Authorization.MANAGE_PHONE_CARD: _("Add/delete/modify phone card"),
    Authorization.MANAGE_GATEWAY: _("Add/delete gateway"),
    Authorization.MODIFY_GATEWAY_INFORMATION: _("Modify gateway information"),
    Authorization.MODIFY_GATEWAY_CAPACITY: _("Modify gateway capacity"),
    Authorization.PAY_OWN_ACCOUNT: _("Payment for this account"),
    Authorization.PAY_SUB_ACCOUNT: _("Payment for sub accounts"),
}
WHEN_TO_GRANT: dict[Authorization, Any] = {
    Authorization.MANAGE_ACCOUNT: _("To who signs up and looks after customers of its own."),
    Authorization.MANAGE_PHONE: _("To who hands out numbers and caller ids."),
    Authorization.MANAGE_PHONE_CARD: _("To who makes and sells calling cards."),
    Authorization.MANAGE_GATEWAY: _("To a trunk provider that connects equipment by itself."),
    Authorization.MODIFY_GATEWAY_INFORMATION: _(
        "To who runs the equipment: a wrong address sends calls elsewhere."
    ),
    Authorization.MODIFY_GATEWAY_CAPACITY: _("To who sells concurrent calls and adjusts them."),
    Authorization.PAY_OWN_ACCOUNT: _(
        "Usually off: who may fill its own account decides by itself what it owes."
    ),
    Authorization.PAY_SUB_ACCOUNT: _("To who collects money from its own customers."),
}
_REACH = {
    Authorization.MANAGE_ACCOUNT: Reach.BELOW,
    Authorization.PAY_SUB_ACCOUNT: Reach.BELOW,
    Authorization.PAY_OWN_ACCOUNT: Reach.OWN,
}
_MEDIUM = frozenset(
    {
        Authorization.MANAGE_PHONE,
        Authorization.MANAGE_PHONE_CARD,
        Authorization.MODIFY_GATEWAY_CAPACITY,
    }
)

ALL = frozenset(Authorization)
HIGH = frozenset(one for one in Authorization if one.risk is Risk.HIGH)
PERMISSIONS = frozenset(one.permission for one in Authorization)

Codes = frozenset[Authorization]


@dataclass(frozen=True)
class Level:
    """One level of the way from the root to an account, as far as a decision needs it."""

    is_stopped: bool
    held: Codes


def effective(levels: Iterable[Level]) -> Codes:
    """What the account at the end of the way may really do: an authorization counts while every
    level, the root and the account itself included, is active, unexpired and holds it
    (docs/domain.md 3). Nothing for an empty way.
    """
    found: Codes | None = None
    for level in levels:
        if level.is_stopped:
            return frozenset()
        found = level.held if found is None else found & level.held
    return found or frozenset()


def acts_on(code: Authorization, *, own: bool) -> bool:
    """Whether `code` acts on the own account (`own`), or on accounts below it."""
    if code.reach is Reach.OWN_AND_BELOW:
        return True
    return own == (code.reach is Reach.OWN)


def codes_from(values: Iterable[str]) -> Codes:
    """The authorizations with these codes; codes that are none (any more) are left out."""
    return frozenset(Authorization(one) for one in values if one in _VALUES)


def in_order(codes: Iterable[Authorization]) -> list[Authorization]:
    """Sorted by number."""
    wanted = set(codes)
    return [one for one in Authorization if one in wanted]


_VALUES = frozenset(one.value for one in Authorization)
