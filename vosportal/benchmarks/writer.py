"""One of the writers of the benchmark, as a process: `python -m vosportal.benchmarks.writer`.

Arguments: the scratch database, the writer's number, how many seconds, the keys of the agents it
creates below. Says "ready", waits for a line, works, and answers with JSON: made, busy.
"""

import json
import sys
import time

import django


def work(number: str, seconds: float, agents: list[int]) -> dict[str, int]:
    """Create accounts below `agents` in turn for `seconds`; count them and the refusals."""
    from accounts.access import SYSTEM
    from accounts.errors import Busy
    from accounts.models import Account
    from accounts.services.accounts import account_create

    parents = list(Account.objects.within(SYSTEM.scope).filter(pk__in=agents))
    run = f"W{time.time_ns():x}-{number}"
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    made = busy = 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            account_create(
                actor=SYSTEM,
                account_id=f"{run}-{made}",
                name="Written at once",
                parent=parents[made % len(parents)],
            )
            made += 1
        except Busy:
            busy += 1
    return {"made": made, "busy": busy}


if __name__ == "__main__":
    django.setup()
    from django.db import connection

    database, own_number, duration, *keys = sys.argv[1:]
    connection.settings_dict["NAME"] = database
    answer = work(own_number, float(duration), [int(key) for key in keys])
    sys.stdout.write(json.dumps(answer) + "\n")
