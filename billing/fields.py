"""Amounts in models: a `Decimal` in Python, an integer of micro-units in the database."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.db import models

from billing.errors import BadAmount
from billing.money import from_micros, parse_signed, to_micros

_Set = TypeVar("_Set")
_Get = TypeVar("_Get")

if TYPE_CHECKING:

    class _Column(models.Field[_Set, _Get], Generic[_Set, _Get]):
        """What the type checker sees: amounts, never integers."""

else:

    class _Column(models.BigIntegerField, Generic[_Set, _Get]):
        """What the database sees."""


class MoneyField(_Column[_Set, _Get]):
    """An amount of the platform's currency, exact to six decimals.

    SQLite keeps decimals as floating point and drifts; integers add exactly on every database.
    In SQL, sums of it are integers of micro-units again and come back as `Decimal`.
    """

    description = "Amount"

    # For the type checker: what is assigned, read and compared.
    _pyi_private_set_type: Decimal
    _pyi_private_get_type: Decimal
    _pyi_lookup_exact_type: Decimal

    def get_internal_type(self) -> str:
        return "BigIntegerField"

    def from_db_value(self, value: int | None, expression: Any, connection: Any) -> Decimal | None:
        return None if value is None else from_micros(int(value))

    def to_python(self, value: Any) -> Decimal | None:
        if value is None or isinstance(value, Decimal):
            return value
        try:
            return parse_signed(str(value))
        except BadAmount as error:
            raise ValidationError(str(error.message), code=error.code) from error

    def get_prep_value(self, value: Any) -> int | None:
        if value is None:
            return None
        amount = self.to_python(value)
        return None if amount is None else to_micros(amount)

    def value_to_string(self, obj: Any) -> str:
        value = self.value_from_object(obj)
        return "" if value is None else str(value)
