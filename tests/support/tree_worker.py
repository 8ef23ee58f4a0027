"""One of many processes that change the trees at once. Run by `tests.support.crowd`.

    python -m tests.support.tree_worker '{"seed": 1, "go": "/path", "seconds": 5, "least": 0, …}'

Waits for the file `go`, works for so many seconds and does at least so many deeds (`least`),
or until the file is gone, and prints what it did as JSON.
"""

import json
import os
import random
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from accounts.access import SYSTEM  # noqa: E402
from accounts.errors import DomainError  # noqa: E402
from accounts.models import Account  # noqa: E402
from accounts.services.accounts import account_create, account_edit  # noqa: E402
from accounts.services.ending import account_delete  # noqa: E402
from accounts.services.moving import account_move  # noqa: E402

# What random deeds may rightly be refused with; Busy is counted, everything else is an error.
EXPECTED = {"cycle", "too_deep", "already_there", "has_sub_accounts", "not_in_scope", "busy"}
# Seconds after which a worker ends, however few deeds it did.
LONGEST = 60


class Worker:
    """Creates, moves, renames and deletes random accounts, all or those below one account."""

    expected = EXPECTED

    def __init__(self, seed: int, below: int | None) -> None:
        self.random = random.Random(seed)
        self.seed = seed
        self.below = below
        self.made = 0

    def some(self) -> Account:
        rows = Account.objects.all()
        if self.below:
            rows = Account.objects.below(self.below) | Account.objects.filter(pk=self.below)
        pks = list(rows.order_by("pk").values_list("pk", flat=True))
        return Account(pk=self.random.choice(pks))

    def act(self) -> str:
        """One random deed; returns its name. Raises what the service raises."""
        dice = self.random.random()
        if dice < 0.60 or (self.below and dice < 0.85):
            self.made += 1
            parent = None if not self.below and dice < 0.04 else self.some()
            account_create(
                actor=SYSTEM,
                account_id=f"W{self.seed}-{self.made}",
                name="Foreign-name",
                parent=parent,
            )
            return "create"
        if dice < 0.90:
            one, target = self.some(), self.some()
            if not self.below and dice < 0.63:
                account_move(actor=SYSTEM, account=one, parent=None)
            elif one.pk != self.below:
                account_move(actor=SYSTEM, account=one, parent=target)
            return "move"
        if dice < 0.95:
            account_edit(actor=SYSTEM, account=self.some(), name=f"Foreign-{self.random.random()}")
            return "edit"
        one = self.some()
        if one.pk != self.below:
            account_delete(actor=SYSTEM, account=one, reason="crowd")
            return "delete"
        return "nothing"


def run(kind: Any) -> None:
    """Do what the command line says with a worker of this kind."""
    task = json.loads(sys.argv[1])
    worker = kind(task["seed"], task["below"])
    done: Counter[str] = Counter()
    errors: list[str] = []
    worker.some()
    print("ready", flush=True)
    go = Path(task["go"])
    while not go.exists():
        time.sleep(0.02)
    start, tries = time.monotonic(), 0
    # On a busy machine the seconds alone would not say that the processes did meet.
    while go.exists() and (
        (gone := time.monotonic() - start) < task["seconds"]
        or (tries < task["least"] and gone < LONGEST)
    ):
        tries += 1
        try:
            done[worker.act()] += 1
        except DomainError as error:
            done[error.code] += 1
            if error.code not in worker.expected:
                errors.append(repr(error))
        except Exception as error:  # Whatever it is, the test must hear of it.
            errors.append(repr(error))
    print(json.dumps({"done": done, "errors": errors}), flush=True)


if __name__ == "__main__":
    run(Worker)
