"""Eight processes settle the same agent, as different people: it is settled once."""

import pytest

from billing.ledger.models import Transaction
from billing.ledger.queries.integrity import ledger_problems
from tests.factories import ResellerTree, StaffFactory, reseller_tree
from tests.support.crowd import crowd
from tests.support.paying import balance, pay
from tests.support.settling import former_transfer
from tests.support.settling_worker import SettlingWorker

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]


@pytest.fixture
def tree(transactional_db: None) -> ResellerTree:
    """The sibling's one sub-account holds 100 of it; two administrators."""
    tree = reseller_tree()
    pay(tree.sibling, "1000")
    former_transfer(tree.sibling, tree.sibling_customer, "100")
    for name in ("nadia", "omar"):
        StaffFactory(username=name, administrator=True)
    return tree


def test_an_agent_is_settled_once_with_what_was_held_at_that_moment(tree: ResellerTree) -> None:
    with crowd(8, SettlingWorker, seconds=1.5, below=tree.sibling.pk) as workers:
        workers.start()
        done, errors = workers.finish()
    print(dict(done))
    assert errors == []
    made = Transaction.objects.get(kind="settled")
    assert done["settled"] == 1
    assert balance(tree.sibling_customer) <= made.amount <= 100
    assert balance(tree.sibling) == 900 + made.amount
    assert ledger_problems() == []
