"""Addresses that name objects by their keys (`accounts.kit.object_keys`): `<payment:pk>` gives the
view the number behind the key in the address, and `reverse` puts the key of a number there.
"""

from django.urls import register_converter

from accounts.kit.object_keys import LONGEST_NUMBER, PATTERN, object_key, object_number


class _KeyConverter:
    kind = ""
    regex = PATTERN

    def to_python(self, value: str) -> int:
        number = object_number(self.kind, value)
        if number is None:
            raise ValueError("This is the key of nothing of this kind.")
        return number

    def to_url(self, value: int) -> str:
        return object_key(self.kind, value)


class _NumberConverter:
    """The number itself, as addresses had it before there were keys."""

    regex = f"[0-9]{{1,{LONGEST_NUMBER}}}"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return str(value)


def register_kind(kind: str) -> None:
    """Let addresses name objects of this kind: `<kind:pk>`. Called once, by the module whose
    addresses they are.
    """
    register_converter(type(f"{kind}_converter", (_KeyConverter,), {"kind": kind}), kind)


register_converter(_NumberConverter, "former")
