"""One of several processes that decide the same requests at once. Run by `tests.support.crowd`."""

import time

from accounts.approvals.models import SubAgentRequest
from accounts.approvals.services.deciding import request_approve, request_reject, request_withdraw
from accounts.core.actor import SYSTEM, actor_for


class DecideWorker:
    """Decides every request that waited at the start, in the same order as all the others: two of
    four approve, one rejects, one withdraws.
    """

    expected = frozenset({"already_decided", "busy"})

    def __init__(self, seed: int, below: int | None) -> None:
        self.seed = seed
        self.left = list(SubAgentRequest.objects.select_related("requester").order_by("-pk"))

    def some(self) -> None:
        """Nothing to warm up."""

    def act(self) -> str:
        if not self.left:
            time.sleep(0.05)
            return "nothing"
        one = self.left.pop()
        if self.seed % 4 < 2:
            return request_approve(actor=SYSTEM, request=one).status
        if self.seed % 4 == 2:
            return request_reject(actor=SYSTEM, request=one, reason="crowd").status
        return request_withdraw(actor=actor_for(one.requester), request=one).status
