"""The eight authorizations: codes, exact labels, risk, and when to grant them.

Pure data and functions; nothing here knows a database.
"""

from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _


class Risk(StrEnum):
    HIGH = "high"
    MEDIUM = "medium"


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
_MEDIUM = frozenset(
    {
        Authorization.MANAGE_PHONE,
        Authorization.MANAGE_PHONE_CARD,
        Authorization.MODIFY_GATEWAY_CAPACITY,
    }
)
