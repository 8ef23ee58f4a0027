"""What is due from time to time, in the order it is done. Every step may run at any time, any
number of times, on any number of machines.
"""

from collections.abc import Callable

from accounts.audit.services import seal_settled
from accounts.availability.services import purge_availability
from accounts.jobs.services.beat import purge_workers
from accounts.jobs.services.upkeep import enqueue_lost, prune_tasks, purge_old, requeue_interrupted
from accounts.mail.services.upkeep import mails_enqueued, mails_taken_back, purge_mails
from billing.cards.services.deeds import used_up_noted
from billing.distributions.services.drafts import purge_drafts


def _seal() -> str:
    return f"{seal_settled()} audit entries sealed"


def _interrupted_jobs() -> str:
    return f"{requeue_interrupted()} taken from silent workers"


def _lost_jobs() -> str:
    return f"{enqueue_lost()} queued again"


def _old_jobs() -> str:
    return f"{purge_old()} deleted"


def _old_tasks() -> str:
    return f"{prune_tasks()} deleted"


def _interrupted_mails() -> str:
    return f"{mails_taken_back()} taken from silent workers"


def _lost_mails() -> str:
    return f"{mails_enqueued()} queued again"


def _old_mails() -> str:
    return f"{purge_mails()} deleted"


def _old_workers() -> str:
    return f"{purge_workers()} forgotten"


def _old_lists() -> str:
    return f"{purge_drafts()} deleted that were never paid"


def _old_counts() -> str:
    return f"{purge_availability()} deleted"


def _used_up_cards() -> str:
    return f"{used_up_noted()} noted as used up"


# The name of each step, and what does it and says in words what it did.
STEPS: list[tuple[str, Callable[[], str]]] = [
    ("seals", _seal),
    ("interrupted jobs", _interrupted_jobs),
    ("lost jobs", _lost_jobs),
    ("old jobs", _old_jobs),
    ("interrupted mails", _interrupted_mails),
    ("lost mails", _lost_mails),
    ("old mails", _old_mails),
    ("old workers", _old_workers),
    ("old tasks", _old_tasks),
    ("old lists", _old_lists),
    ("old counts of what is not available", _old_counts),
    ("phone cards", _used_up_cards),
]
