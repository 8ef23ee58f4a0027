"""The values in lists of jobs as JSON keeps them: texts, integers, Decimals, moments and None."""

from datetime import datetime
from decimal import Decimal
from typing import Any

_DECIMAL, _MOMENT = "decimal", "moment"


def packed(value: Any) -> Any:
    """As JSON takes it."""
    if isinstance(value, Decimal):
        return {_DECIMAL: str(value)}
    if isinstance(value, datetime):
        return {_MOMENT: value.isoformat()}
    return value if value is None or isinstance(value, int) else str(value)


def unpacked(value: Any) -> Any:
    """As it was before."""
    if not isinstance(value, dict):
        return value
    if _DECIMAL in value:
        return Decimal(value[_DECIMAL])
    return datetime.fromisoformat(value[_MOMENT])
