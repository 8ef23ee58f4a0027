"""Whoever waits for the trees is told "busy" while it is still there to be told."""

import time
from typing import Any

import pytest
from django.db import OperationalError

from accounts.core import locks
from accounts.core.locks import in_locked_trees, said_busy
from accounts.core.models import Account
from accounts.kit.errors import Busy
from accounts.kit.outage import ASK_AGAIN
from tests.factories import AccountFactory
from tests.support import sabotage
from tests.support.outages import written_by_another

pytestmark = pytest.mark.django_db(transaction=True)


class Held:
    """Work that finds the database locked, each time after so many seconds."""

    def __init__(self, clock: list[float], seconds: float) -> None:
        self.clock, self.seconds, self.tries = clock, seconds, 0

    def __call__(self, _fresh: Any) -> None:
        self.tries += 1
        self.clock[0] += self.seconds
        raise OperationalError("database is locked")


@pytest.mark.parametrize(("seconds", "tries"), [(0.0, 3), (3.0, 3), (5.0, 2), (10.0, 1)])
def test_there_is_no_other_try_once_it_took_too_long(
    monkeypatch: pytest.MonkeyPatch, seconds: float, tries: int
) -> None:
    clock = [1000.0]
    monkeypatch.setattr(locks.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(locks.time, "sleep", lambda _seconds: None)
    work = Held(clock, seconds)
    with pytest.raises(Busy):
        in_locked_trees(work, touching=[AccountFactory().pk])
    assert work.tries == tries


def test_what_moved_while_somebody_waited_for_its_tree_is_read_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    account, waits = AccountFactory(), []
    (tree,) = Account.objects.filter(pk=account.pk).values_list("tree_id", flat=True)

    def moved_meanwhile(_keys: list[int]) -> None:
        if not waits:
            sabotage.plant(account, tree_id=tree + 1)
        waits.append(tree)

    monkeypatch.setattr(locks, "_lock", moved_meanwhile)
    found = []
    in_locked_trees(lambda fresh: found.append(fresh[account.pk].tree_id), touching=[account.pk])
    # The first transaction was left, with what it wrote.
    assert (len(waits), found) == (2, [tree])


def test_only_waiting_for_others_is_called_busy() -> None:
    with pytest.raises(OperationalError, match="full"), said_busy():
        raise OperationalError("database or disk is full")
    with pytest.raises(Busy), said_busy():
        raise OperationalError("database is locked")


def test_a_table_that_others_hold_is_busy_and_no_more() -> None:
    account = AccountFactory()
    began = time.monotonic()
    with (
        pytest.raises((Busy, OperationalError)),
        written_by_another("accounts_account"),
    ):
        in_locked_trees(lambda fresh: None, touching=[account.pk])
    assert time.monotonic() - began < ASK_AGAIN
