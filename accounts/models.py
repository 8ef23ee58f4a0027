"""Everything the accounts app stores, a line a package."""

from accounts.approvals import models as approvals
from accounts.core import models as core
from accounts.gateways import models as gateways
from accounts.jobs import models as jobs
from accounts.logins import models as logins
from accounts.mail import models as mail
from accounts.numbers import models as numbers
from accounts.phones import models as phones
from accounts.requests import models as requests
from accounts.switches import models as switches
from accounts.upkeep import models as upkeep

__all__ = [
    "approvals", "core", "gateways", "jobs", "logins", "mail", "numbers", "phones",
    "requests", "switches", "upkeep",
]  # fmt: skip
