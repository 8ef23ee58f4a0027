"""The words of a choice."""

from typing import Any

from django.db.models import Choices


def choice_words(choices: type[Choices], value: Any) -> str:
    """As `get_…_display`, which compares all the choices by their words, in a hundredth of its
    time: for lists. What is none of the choices stands for itself.
    """
    try:
        return str(choices(value).label)
    except ValueError:
        return str(value)
