"""What is due from time to time, in the order it is done. Every step may run at any time, any
number of times, on any number of machines.

What runs every minute asks for what waits by an index, and shares it with whoever runs at the same
time. What reads more is a chore: of all that keep house at once, one begins it when it is due.
"""

from collections.abc import Callable
from datetime import timedelta
from importlib import import_module

from django.conf import settings

from accounts.audit.services import seal_settled
from accounts.availability.services import purge_availability
from accounts.jobs.services.beat import purge_workers
from accounts.jobs.services.upkeep import enqueue_lost, prune_tasks, purge_old, requeue_interrupted
from accounts.mail.services.upkeep import mails_enqueued, mails_taken_back, purge_mails
from accounts.upkeep.services.checks import purge_results
from billing.calls.services.files import purge_pieces
from billing.cards.services.deeds import used_up_noted
from billing.charging.services.archiving import months_archived
from billing.charging.services.partitions import parts_made
from billing.charging.services.reratings import purge_reratings
from billing.charging.services.volumes import months_closed, volumes_counted
from billing.distributions.services.drafts import purge_drafts
from billing.ledger.services.mailing import statements_mailed
from billing.rates.services.decks import purge_decks


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


def _old_decks() -> str:
    return f"{purge_decks()} deleted that were never entered, or their rows"


def _old_call_files() -> str:
    return f"{purge_pieces()} deleted that were never read"


def _old_reratings() -> str:
    return f"{purge_reratings()} deleted that were never posted, or their lines"


def _old_counts() -> str:
    return f"{purge_availability()} deleted"


def _used_up_cards() -> str:
    return f"{used_up_noted()} noted as used up"


def _ended_sessions() -> str:
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    return "removed"


def _old_results() -> str:
    return f"{purge_results()} deleted"


# The name of each step, and what does it and says in words what it did.
STEPS: list[tuple[str, Callable[[], str]]] = [
    ("seals", _seal),
    ("interrupted jobs", _interrupted_jobs),
    ("lost jobs", _lost_jobs),
    ("interrupted mails", _interrupted_mails),
    ("lost mails", _lost_mails),
]

# The same, and how often it is due.
CHORES: list[tuple[str, Callable[[], str], timedelta]] = [
    ("phone cards", _used_up_cards, timedelta(minutes=10)),
    ("statements by mail", statements_mailed, timedelta(minutes=10)),
    ("volume discounts", months_closed, timedelta(hours=6)),
    ("volumes so far", volumes_counted, timedelta(minutes=10)),
    ("months of calls", parts_made, timedelta(hours=6)),
    ("ended sessions", _ended_sessions, timedelta(hours=1)),
    ("old jobs", _old_jobs, timedelta(hours=1)),
    ("old mails", _old_mails, timedelta(hours=1)),
    ("old workers", _old_workers, timedelta(hours=1)),
    ("old tasks", _old_tasks, timedelta(hours=1)),
    ("old lists", _old_lists, timedelta(hours=1)),
    ("old decks", _old_decks, timedelta(hours=1)),
    ("old files of calls", _old_call_files, timedelta(hours=1)),
    ("old re-ratings", _old_reratings, timedelta(hours=1)),
    ("old counts of what is not available", _old_counts, timedelta(hours=1)),
    ("old results of checks", _old_results, timedelta(hours=1)),
    ("old months of calls", months_archived, timedelta(hours=6)),
]
