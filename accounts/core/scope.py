"""Whose accounts an actor reaches (docs/domain.md 2).

A scope holds the own account's primary key and never remembered tree boundaries: those go stale the
moment a sibling grows, and a list filtered by stale boundaries shows foreign rows.
"""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class Scope:
    """Everything (administrators), one account with its descendants, or nothing."""

    everything: bool = False
    account_pk: int | None = None

    NOTHING: ClassVar["Scope"]
    EVERYTHING: ClassVar["Scope"]

    @classmethod
    def of(cls, account_pk: int) -> "Scope":
        """The own account and all its descendants."""
        return cls(account_pk=account_pk)

    @property
    def is_empty(self) -> bool:
        return not self.everything and self.account_pk is None


Scope.NOTHING = Scope()
Scope.EVERYTHING = Scope(everything=True)
