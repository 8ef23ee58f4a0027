"""What the business says no with where money is concerned."""

from accounts.kit.errors import Refused


class BadAmount(Refused):
    """What was typed or calculated is no amount."""


class InsufficientFunds(Refused):
    """A wallet would fall below its limit."""


class KeyReused(Refused):
    """The idempotency key was used before, for something else."""
