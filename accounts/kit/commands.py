"""What the portal's own commands share."""

from argparse import ArgumentTypeError
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.kit.text import can_be_stored


class PortalCommand(BaseCommand):
    """A command whose arguments are text. A shell passes bytes: what they spell may be none, and no
    database would take it.
    """

    def execute(self, *args: Any, **options: Any) -> Any:
        for name, value in options.items():
            texts = value if isinstance(value, list | tuple) else [value]
            if any(isinstance(text, str) and not can_be_stored(text) for text in texts):
                raise CommandError(f"The value of {name} is no text in UTF-8. Write it again.")
        return super().execute(*args, **options)


def whole_number(least: int, most: int) -> Callable[[str], int]:
    """The `type` of an argument that is a number from `least` to `most`."""

    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) < 20):
            raise ArgumentTypeError("enter a whole number")
        if not least <= int(text) <= most:
            raise ArgumentTypeError(f"enter a number from {least} to {most}")
        return int(text)

    return read
