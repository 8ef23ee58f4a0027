"""One of many processes that confirm the very same list. Run by `tests.support.crowd`."""

from accounts.core.actor import actor_for
from accounts.core.models import User
from billing.distributions.queries import drafts_of
from billing.distributions.services.drafts import distribution_preview
from billing.distributions.services.paying import distribution_pay


class SameListWorker:
    """Confirms each list that the login "payer" handed in, as it was checked at the start; what it
    did is named by what became of them.
    """

    expected: set[str] = set()

    def __init__(self, seed: int, below: int | None) -> None:
        self.actor = actor_for(User.objects.get(username="payer"))
        self.lists = [
            (one, distribution_preview(actor=self.actor, distribution=one).digest)
            for one in drafts_of(self.actor).order_by("created_at")
        ]

    def some(self) -> None:
        """Nothing to choose."""

    def act(self) -> str:
        became = [
            distribution_pay(actor=self.actor, distribution=one, expected=digest)
            for one, digest in self.lists
        ]
        return " and ".join(f"{one.pk} by {one.job_id}" for one in became)
