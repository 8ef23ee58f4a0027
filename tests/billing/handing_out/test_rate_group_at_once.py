"""A rate group is given while its account moves, or while it is deleted: one waits for the other,
and nobody ever buys at a group that is foreign or gone.
"""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections

from accounts.core import record as recording
from accounts.core.actor import SYSTEM
from accounts.kit.errors import DomainError
from accounts.tree.services import moving
from accounts.tree.services.moving import account_move
from billing.handing_out.services import terms
from billing.handing_out.services.terms import terms_set
from billing.rates.services import groups
from billing.rates.services.groups import group_delete
from billing.wallets.models import Wallet
from tests.factories import reseller_tree
from tests.factories.rates import rate_group

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres, pytest.mark.race]


def both(
    monkeypatch: pytest.MonkeyPatch,
    first: tuple[str, Any, Callable[[], Any]],
    second: Callable[[], Any],
) -> list[str]:
    """The second deed begins when the first, named with its module, has written its entry and not
    yet committed. What became of both.
    """
    action, module, work = first
    written = threading.Event()

    def slow(**more: Any) -> Any:
        made = recording.record(**more)
        if more["action"] == action:
            written.set()
            time.sleep(0.5)
        return made

    monkeypatch.setattr(module, "record", slow)
    said = ["", ""]

    def run(at: int, deed: Callable[[], Any]) -> None:
        try:
            if at:
                assert written.wait(10)
            deed()
            said[at] = "done"
        except DomainError as error:
            said[at] = error.code
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=way) for way in enumerate((work, second))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return said


@pytest.mark.parametrize("is_move_first", [True, False])
def test_given_and_moved(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch, is_move_first: bool
) -> None:
    tree = reseller_tree()
    group = rate_group(tree.agent)

    def give() -> None:
        terms_set(actor=SYSTEM, account=tree.customer, rate_group=group)

    def move() -> None:
        account_move(actor=SYSTEM, account=tree.customer, parent=tree.sibling)

    if is_move_first:
        said = both(monkeypatch, ("account.move", moving, move), give)
        wanted = ["done", "group_not_yours"]
    else:
        said = both(monkeypatch, ("wallet.terms", terms, give), move)
        wanted = ["done", "done"]
    assert said == wanted
    assert Wallet.objects.get(pk=tree.customer.pk).rate_group is None


@pytest.mark.parametrize("is_delete_first", [True, False])
def test_given_and_deleted(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch, is_delete_first: bool
) -> None:
    tree = reseller_tree()
    group = rate_group(tree.agent)

    def give() -> None:
        terms_set(actor=SYSTEM, account=tree.customer, rate_group=group)

    def delete() -> None:
        group_delete(actor=SYSTEM, group=group)

    if is_delete_first:
        said = both(monkeypatch, ("rate_group.delete", groups, delete), give)
        wanted, left = ["done", "group_not_yours"], None
    else:
        said = both(monkeypatch, ("wallet.terms", terms, give), delete)
        wanted, left = ["done", "in_use"], group
    assert said == wanted
    assert Wallet.objects.get(pk=tree.customer.pk).rate_group == left
