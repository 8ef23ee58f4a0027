"""How much there is of a rate group: its rates, and who has it. No database."""

from dataclasses import dataclass
from datetime import datetime

# Rates of a group are counted no further.
COUNTED = 10_000


@dataclass(frozen=True)
class GroupFigures:
    """What a list says of a group: how many accounts within the viewer's scope buy at it, how many
    rates it has in effect or coming (at most one more than COUNTED), and when the next one begins
    or ends. `is_bought_at`: the viewer's own account does.
    """

    users: int
    rates: int
    next_change: datetime | None
    is_bought_at: bool


@dataclass(frozen=True)
class Uses:
    """What has a rate group: accounts, of them closed ones, and card batches."""

    accounts: int
    closed: int
    batches: int
